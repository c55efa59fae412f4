import random
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.config.liveness import LivenessConfig
from accessctl.domain import Box, PersonId, Pose
from accessctl.door.demands import IDENTITY_S, Prompt, Wanted
from accessctl.door.visit_liveness import INFRARED_HINT, VisitLiveness
from accessctl.liveness.challenge import PROMPTS, WAIT_PROMPT, Ask, Phase
from accessctl.liveness.cues.table import ALONE, CLOSER, HINT
from accessctl.liveness.evidence import CueResult, CueVerdict
from accessctl.liveness.examiner import FEWEST, CueWindow
from accessctl.liveness.fake import fake_frame, fake_result
from accessctl.policy.circumstances import Proof

FPS = 15
ADA, BOB = PersonId("ada"), PersonId("bob")
NOTHING = CueVerdict.UNDECIDED
SHOWS = {
    Ask.TURN_LEFT: {"pose": Pose(25, 0, 0)},
    Ask.TURN_RIGHT: {"pose": Pose(-25, 0, 0)},
    Ask.LOOK_UP: {"pose": Pose(0, 20, 0)},
    Ask.BLINK_TWICE: {"opening": 0.1},
}


class Visitor:
    """Somebody before a door, fifteen frames a second; the cues say what the visit is told."""

    def __init__(self, mode: str, intent: Ask | None = None, seed: int = 1, **config) -> None:
        liveness = LivenessConfig(mode=mode, **config)
        self.inspection = VisitLiveness(Wanted(liveness, intent, 10.0, random.Random(seed)))
        self.cue, self.says = "scripted", NOTHING
        self.now = 0.0
        self.busy = False
        self.looks: list[CueWindow] = []
        self._out: CueWindow | None = None

    def show(
        self,
        frames: int = 1,
        scene: dict | None = None,
        *,
        person: PersonId | None = ADA,
        candidate: PersonId | None = ADA,
        matched: bool = True,
        track: int = 1,
    ) -> "Visitor":
        for _ in range(frames):
            frame = fake_frame(self.now, person=person, track=track, **(scene or {}))
            look = self.inspection.watch(frame, candidate, matched=matched)
            self._out = look or self._out
            if not self.busy:
                self.answer()
            self.now += 1 / FPS
        return self

    def answer(self) -> None:
        """Look at all that is due."""
        while self._out is not None:
            self.looks.append(self._out)
            self._out = self.inspection.take(self._out, self.results())

    def results(self) -> tuple[CueResult, ...]:
        return (fake_result(self.cue, self.says),)

    def obey(self, seconds: float = 30.0, **seen) -> Iterable[str]:
        """Do what is asked, half a second later; the prompts in order."""
        asked: list[str] = []
        until = self.now + seconds
        while self.now < until and self.liveness is Proof.PENDING:
            prompt = self.inspection.prompt
            word = "" if prompt is None else prompt.ask
            if not asked or asked[-1] != word:
                asked.append(word)
                if word:
                    self.show(8, **seen)
                    times = 2 if word == Ask.BLINK_TWICE else 1
                    for _ in range(times):
                        self.show(3, SHOWS[Ask(word)], **seen).show(3, **seen)
                    continue
            self.show(**seen)
        return [word for word in asked if word]

    @property
    def liveness(self) -> Proof:
        return self.inspection.liveness


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


def drawn_without_come_closer(actions: int = 2, kind: type[Visitor] = Visitor, **more) -> Visitor:
    """The first seed whose challenge keeps its distance."""
    for seed in range(100):
        visitor = kind("challenge", seed=seed, actions=actions, **more).show()
        challenge = visitor.inspection._posed.state
        assert challenge is not None
        if Ask.COME_CLOSER not in {step.ask for step in challenge.steps}:
            return visitor
    raise AssertionError("every challenge asks to come closer")


def test_a_challenge_waits_for_somebody_it_knows() -> None:
    visit = Visitor("challenge").show(60, matched=False)
    assert visit.inspection.prompt is None
    visit.show()
    assert visit.inspection.prompt is not None
    assert visit.inspection.prompt.text == WAIT_PROMPT


def test_who_does_what_is_asked_has_shown_life() -> None:
    ada = drawn_without_come_closer()
    asked = ada.obey()
    assert ada.liveness is Proof.SHOWN
    assert len(asked) == 2
    record = ada.inspection.record()
    assert (record.mode, record.asked, record.failure) == ("challenge", tuple(asked), None)
    assert ada.inspection.prompt is None


def test_life_shown_in_a_challenge_has_been_looked_at_to_its_end() -> None:
    ada = drawn_without_come_closer()
    ada.busy = True
    ada.obey(12.0)
    assert ada.inspection._posed.passed_at is not None
    assert ada.liveness is Proof.PENDING
    ada.busy = False
    ada.show(1)
    assert ada.liveness is Proof.SHOWN


def pass_challenge(visitor: Visitor) -> None:
    """Whatever the cues say of it meanwhile."""
    for _ in range(300):
        if visitor.inspection._posed.passed_at is not None:
            return
        visitor.obey(0.1)
    raise AssertionError("the challenge was not passed")


@pytest.mark.parametrize(("cue", "doubted"), [("stillness", False), ("blink", True)])
def test_a_doubt_suspends_a_challenge_that_was_answered(cue: str, doubted: bool) -> None:
    ada = drawn_without_come_closer()
    ada.cue, ada.says = cue, CueVerdict.DOUBT
    pass_challenge(ada)
    ada.show(15 * 9)
    assert (ada.liveness, ada.inspection.doubted) == (Proof.PENDING, doubted)
    ada.says = CueVerdict.CLEAR
    ada.show(8)
    assert (ada.liveness, ada.inspection.doubted) == (Proof.SHOWN, False)


def test_a_doubt_that_stays_after_a_challenge_outlasts_patience() -> None:
    ada = drawn_without_come_closer()
    ada.cue, ada.says = "stillness", CueVerdict.DOUBT
    pass_challenge(ada)
    ada.show(15 * 11)
    assert ada.liveness is Proof.MISSING


def test_more_than_silence_speaks_against_life() -> None:
    ada = Visitor("passive").show(30)
    assert not ada.inspection.doubted
    ada.inspection.fail()
    assert ada.inspection.doubted
    # A challenge is for whom it was posed.
    asked = drawn_without_come_closer()
    asked.show(30)
    assert not asked.inspection.doubted
    asked.show(5, person=BOB, candidate=BOB)
    assert asked.inspection.doubted


def test_who_does_nothing_is_too_late() -> None:
    ada = drawn_without_come_closer().show(15 * 25)
    assert ada.liveness is Proof.MISSING
    assert ada.inspection.record().failure == "too_late"


def test_who_does_something_else_is_refuted() -> None:
    ada = drawn_without_come_closer().show(6)
    for scene in (SHOWS[Ask.TURN_LEFT], SHOWS[Ask.TURN_RIGHT]) * 20:
        ada.show(4, scene)
    assert ada.liveness is Proof.REFUTED


def test_another_track_cannot_go_on() -> None:
    ada = drawn_without_come_closer().show(6).show(track=2)
    assert ada.liveness is Proof.REFUTED


@pytest.mark.parametrize("other", [BOB, None])
def test_somebody_elses_actions_do_not_count(other: PersonId | None) -> None:
    ada = drawn_without_come_closer().show(6)
    ada.show(round((IDENTITY_S - 0.5) * FPS), person=other)
    before = ada.liveness
    ada.show(FPS, person=other)
    assert (before, ada.liveness) == (Proof.PENDING, Proof.REFUTED)


def test_a_passed_challenge_is_not_somebody_elses() -> None:
    ada = drawn_without_come_closer()
    ada.obey()
    assert ada.liveness is Proof.SHOWN
    ada.show(3, person=BOB, candidate=BOB)
    assert ada.liveness is Proof.MISSING


def test_a_gesture_is_pending_until_it_is_made() -> None:
    ada = Visitor("off", Ask.LOOK_UP).show(30, SHOWS[Ask.LOOK_UP], matched=False)
    assert ada.inspection.intent is Proof.PENDING
    ada.show(8)
    assert ada.inspection.prompt is not None
    assert (ada.inspection.prompt.text, ada.inspection.prompt.ask) == (
        PROMPTS[Ask.LOOK_UP],
        "look_up",
    )
    ada.show(1, SHOWS[Ask.LOOK_UP])
    assert ada.inspection.intent is Proof.SHOWN
    assert ada.inspection.prompt is None


def test_a_gesture_that_does_not_come_is_missing() -> None:
    ada = Visitor("off", Ask.LOOK_UP).show(149)
    assert ada.inspection.intent is Proof.PENDING
    ada.show(5)
    assert ada.inspection.intent is Proof.MISSING
    assert ada.inspection.prompt is None


@pytest.mark.parametrize("other", [BOB, None])
def test_a_gesture_that_other_frames_show_is_nobodys(other: PersonId | None) -> None:
    ada = Visitor("off", Ask.LOOK_UP).show(8)
    ada.show(3, SHOWS[Ask.LOOK_UP], person=other)
    assert ada.inspection.intent is Proof.PENDING
    ada.show(8).show(1, SHOWS[Ask.LOOK_UP])
    assert ada.inspection.intent is Proof.SHOWN


def test_a_gesture_is_made_anew_by_the_next_person() -> None:
    visitor = Visitor("off", Ask.LOOK_UP).show(8).show(1, SHOWS[Ask.LOOK_UP])
    assert visitor.inspection.intent is Proof.SHOWN
    visitor.show(8, person=BOB, candidate=BOB)
    assert visitor.inspection.intent is Proof.PENDING
    visitor.show(1, SHOWS[Ask.LOOK_UP], person=BOB, candidate=BOB)
    assert visitor.inspection.intent is Proof.SHOWN


@pytest.mark.parametrize("other", [BOB, None])
def test_an_answer_that_other_frames_show_is_nobodys(other: PersonId | None) -> None:
    ada = drawn_without_come_closer()
    for _ in range(300):
        state = ada.inspection._posed.state
        if state is not None and state.phase is Phase.ASKED:
            break
        ada.show(1)
    asked = ada.inspection._posed.state
    assert asked is not None
    ada.show(6, SHOWS[asked.steps[0].ask], person=other)
    after = ada.inspection._posed.state
    assert after is not None
    assert (after.phase, after.done) == (Phase.ASKED, 0)
    ada.show(2, SHOWS[asked.steps[0].ask])
    own = ada.inspection._posed.state
    assert own is not None
    assert own.done == 1


def test_a_gesture_comes_after_the_challenge() -> None:
    for seed in range(100):
        ada = Visitor("challenge", Ask.LOOK_UP, seed=seed, every_s=0.5).show()
        challenge = ada.inspection._posed.state
        assert challenge is not None
        if not {Ask.COME_CLOSER, Ask.LOOK_UP} & {step.ask for step in challenge.steps}:
            break
    ada.obey()
    assert (ada.liveness, ada.inspection.intent) == (Proof.SHOWN, Proof.PENDING)
    ada.show(8).show(1, SHOWS[Ask.LOOK_UP])
    assert ada.inspection.intent is Proof.SHOWN


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


class Lit(Visitor):
    """Somebody before a door with an infrared camera, of which its cue says `infrared`."""

    infrared = NOTHING

    def __init__(self, mode: str = "passive", seed: int = 1, **config) -> None:
        super().__init__(mode, seed=seed, ir_source="/dev/video2", **config)

    def results(self) -> tuple[CueResult, ...]:
        return (*super().results(), fake_result("infrared", self.infrared))


def test_life_counts_once_the_infrared_camera_agrees() -> None:
    ada = Lit()
    ada.says = CueVerdict.CONFIRM
    assert ada.show(30).liveness is Proof.PENDING
    ada.infrared = CueVerdict.CLEAR
    assert ada.show(8).liveness is Proof.SHOWN
    # And only while it does: one that fell silent says nothing any more.
    ada.infrared = NOTHING
    assert ada.show(8).liveness is Proof.PENDING


def test_the_infrared_camera_alone_shows_no_life() -> None:
    ada = Lit()
    ada.infrared = CueVerdict.CLEAR
    assert ada.show(30).liveness is Proof.PENDING


def test_patience_with_the_infrared_camera_ends_as_with_any_other() -> None:
    ada = Lit(patience_s=3.0)
    ada.says = CueVerdict.CONFIRM
    assert ada.show(44).liveness is Proof.PENDING
    assert ada.show(3).liveness is Proof.MISSING


def test_a_door_without_it_asks_for_no_infrared_cue() -> None:
    ada = Visitor("passive")
    ada.says = CueVerdict.CONFIRM
    assert ada.show(30).liveness is Proof.SHOWN


def test_a_passed_challenge_needs_the_infrared_camera_too() -> None:
    ada = drawn_without_come_closer(kind=Lit, patience_s=60.0)
    assert isinstance(ada, Lit)
    assert len(list(ada.obey(25.0))) == 2
    assert ada.inspection._posed.passed_at is not None
    assert ada.liveness is Proof.PENDING
    ada.infrared = CueVerdict.CLEAR
    assert ada.show(8).liveness is Proof.SHOWN


def test_a_silent_infrared_camera_is_told_to_whoever_waits() -> None:
    ada = Lit().show(8)
    ada.inspection.infrared_silent = True
    prompt = ada.inspection.prompt
    assert prompt is not None
    assert (prompt.text, prompt.steps) == (INFRARED_HINT, 0)
    ada.inspection.infrared_silent = False
    prompt = ada.inspection.prompt
    assert prompt is not None
    assert prompt.text == HINT
    # A door that has none says nothing of it.
    eve = Visitor("passive").show(8)
    eve.inspection.infrared_silent = True
    assert eve.inspection.prompt is not None
    assert eve.inspection.prompt.text == HINT
