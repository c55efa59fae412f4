import pytest

from accessctl.domain import Box, PersonId
from accessctl.liveness.combine import Liveness
from accessctl.liveness.examiner import FEWEST, REMEMBERED, Examiner
from accessctl.liveness.fake import FakeExaminer, fake_frame, fake_result
from accessctl.liveness.result import CueVerdict


def examiner() -> Examiner:
    return Examiner(window_s=3.0, every_s=0.5)


def moving(index: int) -> Box:
    return Box(100 + 3 * (index % 7), 100, 100, 120)


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


ADA, BOB = PersonId("ada"), PersonId("bob")


def blinking(one: Examiner, shows: PersonId | None, candidate: PersonId, start: int = 0) -> None:
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
    fake = FakeExaminer(fake_result("blink", CueVerdict.CONFIRM))
    assert fake.add(fake_frame(0.0))
    assert fake.verdict.verdict is Liveness.LIVE
