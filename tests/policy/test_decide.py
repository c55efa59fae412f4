import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.config import PolicyConfig
from accessctl.domain import Match, Outcome, PersonId, Reason, Sighting
from accessctl.policy.decide import (
    DecisionRules,
    Evidence,
    LastGrants,
    Naming,
    Verdict,
    decide,
    leads,
    rare_enough,
    sure,
)
from tests.policy.matched import ADA, BOB, RULES


def test_takes_every_number_from_the_configuration() -> None:
    config = PolicyConfig(
        min_frames=4,
        min_margin=1.5,
        frame_fmr=0.05,
        unknown_after_frames=9,
        unknown_after_s=1.5,
        cooldown_s=7,
    )
    assert DecisionRules.of(config, 1e-5) == DecisionRules(1e-5, 0.05, 4, 1.5, 9, 1.5, 7)


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("fmr_upper", "margin", "expected"),
    [
        (1e-4, 0.5, True),
        (1e-4, INF, True),
        (1.1e-4, 0.5, False),
        (1e-4, 0.49, False),
        (NAN, 0.5, False),
        (1e-4, NAN, False),
    ],
)
def test_the_rate_is_kept_and_nobody_else_comes_near(
    fmr_upper: float, margin: float, expected: bool
) -> None:
    assert sure(fmr_upper, margin, 1e-4, 0.5) is expected
    assert (rare_enough(fmr_upper, 1e-4) and leads(margin, 0.5)) is expected


FIGURES = st.floats(0, 1) | st.just(NAN)


@given(st.lists(st.tuples(FIGURES, FIGURES), max_size=8))
def test_many_at_once_are_judged_as_each_by_itself(found: list[tuple[float, float]]) -> None:
    upper, margin = np.array(found).reshape(-1, 2).T
    assert sure(upper, margin, 0.3, 0.4).tolist() == [sure(u, m, 0.3, 0.4) for u, m in found]


def test_remembers_the_last_grant_of_each_person() -> None:
    ledger = LastGrants()
    assert ledger.last(PersonId("a")) is None
    ledger.note(PersonId("a"), 1.0)
    ledger.note(PersonId("b"), 2.0)
    ledger.note(PersonId("a"), 3.0)
    assert (ledger.last(PersonId("a")), ledger.last(PersonId("b"))) == (3.0, 2.0)


def match(person: PersonId = ADA, fmr: float = 1e-6, margin: float = 2.0) -> Match:
    return Match(person, 0.9, 8.0, margin, fmr, fmr * 2)


def sighting(of: Match | None, at: float = 0.0) -> Sighting:
    return Sighting(at, np.array([1, 0], np.float32), 0.8, of)


def evidence(frames: list[Match | None], pooled: Match | None, *, left: bool = False) -> Evidence:
    return Evidence(tuple(sighting(m) for m in frames), pooled, len(frames), 0.0, left)


def test_grants_when_enough_frames_agree() -> None:
    verdict = decide(evidence([match()] * 3, match()), RULES, None, 0.2)
    assert verdict is not None
    assert (verdict.outcome, verdict.reason) == (Outcome.GRANTED, Reason.MATCHED)
    assert verdict.match is not None
    assert verdict.match.person == ADA


def test_waits_while_one_frame_is_missing() -> None:
    assert decide(evidence([match()] * 2, match()), RULES, None, 0.2) is None


def test_a_weak_frame_does_not_count_as_agreeing() -> None:
    weak = match(fmr=0.02)
    assert decide(evidence([match(), match(), weak], match()), RULES, None, 0.2) is None


@pytest.mark.parametrize("newest", [None, match(fmr=0.02), match(BOB, fmr=0.02)])
def test_nobody_is_granted_on_a_frame_that_does_not_show_them(newest: Match | None) -> None:
    shown = [match()] * 6
    assert decide(evidence([*shown, newest], match()), RULES, None, 3.0) is None
    verdict = decide(evidence([*shown, newest, match()], match()), RULES, None, 3.1)
    assert verdict is not None
    assert verdict.outcome is Outcome.GRANTED


def test_the_upper_bound_decides_not_the_estimate() -> None:
    # The estimate 6e-5 is below the 1e-4 allowed; its upper bound 1.2e-4 is not.
    assert decide(evidence([match()] * 3, match(fmr=6e-5)), RULES, None, 0.2) is None


@pytest.mark.parametrize(
    ("frames", "pooled", "reason"),
    [
        ([match()] * 5, match(fmr=1e-3), Reason.NO_MATCH),
        ([match()] * 5, match(margin=0.4), Reason.AMBIGUOUS),
        ([match()] * 4 + [match(BOB)], match(), Reason.DISAGREEMENT),
        ([match()] * 2 + [None] * 3, match(), Reason.DISAGREEMENT),
        ([None] * 5, None, Reason.EMPTY_GALLERY),
    ],
)
def test_unknown_says_why(frames: list[Match | None], pooled: Match | None, reason: Reason) -> None:
    verdict = decide(evidence(frames, pooled), RULES, None, 2.0)
    assert verdict is not None
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, reason)


def test_unknown_needs_both_frames_and_seconds() -> None:
    doubtful = match(fmr=1e-3)
    assert decide(evidence([match()] * 5, doubtful), RULES, None, 1.9) is None
    assert decide(evidence([match()] * 4, doubtful), RULES, None, 60.0) is None


def test_a_visitor_who_leaves_early_is_unknown() -> None:
    verdict = decide(evidence([match()] * 2, match(), left=True), RULES, None, 0.1)
    assert verdict is not None
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, Reason.LEFT_EARLY)


def test_a_passer_by_without_a_usable_frame_is_not_decided() -> None:
    assert decide(Evidence((), None, 0, 0.0, left=True), RULES, None, 9.0) is None


def test_a_glimpse_is_not_decided() -> None:
    assert decide(evidence([match()], match(), left=True), RULES, None, 9.0) is None


def test_frames_that_fell_out_of_the_window_still_end_in_unknown() -> None:
    verdict = decide(Evidence((), None, 4, 0.0, left=True), RULES, None, 9.0)
    assert verdict is not None
    assert verdict.reason is Reason.LEFT_EARLY


def test_nobody_is_granted_after_leaving() -> None:
    verdict = decide(evidence([match()] * 3, match(), left=True), RULES, None, 0.2)
    assert verdict is not None
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, Reason.LEFT_EARLY)


def test_an_empty_window_waits_for_the_face_to_show_again() -> None:
    assert decide(Evidence((), match(), 9, 0.0), RULES, None, 60.0) is None


def test_during_the_cooldown_the_same_person_waits() -> None:
    shown = evidence([match()] * 3, match())
    assert decide(shown, RULES, 10.0, 14.9) is None
    left = decide(replace(shown, left=True), RULES, 10.0, 14.9)
    assert left is not None
    assert (left.outcome, left.reason) == (Outcome.DENIED, Reason.COOLDOWN)
    later = decide(shown, RULES, 10.0, 15.0)
    assert later is not None
    assert later.outcome is Outcome.GRANTED


def test_a_grant_that_is_taken_back_starts_no_cooldown() -> None:
    grants, ada = LastGrants(), PersonId("ada")
    grants.note(ada, 10.0)
    grants.note(ada, 20.0)
    grants.take_back(ada)
    assert grants.last(ada) == 10.0
    first = LastGrants()
    first.note(ada, 5.0)
    first.take_back(ada)
    first.take_back(ada)
    assert first.last(ada) is None


@pytest.mark.parametrize("field", ["fmr_upper", "margin"])
def test_nan_is_a_doubt(field: str) -> None:
    broken = replace(match(), **{field: math.nan})
    verdict = decide(evidence([match()] * 5, broken), RULES, None, 3.0)
    assert verdict is not None
    assert verdict.outcome is Outcome.UNKNOWN


def test_a_frame_with_nan_rate_does_not_agree() -> None:
    broken = match(fmr=math.nan)
    assert decide(evidence([match(), match(), broken], match()), RULES, None, 0.1) is None


rates = st.floats(0, 1) | st.just(math.nan)
matches = st.builds(
    Match,
    person=st.sampled_from([ADA, BOB]),
    similarity=st.floats(-1, 1),
    score=st.floats(-10, 30),
    margin=st.floats(0, 20) | st.just(math.inf),
    fmr=rates,
    fmr_upper=rates,
)


@given(
    frames=st.lists(st.none() | matches, max_size=12),
    pooled=st.none() | matches,
    left=st.booleans(),
    last_grant=st.none() | st.floats(0, 100),
    now=st.floats(0, 200),
)
def test_never_grants_without_every_condition(
    frames: list[Match | None],
    pooled: Match | None,
    left: bool,
    last_grant: float | None,
    now: float,
) -> None:
    verdict = decide(evidence(frames, pooled, left=left), RULES, last_grant, now)
    if verdict is None or verdict.outcome is not Outcome.GRANTED:
        return
    assert not left
    assert pooled is not None
    assert pooled.fmr_upper <= 1e-4
    assert pooled.margin >= 0.5
    own = [f for f in frames if f is not None and f.fmr <= 1e-2]
    assert len([f for f in own if f.person == pooled.person]) >= 3
    assert not [f for f in own if f.person != pooled.person]
    assert last_grant is None or now - last_grant >= 5.0


def claimed(frames: list[Match | None], pooled: Match | None, *, left: bool = False) -> Evidence:
    return replace(evidence(frames, pooled, left=left), naming=Naming.CLAIMED)


ALONE = match(margin=INF)


def test_a_badge_grants_whom_its_face_shows_and_asks_for_no_lead() -> None:
    verdict = decide(claimed([ALONE] * 3, ALONE), RULES, None, 0.2)
    assert verdict == Verdict(Outcome.GRANTED, Reason.MATCHED, ALONE)


@pytest.mark.parametrize(
    ("frames", "pooled"),
    [
        ([match(fmr=0.3, margin=INF)] * 5, match(fmr=0.2, margin=INF)),
        # The pooled face is theirs, and hardly any single frame.
        ([match(fmr=0.3, margin=INF)] * 4 + [ALONE], ALONE),
        ([match(fmr=NAN, margin=INF)] * 5, match(fmr=NAN, margin=INF)),
    ],
)
def test_another_face_than_the_badge_s_is_refused_as_its_person(
    frames: list[Match], pooled: Match
) -> None:
    assert decide(claimed(frames[:4], pooled), RULES, None, 1.9) is None
    verdict = decide(claimed(frames, pooled), RULES, None, 2.0)
    assert verdict == Verdict(Outcome.DENIED, Reason.BADGE_MISMATCH, pooled)
    # Leaving is no way out of it.
    verdict = decide(claimed(frames, pooled, left=True), RULES, None, 0.5)
    assert verdict == Verdict(Outcome.DENIED, Reason.BADGE_MISMATCH, pooled)


def test_of_a_badge_whose_person_is_gone_nobody_is_let_in() -> None:
    verdict = decide(claimed([None] * 5, None), RULES, None, 2.0)
    assert verdict == Verdict(Outcome.DENIED, Reason.BADGE_MISMATCH, None)


def test_whoever_leaves_too_early_was_compared_with_nobody() -> None:
    verdict = decide(claimed([None] * 2, None, left=True), RULES, None, 0.2)
    assert verdict == Verdict(Outcome.UNKNOWN, Reason.LEFT_EARLY, None)


def test_where_a_badge_is_required_a_face_that_was_matched_before_counts_for_nobody() -> None:
    shown = replace(evidence([match()] * 5, match()), naming=Naming.UNCLAIMED)
    assert decide(shown, RULES, None, 1.0) is None
    verdict = decide(shown, RULES, None, 2.0)
    assert verdict == Verdict(Outcome.UNKNOWN, Reason.BADGE_REQUIRED, match())


@given(
    naming=st.sampled_from([Naming.CLAIMED, Naming.UNCLAIMED]),
    fmrs=st.lists(st.floats(0, 1) | st.just(NAN), min_size=1, max_size=6),
    pooled=st.floats(0, 1) | st.just(NAN),
    left=st.booleans(),
    now=st.floats(0, 10),
)
def test_no_badge_makes_a_grant_that_its_face_would_not(
    naming: Naming, fmrs: list[float], pooled: float, left: bool, now: float
) -> None:
    frames = [match(fmr=fmr, margin=INF) for fmr in fmrs]
    shown = replace(evidence(frames, match(fmr=pooled, margin=INF), left=left), naming=naming)
    verdict = decide(shown, RULES, None, now)
    if verdict is not None and verdict.outcome is Outcome.GRANTED:
        assert naming is Naming.CLAIMED
        assert 2 * pooled <= RULES.max_fmr
        assert sum(fmr <= RULES.frame_fmr for fmr in fmrs) >= RULES.min_frames
        assert fmrs[-1] <= RULES.frame_fmr
