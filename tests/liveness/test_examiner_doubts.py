"""Doubts: what suspends, what releases, and what refuses."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from accessctl.liveness.evidence import CueResult, CueVerdict
from accessctl.liveness.examiner import NEW, CueStanding, cut_off, hear
from accessctl.liveness.fake import fake_result
from tests.liveness.verdicts import CLEAR, CONFIRM, DOUBT, UNDECIDED, VETO

WORDS = st.sampled_from(list(CueVerdict))


def word(verdict: CueVerdict, until: float = float("nan")) -> CueResult:
    return replace(fake_result("cue", verdict), until=until)


def told(*words: CueResult, vetoes: bool = True, before: CueStanding = NEW) -> CueStanding:
    """Each of the words rests on frames later than what was doubted before."""
    for one in words:
        before = hear(before, one, shown_after=before.after, vetoes=vetoes)
    return before


def test_a_doubt_suspends_and_the_next_one_refuses() -> None:
    once = told(word(DOUBT, 1.0))
    assert (once.doubt, once.veto, once.after, once.doubts) == (word(DOUBT, 1.0), None, 1.0, 1)
    twice = told(word(DOUBT, 2.0), before=once)
    assert twice.veto == word(VETO, 2.0)
    assert twice.doubts == 2


def test_a_cue_that_may_not_refuse_suspends_anew() -> None:
    twice = told(word(DOUBT, 1.0), word(DOUBT, 2.0), vetoes=False)
    assert (twice.doubt, twice.veto, twice.after, twice.doubts) == (word(DOUBT, 2.0), None, 2.0, 2)


def test_only_being_clear_releases() -> None:
    for releasing in (CLEAR, CONFIRM):
        assert told(word(DOUBT, 1.0), word(releasing)).against is None
    still = told(word(DOUBT, 1.0), word(UNDECIDED))
    assert still.against == word(DOUBT, 1.0)
    assert told(word(DOUBT, 2.0), before=still).veto is not None


def test_after_a_release_a_doubt_is_a_first_one_again() -> None:
    again = told(word(DOUBT, 1.0), word(CLEAR), word(DOUBT, 2.0))
    assert (again.veto, again.doubt, again.doubts) == (None, word(DOUBT, 2.0), 2)


def test_what_was_doubted_is_not_shown_again_after_a_release() -> None:
    assert told(word(DOUBT, 1.0), word(CLEAR)).after == 1.0


def test_a_word_on_doubted_frames_is_out_of_date_unless_it_is_a_veto() -> None:
    doubted = told(word(DOUBT, 1.0))
    released = told(word(CLEAR), before=doubted)
    for late in (CLEAR, CONFIRM, UNDECIDED):
        assert hear(released, word(late, 3.0), shown_after=0.9, vetoes=True) == released
    suspended = hear(released, word(DOUBT, 0.8), shown_after=0.9, vetoes=True)
    assert (suspended.veto, suspended.doubt, suspended.after) == (None, word(DOUBT, 0.8), 1.0)
    for late in (CLEAR, CONFIRM, UNDECIDED):
        assert hear(doubted, word(late, 3.0), shown_after=0.9, vetoes=True) == doubted
    assert hear(doubted, word(VETO), shown_after=0.9, vetoes=True).veto == word(VETO)


def test_a_doubt_that_comes_late_puts_off_the_release() -> None:
    doubted = told(word(DOUBT, 1.0))
    late = hear(doubted, word(DOUBT, 1.5), shown_after=float("-inf"), vetoes=True)
    assert (late.doubt, late.veto, late.after) == (word(DOUBT, 1.0), None, 1.5)
    # Shown what came after the first doubt, but not only what came after both.
    assert hear(late, word(CLEAR, 2.0), shown_after=1.0, vetoes=True) == late
    assert hear(late, word(CLEAR, 2.5), shown_after=1.5, vetoes=True).against is None


def test_a_cut_off_moves_forward_only() -> None:
    assert cut_off(NEW, 2.0).after == 2.0
    assert cut_off(told(word(DOUBT, 3.0)), 2.0).after == 3.0


@given(st.lists(WORDS, max_size=12), st.booleans())
def test_a_veto_is_two_doubts_without_a_release_between_or_one_veto(
    said: list[CueVerdict], vetoes: bool
) -> None:
    """Told by another rule: without its undecided words, the list holds a veto or, before any,
    two doubts that stand side by side."""
    found = told(*(word(one, float(i)) for i, one in enumerate(said)), vetoes=vetoes)
    decided = [one for one in said if one is not UNDECIDED]
    refused = VETO in decided or (vetoes and (DOUBT, DOUBT) in pairwise(decided))
    assert (found.veto is not None) is refused
    if not refused:
        suspended = bool(decided) and decided[-1] is DOUBT
        assert (found.doubt is not None) is suspended
