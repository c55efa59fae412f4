import math
import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from math import inf

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from accessctl.domain import Box, PersonId
from accessctl.liveness.cues.table import ROLES, CueRole
from accessctl.liveness.evidence import CueResult, CueVerdict, LivenessFrame
from accessctl.liveness.examiner import (
    FEWEST,
    NEW,
    REMEMBERED,
    CueStanding,
    CueWindow,
    Liveness,
    LivenessVerdict,
    VisitCues,
    combine,
    cut_off,
    examine,
    hear,
)
from accessctl.liveness.fake import FakeVisitCues, fake_frame, fake_result, speaking

VETO, DOUBT, CONFIRM, CLEAR, UNDECIDED = CueVerdict
VERDICTS = st.lists(st.sampled_from(list(CueVerdict)), max_size=8)
ADA = PersonId("ada")


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


def test_nothing_seen_is_undecided() -> None:
    assert examiner().verdict.verdict is Liveness.UNDECIDED


def test_the_fake_says_what_it_is_told() -> None:
    fake = FakeVisitCues(fake_result("blink", CueVerdict.CONFIRM))
    assert fake.add(fake_frame(0.0))
    assert fake.verdict.verdict is Liveness.LIVE
