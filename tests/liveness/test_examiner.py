from collections.abc import Sequence
from dataclasses import replace
from math import inf

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from accessctl.domain import Box, PersonId
from accessctl.liveness.combine import Liveness
from accessctl.liveness.examiner import FEWEST, REMEMBERED, Examiner, Look
from accessctl.liveness.fake import FakeExaminer, fake_frame, fake_result, speaking
from accessctl.liveness.result import CueResult, CueVerdict

VETO, DOUBT, CONFIRM, CLEAR, UNDECIDED = CueVerdict
ADA, BOB = PersonId("ada"), PersonId("bob")


def examiner() -> Examiner:
    return Examiner(window_s=3.0, every_s=0.5)


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


def asked(one: Examiner, answers: Sequence[float], start: float = 0.0) -> None:
    """Five frames a second of Ada, who moves a little and speaks, with these answers of the
    network."""
    for index, answer in enumerate(answers):
        time = start + index / 5
        frame = fake_frame(time, box=moving(index), person=ADA, texture=answer)
        frame = replace(frame, landmarks=speaking(frame.landmarks, round(5 * time)))
        look = one.collect(frame, ADA)
        if look is not None:
            one.take(look, look.results())


def test_skin_makes_it_live_after_a_second() -> None:
    one = examiner()
    asked(one, [0.95] * 5)
    assert one.verdict_on(ADA).verdict is Liveness.UNDECIDED
    asked(one, [0.95], start=1.0)
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


def word(cue: str, verdict: CueVerdict, until: float = float("nan")) -> CueResult:
    return replace(fake_result(cue, verdict), until=until)


class Visit:
    """A visit of which only the words of the cues count; a frame every tenth of a second."""

    def __init__(self) -> None:
        self.examiner = Examiner(window_s=3.0, every_s=0.5)
        self.now = 0.0

    def look(self) -> Look:
        """The next look that is due."""
        while True:
            look = self.examiner.collect(fake_frame(self.now, person=ADA), ADA)
            self.now += 0.1
            if look is not None:
                return look

    def hear(self, *words: CueResult) -> Liveness:
        self.examiner.take(self.look(), words)
        return self.verdict

    @property
    def verdict(self) -> Liveness:
        return self.examiner.verdict_on(ADA).verdict


def test_a_doubt_suspends_what_was_confirmed_until_it_is_cleared_up() -> None:
    visit = Visit()
    alive = word("blink", CONFIRM)
    assert visit.hear(alive, word("edges", CLEAR)) is Liveness.LIVE
    assert visit.hear(alive, word("edges", DOUBT, 1.0)) is Liveness.UNDECIDED
    assert visit.examiner.verdict_on(ADA).doubts == ("edges",)
    assert visit.hear(alive, word("edges", UNDECIDED)) is Liveness.UNDECIDED
    assert visit.hear(alive, word("edges", CLEAR)) is Liveness.LIVE
    assert visit.examiner.doubts == {"edges": 1}


def test_a_second_doubt_refuses_unless_the_cue_never_does() -> None:
    visit = Visit()
    visit.hear(word("stillness", DOUBT, 0.5))
    assert visit.hear(word("stillness", DOUBT, 1.0)) is Liveness.UNDECIDED
    visit.hear(word("edges", DOUBT, 1.5))
    assert visit.hear(word("edges", DOUBT, 2.0)) is Liveness.ATTACK
    assert visit.examiner.verdict_on(ADA).vetoes == ("edges",)


def test_a_look_shows_a_cue_nothing_that_it_doubted() -> None:
    visit = Visit()
    assert visit.look().after == {}
    visit.hear(word("edges", DOUBT, 0.7), word("depth", CLEAR))
    assert visit.look().after == {"edges": 0.7}


def test_a_doubt_that_names_no_frames_is_of_all_of_them() -> None:
    visit = Visit()
    look = visit.look()
    visit.examiner.take(look, (word("edges", DOUBT),))
    assert visit.look().after == {"edges": look.frames[-1].captured}


def test_a_cue_takes_back_what_it_confirmed_itself() -> None:
    visit = Visit()
    visit.hear(word("depth", CONFIRM))
    visit.hear(word("depth", DOUBT, 1.0))
    assert visit.hear(word("depth", CLEAR)) is Liveness.UNDECIDED
    assert visit.hear(word("depth", CONFIRM)) is Liveness.LIVE


@pytest.mark.parametrize("order", [1, -1])
def test_what_breaks_a_visit_in_two_undoes_what_was_shown_before(order: int) -> None:
    visit = Visit()
    visit.hear(word("depth", CONFIRM), word("edges", CLEAR))
    broken = (word("continuity", DOUBT, 1.0), word("blink", CONFIRM))
    visit.hear(*broken[::order])
    assert visit.look().after == {"depth": 1.0, "edges": 1.0, "continuity": 1.0, "blink": 1.0}
    assert visit.hear(word("continuity", CLEAR), word("depth", UNDECIDED)) is Liveness.UNDECIDED
    assert visit.hear(word("depth", CONFIRM)) is Liveness.LIVE


def test_an_answer_that_comes_after_a_doubt_it_does_not_know_of_changes_nothing() -> None:
    visit = Visit()
    first, second = visit.look(), visit.look()
    visit.examiner.take(first, (word("edges", DOUBT, 0.5), word("blink", CONFIRM)))
    for said in (CLEAR, DOUBT):
        visit.examiner.take(second, (word("edges", said, 1.0),))
        assert visit.verdict is Liveness.UNDECIDED
    assert visit.hear(word("edges", CLEAR)) is Liveness.LIVE


NAMES = ("continuity", "stillness", "edges", "depth")
SAID = st.tuples(*[st.sampled_from(list(CueVerdict))] * len(NAMES))
EVENTS = st.lists(st.one_of(st.just("look"), st.tuples(st.integers(0, 3), SAID)), max_size=20)


def against(taken: Sequence[tuple[Look, tuple[CueResult, ...]]]) -> bool:
    """Whether a cue refused, or doubts and has not been clear on later frames, ever."""
    for cue in NAMES:
        words = [(look, r) for look, results in taken for r in results if r.cue == cue]
        if any(r.verdict is VETO for _, r in words):
            return True
        doubted = -inf
        standing = False
        for look, r in words:
            fresh = look.after.get(cue, -inf) >= doubted
            if r.verdict is DOUBT:
                doubted, standing = max(doubted, look.frames[-1].captured), True
            elif r.verdict in (CLEAR, CONFIRM) and fresh:
                standing = False
        if standing:
            return True
    return False


DOUBTS, CONFIRMS = (DOUBT,) * len(NAMES), (CONFIRM,) * len(NAMES)


@settings(deadline=None)
@example([*["look"] * 5, (0, DOUBTS), "look", (0, DOUBTS), (3, CONFIRMS)])
@given(EVENTS)
def test_no_order_of_answers_shows_life_while_a_doubt_stands(events: list) -> None:
    """Answers come late, in any order, or never."""
    visit = Visit()
    waiting: list[Look] = []
    taken: list[tuple[Look, tuple[CueResult, ...]]] = []
    for event in events:
        if event == "look":
            waiting.append(visit.look())
            continue
        index, said = event
        if index >= len(waiting):
            continue
        words = tuple(word(cue, verdict) for cue, verdict in zip(NAMES, said, strict=True))
        look = waiting.pop(index)
        visit.examiner.take(look, words)
        taken.append((look, words))
        if visit.verdict is Liveness.LIVE:
            assert not against(taken)
            assert any(r.verdict is CONFIRM for _, words in taken for r in words)
    shown = {frame.captured for look, _ in taken for frame in look.frames}
    assert all(visit.examiner.looked_at(t) is (t in shown) for t in shown | {visit.now, 0.0})


def test_nothing_seen_is_undecided() -> None:
    assert examiner().verdict.verdict is Liveness.UNDECIDED


def test_the_fake_says_what_it_is_told() -> None:
    fake = FakeExaminer(fake_result("blink", CueVerdict.CONFIRM))
    assert fake.add(fake_frame(0.0))
    assert fake.verdict.verdict is Liveness.LIVE
