import math
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import Box, PersonId
from accessctl.liveness.cues.table import ROLES, CueRole
from accessctl.liveness.evidence import CueResult, CueVerdict, LivenessFrame
from accessctl.liveness.examiner import (
    FEWEST,
    REMEMBERED,
    Liveness,
    LivenessVerdict,
    VisitCues,
    combine,
    examine,
)
from accessctl.liveness.fake import FakeVisitCues, fake_frame, fake_result, speaking
from tests.liveness.verdicts import ADA, CLEAR, CONFIRM, DOUBT, UNDECIDED, VETO

VERDICTS = st.lists(st.sampled_from(list(CueVerdict)), max_size=8)


@given(VERDICTS, st.integers())
def test_a_veto_then_a_doubt_then_a_confirmation_whatever_the_order(
    said: list[CueVerdict], seed: int
) -> None:
    results = [fake_result(str(index), verdict) for index, verdict in enumerate(said)]
    shuffled = random.Random(seed).sample(results, len(results))
    if VETO in said:
        expected = Liveness.ATTACK
    elif DOUBT in said:
        expected = Liveness.UNDECIDED
    elif CONFIRM in said:
        expected = Liveness.LIVE
    else:
        expected = Liveness.UNDECIDED
    assert combine(results) is combine(shuffled) is expected


@given(VERDICTS)
def test_a_further_veto_always_refuses_and_a_further_doubt_never_grants(
    said: list[CueVerdict],
) -> None:
    results = [fake_result(str(index), verdict) for index, verdict in enumerate(said)]
    assert combine([*results, fake_result("more", VETO)]) is Liveness.ATTACK
    assert combine([*results, fake_result("more", DOUBT)]) is not Liveness.LIVE


def test_a_cue_that_is_awaited_holds_life_up_until_it_comes_to_a_word() -> None:
    turned = fake_result("depth", CONFIRM)
    gathers = replace(fake_result("texture", UNDECIDED), frames=2)
    assert combine([turned, gathers]) is Liveness.UNDECIDED
    # It has nothing to look at, or it is clear: nothing to wait for.
    assert combine([turned, replace(gathers, frames=0)]) is Liveness.LIVE
    assert combine([turned, replace(gathers, verdict=CLEAR)]) is Liveness.LIVE
    # Nobody waits for other cues, and an attack needs no waiting.
    assert combine([turned, replace(gathers, cue="edges")]) is Liveness.LIVE
    assert combine([fake_result("edges", VETO), gathers]) is Liveness.ATTACK


def test_the_cues_that_refuse_and_those_that_suspend() -> None:
    words = (fake_result("a", VETO), fake_result("b", DOUBT), fake_result("c", CLEAR))
    verdict = LivenessVerdict(combine(words), words)
    assert (verdict.vetoes, verdict.doubts) == (("a",), ("b",))


def test_nothing_at_all_confirms_nothing() -> None:
    assert examine([]).verdict is Liveness.UNDECIDED
    found = examine([fake_frame(0.0)])
    assert found.verdict is Liveness.UNDECIDED
    assert [result.cue for result in found.results] == [role.name for role in ROLES]


class Cue:
    """Says what it is told for the frames it is shown: by their capture times, else clear."""

    def __init__(self, says: dict[tuple[float, ...], CueVerdict] | CueVerdict) -> None:
        self.says = says
        self.shown: list[tuple[float, ...]] = []

    def __call__(self, frames: Sequence[LivenessFrame]) -> CueResult:
        times = tuple(frame.captured for frame in frames)
        self.shown.append(times)
        said = self.says.get(times, CLEAR) if isinstance(self.says, dict) else self.says
        return fake_result("cue", said)


def heard(cue: Cue, frames, **role_and: object) -> CueVerdict:
    asked = {key: role_and.pop(key) for key in ("after", "candidate") if key in role_and}
    roles = (CueRole("cue", cue, **role_and),)  # type: ignore[arg-type]
    return examine(frames, **asked, roles=roles).results[0].verdict  # type: ignore[arg-type]


def frames(*persons: PersonId | None, seen: float = 1.0) -> list[LivenessFrame]:
    made = [fake_frame(float(i), person=person) for i, person in enumerate(persons)]
    return [replace(frame, around=replace(frame.around, seen=seen)) for frame in made]


def test_only_frames_that_show_the_candidate_confirm() -> None:
    theirs = frames(ADA, None, ADA)
    life = Cue({(0.0, 1.0, 2.0): CONFIRM, (0.0, 2.0): CONFIRM})
    assert heard(life, theirs, confirms=True, candidate=ADA) is CONFIRM
    assert life.shown == [(0.0, 1.0, 2.0), (0.0, 2.0)]
    # What all frames together confirm, but not hers alone, is only clear.
    lent = Cue({(0.0, 1.0, 2.0): CONFIRM, (0.0, 2.0): UNDECIDED})
    assert heard(lent, theirs, confirms=True, candidate=ADA) is CLEAR


@pytest.mark.parametrize("said", [DOUBT, VETO])
def test_all_frames_may_speak_of_an_attack(said: CueVerdict) -> None:
    theirs = frames(ADA, None, ADA)
    everywhere = Cue({(0.0, 1.0, 2.0): said, (0.0, 2.0): CONFIRM})
    assert heard(everywhere, theirs, confirms=True, candidate=ADA) is said
    hers = Cue({(0.0, 1.0, 2.0): CONFIRM, (0.0, 2.0): said})
    assert heard(hers, theirs, confirms=True, candidate=ADA) is said


def test_a_face_that_fills_the_picture_confirms_nothing_by_shape() -> None:
    narrow = frames(ADA, ADA, seen=0.74)
    said = Cue({(0.0, 1.0): CONFIRM})
    assert heard(said, narrow, confirms=True, framed=True, candidate=ADA) is CLEAR
    assert heard(said, narrow, confirms=True, candidate=ADA) is CONFIRM
    wide = frames(ADA, ADA, seen=0.75)
    assert heard(said, wide, confirms=True, framed=True, candidate=ADA) is CONFIRM


def test_what_was_doubted_is_not_shown_again() -> None:
    cue = Cue(UNDECIDED)
    heard(cue, frames(ADA, ADA, ADA), after={"cue": 1.0, "other": 2.0})
    assert cue.shown == [(2.0,)]


def test_hard_facts_are_looked_for_in_all_frames() -> None:
    seen, later = frames(ADA, ADA, ADA), {"cue": 1.0}
    fact = Cue({(0.0, 1.0, 2.0): VETO})
    assert heard(fact, seen, facts=True, after=later) is VETO
    assert heard(fact, seen, facts=False, after=later) is CLEAR
    # Only a hard fact counts there: what was doubted is not doubted again.
    doubted = Cue({(0.0, 1.0, 2.0): DOUBT})
    assert heard(doubted, seen, facts=True, after=later) is CLEAR


def test_time_that_ran_back_is_seen_behind_a_doubt() -> None:
    back = [fake_frame(t) for t in (8.0, 9.0, 10.0, 5.0)]
    assert examine(back, after={"continuity": 10.0}).vetoes == ("continuity",)


BOB = PersonId("bob")


def examiner() -> VisitCues:
    return VisitCues(window_s=3.0, every_s=0.5)


def moving(index: int) -> Box:
    return Box(100 + 3 * abs(7 - index % 14), 100, 100, 120)


def test_it_looks_now_and_again() -> None:
    one = examiner()
    looked = [one.add(fake_frame(i / 10, box=moving(i))) for i in range(21)]
    assert looked.index(True) == FEWEST - 1
    assert [i for i, yes in enumerate(looked) if yes] == [5, 10, 15, 20]


def test_a_blink_makes_it_live_and_is_remembered() -> None:
    one = examiner()
    for index in range(150):
        opening = 0.08 if index in {20, 21} else 0.3
        one.add(fake_frame(index / 15, box=moving(index), opening=opening))
    assert one.verdict.verdict is Liveness.LIVE


def asked(one: VisitCues, answers: Sequence[float], start: float = 0.0) -> None:
    """Fifteen frames a second of Ada, who moves a little and speaks; of every third one the network
    says what `answers` hold, five a second."""
    for number, answer in enumerate(answers):
        for part in range(3):
            index = 3 * number + part
            time = start + index / 15
            frame = fake_frame(
                time, box=moving(index), person=ADA, texture=math.nan if part else answer
            )
            frame = replace(frame, landmarks=speaking(frame.landmarks, round(5 * time)))
            look = one.collect(frame, ADA)
            if look is not None:
                one.take(look, look.results())


def test_skin_and_speech_make_it_live_within_two_seconds() -> None:
    one = examiner()
    asked(one, [0.95] * 5)
    assert one.verdict_on(ADA).verdict is Liveness.UNDECIDED
    asked(one, [0.95] * 5, start=1.0)
    assert one.verdict_on(ADA).verdict is Liveness.LIVE
    # It was Ada's skin.
    assert one.verdict_on(BOB).verdict is Liveness.UNDECIDED


def test_paper_suspends_for_as_long_as_it_is_seen_and_refuses_nobody() -> None:
    one = examiner()
    asked(one, [0.02] * 40)
    assert one.verdict_on(ADA).verdict is Liveness.UNDECIDED
    assert one.verdict_on(ADA).doubts == ("texture",)
    asked(one, [0.95] * 20, start=8.0)
    assert one.verdict_on(ADA).verdict is Liveness.LIVE


def test_a_veto_outlives_the_window_and_every_confirmation() -> None:
    one = examiner()
    for index in range(150):
        opening = 0.08 if index in {60, 61} else 0.3
        track = 2 if index < 10 else 1
        one.add(fake_frame(index / 15, track=track, box=moving(index), opening=opening))
    assert one.verdict.verdict is Liveness.ATTACK
    assert one.verdict.vetoes == ("continuity",)


def test_a_clock_that_jumps_back_is_an_attack() -> None:
    one = examiner()
    for index in range(10):
        one.add(fake_frame(100 + index / 15, box=moving(index)))
    assert one.verdict.verdict is not Liveness.ATTACK
    one.add(fake_frame(50.0))
    assert one.verdict.verdict is Liveness.ATTACK


def blinking(one: VisitCues, shows: PersonId | None, candidate: PersonId, start: int = 0) -> None:
    """Three seconds in which `shows` is seen and blinks, looked at as `candidate`."""
    for index in range(start, start + 45):
        opening = 0.08 if index - start in {20, 21} else 0.3
        frame = fake_frame(index / 15, box=moving(index), opening=opening, person=shows)
        look = one.collect(frame, candidate)
        if look is not None:
            one.take(look, look.results())


def test_a_blink_confirms_whoever_was_seen_to_blink() -> None:
    one = examiner()
    blinking(one, ADA, ADA)
    assert one.verdict_on(ADA).verdict is Liveness.LIVE
    assert one.verdict_on(BOB).verdict is Liveness.UNDECIDED


@pytest.mark.parametrize("shows", [BOB, None])
def test_nobody_lends_their_life_to_somebody_else(shows: PersonId | None) -> None:
    one = examiner()
    blinking(one, shows, ADA)
    assert one.verdict_on(ADA).verdict is Liveness.UNDECIDED
    blinking(one, ADA, ADA, start=45)
    assert one.verdict_on(ADA).verdict is Liveness.LIVE


def test_a_veto_is_for_everybody() -> None:
    one = examiner()
    blinking(one, ADA, ADA)
    look = one.collect(fake_frame(1.0, person=BOB), BOB)
    assert look is not None
    one.take(look, look.results())
    assert one.verdict_on(ADA).vetoes == one.verdict_on(BOB).vetoes == ("continuity",)


def test_it_knows_which_frames_were_looked_at() -> None:
    one = examiner()
    looks = [one.collect(fake_frame(index / 10, box=moving(index))) for index in range(9)]
    assert not one.looked_at(0.0)
    (look,) = (look for look in looks if look is not None)
    one.take(look, look.results())
    assert [one.looked_at(index / 10) for index in range(9)] == [True] * FEWEST + [False] * 3


def test_it_remembers_so_many_frames() -> None:
    one = examiner()
    for index in range(REMEMBERED + 100):
        look = one.collect(fake_frame(index / 10))
        if look is not None:
            one.take(look, ())
    assert not one.looked_at(0.0)
    assert len(one._looked) <= REMEMBERED


def test_nothing_seen_is_undecided() -> None:
    assert examiner().verdict.verdict is Liveness.UNDECIDED


def test_the_fake_says_what_it_is_told() -> None:
    fake = FakeVisitCues(fake_result("blink", CueVerdict.CONFIRM))
    assert fake.add(fake_frame(0.0))
    assert fake.verdict.verdict is Liveness.LIVE
