import random
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.config.liveness import LivenessConfig
from accessctl.domain import Box
from accessctl.door.demands import Prompt, Wanted
from accessctl.door.visit_liveness import VisitLiveness
from accessctl.liveness.challenge import Ask
from accessctl.liveness.cues.table import ALONE, CLOSER, HINT
from accessctl.liveness.evidence import CueResult, CueVerdict
from accessctl.liveness.examiner import FEWEST
from accessctl.liveness.fake import fake_frame, fake_result
from accessctl.policy.circumstances import Proof
from tests.door.visitors import ADA, BOB, FPS, NOTHING, Visitor, drawn_without_come_closer


def test_life_is_pending_until_a_cue_confirms_it() -> None:
    ada = Visitor("passive").show(20)
    assert ada.liveness is Proof.PENDING
    ada.says = CueVerdict.CONFIRM
    ada.show(8)
    assert ada.liveness is Proof.SHOWN


@pytest.mark.parametrize("mode", ["passive", "challenge"])
@pytest.mark.parametrize("before", [CueVerdict.UNDECIDED, CueVerdict.CONFIRM])
def test_a_veto_refutes_whatever_was_shown(mode: str, before: CueVerdict) -> None:
    ada = Visitor(mode)
    ada.says = before
    ada.show(10)
    ada.says = CueVerdict.VETO
    ada.show(8)
    assert ada.liveness is Proof.REFUTED
    ada.says = CueVerdict.CONFIRM
    ada.show(60)
    assert ada.liveness is Proof.REFUTED


def test_a_doubt_suspends_what_was_shown_and_a_second_one_refutes() -> None:
    ada = Visitor("passive")
    ada.results = lambda: (fake_result("blink", CueVerdict.CONFIRM), fake_result("edges", ada.says))
    assert ada.show(8).liveness is Proof.SHOWN
    ada.says = CueVerdict.DOUBT
    assert ada.show(8).liveness is Proof.PENDING
    assert ada.looks[-1].after == {}
    ada.says = CueVerdict.CLEAR
    assert ada.show(8).liveness is Proof.SHOWN
    # What was doubted is not shown again to the cue that doubted it.
    doubted = ada.looks[-2].frames[-1].captured
    assert ada.looks[-1].after == {"edges": doubted}
    ada.says = CueVerdict.DOUBT
    assert ada.show(16).liveness is Proof.REFUTED


@pytest.mark.parametrize("mode", ["passive", "challenge"])
def test_a_doubt_that_lasts_is_missing_when_patience_ends_and_never_refutes(mode: str) -> None:
    ada = drawn_without_come_closer() if mode == "challenge" else Visitor("passive")
    if mode == "challenge":
        ada.obey()
    ada.results = lambda: (
        fake_result("depth", CueVerdict.CONFIRM),
        fake_result("stillness", CueVerdict.DOUBT),
    )
    shown = {ada.show().liveness for _ in range(FPS * 10)}
    assert Proof.REFUTED not in shown | {Proof.MISSING}
    assert ada.show(FPS * 11).liveness is Proof.MISSING


def test_what_is_doubted_is_asked_for() -> None:
    ada = Visitor("passive")
    ada.results = lambda: (fake_result("edges", CueVerdict.DOUBT),)
    assert ada.show(10).inspection.prompt == Prompt(ALONE)
    # Also where the challenge is over, or a gesture is due.
    challenged = drawn_without_come_closer()
    challenged.obey()
    assert challenged.inspection.prompt is None
    challenged.results = ada.results
    assert challenged.show(8).inspection.prompt == Prompt(ALONE)
    waving = Visitor("passive", Ask.LOOK_UP)
    waving.results = ada.results
    assert waving.show(10).inspection.prompt == Prompt(ALONE)


def test_who_is_far_away_is_asked_to_come_closer() -> None:
    ada = Visitor("passive").show(10, {"box": Box(100, 100, 69, 80)})
    assert ada.inspection.prompt == Prompt(CLOSER)
    assert ada.show(1, {"box": Box(100, 100, 70, 80)}).inspection.prompt == Prompt(HINT)


def test_patience_waits_for_the_looks_that_were_due_in_time() -> None:
    ada = Visitor("passive", patience_s=4.0)
    ada.says = CueVerdict.CONFIRM
    ada.busy = True
    assert ada.show(FPS * 6).liveness is Proof.PENDING
    ada.answer()
    assert ada.liveness is Proof.SHOWN


def test_patience_does_not_wait_for_ever() -> None:
    ada = Visitor("passive", patience_s=4.0)
    ada.busy = True
    assert ada.show(FPS * 8).liveness is Proof.PENDING
    assert ada.show(2).liveness is Proof.MISSING


def test_a_look_that_could_not_be_looked_at_comes_again() -> None:
    inspection = VisitLiveness(Wanted(LivenessConfig(mode="passive")))
    looks = [inspection.watch(fake_frame(i / 10), ADA, matched=True) for i in range(7)]
    assert looks[FEWEST - 1] is not None
    assert looks[FEWEST] is None
    inspection.put_back()
    again = inspection.watch(fake_frame(0.7), ADA, matched=True)
    assert again is not None
    assert again.frames == looks[FEWEST - 1].frames


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 18)), max_size=20))
def test_a_busy_machine_delays_the_looks_and_makes_no_others_of_them(
    times: list[tuple[bool, int]],
) -> None:
    """However late they are answered, as long as they are no more than the few that may wait."""

    def looked(answering: Iterable[tuple[bool, int]]) -> list[tuple[tuple[float, ...], dict]]:
        visit = Visitor("passive")
        said = random.Random(5)
        visit.results = lambda: (fake_result("stillness", said.choice(list(CueVerdict)[1:])),)
        for busy, frames in answering:
            visit.busy = busy
            visit.show(frames)
        visit.answer()
        return [
            (tuple(frame.captured for frame in look.frames), dict(look.after))
            for look in visit.looks
        ]

    # In a pause of 18 frames three looks are due at most: one is out, and two may wait.
    paused = [one for busy, frames in times for one in ((busy, frames), (False, 1))]
    count = sum(frames for _, frames in paused)
    assert looked(paused) == looked([(False, count)])


def test_patience_begins_when_somebody_is_recognised() -> None:
    ada = Visitor("passive", patience_s=2.0).show(60, matched=False)
    assert ada.liveness is Proof.PENDING
    ada.show(28)
    assert ada.liveness is Proof.PENDING
    ada.show(5)
    assert ada.liveness is Proof.MISSING


def test_a_confirmation_is_for_the_person_it_was_seen_on() -> None:
    visit = Visitor("passive")
    visit.says = CueVerdict.CONFIRM
    visit.show(10, person=BOB, candidate=BOB)
    assert visit.liveness is Proof.SHOWN
    visit.says = NOTHING
    visit.show(10, person=ADA, candidate=ADA)
    assert visit.liveness is Proof.PENDING


def test_off_asks_for_nothing_and_looks_at_nothing() -> None:
    visit = Visitor("off")
    frame = fake_frame(0.0, person=ADA)
    assert all(visit.inspection.watch(frame, ADA, matched=True) is None for _ in range(20))
    assert visit.liveness is Proof.NOT_NEEDED


def test_cues_that_failed_show_nothing_any_more() -> None:
    ada = Visitor("passive")
    ada.says = CueVerdict.CONFIRM
    ada.show(10)
    ada.inspection.fail()
    assert ada.liveness is Proof.MISSING
    ada.show(30)
    assert ada.liveness is Proof.MISSING


def test_a_recognised_visitor_is_told_what_helps() -> None:
    ada = Visitor("passive").show(3, matched=False)
    assert ada.inspection.prompt is None
    ada.show()
    assert ada.inspection.prompt is not None
    assert (ada.inspection.prompt.text, ada.inspection.prompt.steps) == (HINT, 0)


def test_what_has_been_gathered_is_told_in_words() -> None:
    ada = Visitor("passive").show(3)
    assert ada.inspection.gathered == ()
    ada.results = lambda: (fake_result("blink", CueVerdict.CONFIRM),)
    assert ada.show(10).inspection.gathered == (("blink: seen", CueVerdict.CONFIRM),)
    assert Visitor("off").show(10).inspection.gathered == ()


def test_a_doubt_that_was_cleared_up_is_on_record() -> None:
    ada = Visitor("passive")
    ada.says = CueVerdict.DOUBT
    ada.show(8)
    ada.says = CueVerdict.CLEAR
    record = ada.show(8).inspection.record()
    assert [word.verdict for word in record.cues] == ["clear"]
    assert record.doubted == {"scripted": 1}


def test_what_is_written_down_names_every_cue() -> None:
    ada = Visitor("passive")
    ada.says = CueVerdict.VETO
    ada.show(10)
    assert ada.inspection.record().vetoes == {"scripted": [0.5, 0.5]}


def test_a_figure_that_could_not_be_measured_is_none() -> None:
    ada = Visitor("passive")
    ada.results = lambda: (CueResult("blink", NOTHING, float("nan"), 0.4),)
    ada.show(10)
    assert ada.inspection.record().cues[0].figure is None
