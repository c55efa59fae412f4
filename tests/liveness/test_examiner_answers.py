"""The cues' answers as a visit hears them, in any order."""

from collections.abc import Sequence
from dataclasses import replace
from math import inf

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from accessctl.liveness.evidence import CueResult, CueVerdict
from accessctl.liveness.examiner import CueWindow, Liveness, VisitCues
from accessctl.liveness.fake import fake_frame, fake_result
from tests.liveness.verdicts import ADA, CLEAR, CONFIRM, DOUBT, UNDECIDED, VETO


def word_of(cue: str, verdict: CueVerdict, until: float = float("nan")) -> CueResult:
    return replace(fake_result(cue, verdict), until=until)


class Visit:
    """A visit of which only the words of the cues count; a frame every tenth of a second."""

    def __init__(self) -> None:
        self.examiner = VisitCues(window_s=3.0, every_s=0.5)
        self.now = 0.0

    def look(self) -> CueWindow:
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
    alive = word_of("blink", CONFIRM)
    assert visit.hear(alive, word_of("edges", CLEAR)) is Liveness.LIVE
    assert visit.hear(alive, word_of("edges", DOUBT, 1.0)) is Liveness.UNDECIDED
    assert visit.examiner.verdict_on(ADA).doubts == ("edges",)
    assert visit.hear(alive, word_of("edges", UNDECIDED)) is Liveness.UNDECIDED
    assert visit.hear(alive, word_of("edges", CLEAR)) is Liveness.LIVE
    assert visit.examiner.doubts == {"edges": 1}


def test_a_second_doubt_refuses_unless_the_cue_never_does() -> None:
    visit = Visit()
    visit.hear(word_of("stillness", DOUBT, 0.5))
    assert visit.hear(word_of("stillness", DOUBT, 1.0)) is Liveness.UNDECIDED
    visit.hear(word_of("edges", DOUBT, 1.5))
    assert visit.hear(word_of("edges", DOUBT, 2.0)) is Liveness.ATTACK
    assert visit.examiner.verdict_on(ADA).vetoes == ("edges",)


def test_a_look_shows_a_cue_nothing_that_it_doubted() -> None:
    visit = Visit()
    assert visit.look().after == {}
    visit.hear(word_of("edges", DOUBT, 0.7), word_of("depth", CLEAR))
    assert visit.look().after == {"edges": 0.7}


def test_a_doubt_that_names_no_frames_is_of_all_of_them() -> None:
    visit = Visit()
    look = visit.look()
    visit.examiner.take(look, (word_of("edges", DOUBT),))
    assert visit.look().after == {"edges": look.frames[-1].captured}


def test_a_cue_takes_back_what_it_confirmed_itself() -> None:
    visit = Visit()
    visit.hear(word_of("depth", CONFIRM))
    visit.hear(word_of("depth", DOUBT, 1.0))
    assert visit.hear(word_of("depth", CLEAR)) is Liveness.UNDECIDED
    assert visit.hear(word_of("depth", CONFIRM)) is Liveness.LIVE


@pytest.mark.parametrize("order", [1, -1])
def test_what_breaks_a_visit_in_two_undoes_what_was_shown_before(order: int) -> None:
    visit = Visit()
    visit.hear(word_of("depth", CONFIRM), word_of("edges", CLEAR))
    broken = (word_of("continuity", DOUBT, 1.0), word_of("blink", CONFIRM))
    visit.hear(*broken[::order])
    assert visit.look().after == {"depth": 1.0, "edges": 1.0, "continuity": 1.0, "blink": 1.0}
    assert (
        visit.hear(word_of("continuity", CLEAR), word_of("depth", UNDECIDED)) is Liveness.UNDECIDED
    )
    assert visit.hear(word_of("depth", CONFIRM)) is Liveness.LIVE


def test_an_answer_that_comes_after_a_doubt_it_does_not_know_of_changes_nothing() -> None:
    visit = Visit()
    first, second = visit.look(), visit.look()
    visit.examiner.take(first, (word_of("edges", DOUBT, 0.5), word_of("blink", CONFIRM)))
    for said in (CLEAR, DOUBT):
        visit.examiner.take(second, (word_of("edges", said, 1.0),))
        assert visit.verdict is Liveness.UNDECIDED
    assert visit.hear(word_of("edges", CLEAR)) is Liveness.LIVE


NAMES = ("continuity", "stillness", "edges", "depth")
SAID = st.tuples(*[st.sampled_from(list(CueVerdict))] * len(NAMES))
EVENTS = st.lists(st.one_of(st.just("look"), st.tuples(st.integers(0, 3), SAID)), max_size=20)


def against(taken: Sequence[tuple[CueWindow, tuple[CueResult, ...]]]) -> bool:
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
    waiting: list[CueWindow] = []
    taken: list[tuple[CueWindow, tuple[CueResult, ...]]] = []
    for event in events:
        if event == "look":
            waiting.append(visit.look())
            continue
        index, said = event
        if index >= len(waiting):
            continue
        words = tuple(word_of(cue, verdict) for cue, verdict in zip(NAMES, said, strict=True))
        look = waiting.pop(index)
        visit.examiner.take(look, words)
        taken.append((look, words))
        if visit.verdict is Liveness.LIVE:
            assert not against(taken)
            assert any(r.verdict is CONFIRM for _, words in taken for r in words)
    shown = {frame.captured for look, _ in taken for frame in look.frames}
    assert all(visit.examiner.looked_at(t) is (t in shown) for t in shown | {visit.now, 0.0})
