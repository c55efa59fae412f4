import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.config_access import AccessConfig
from accessctl.domain import Match, Outcome, PersonId, PersonRules, Reason, Sighting
from accessctl.policy.access import AccessPlan, objection
from accessctl.policy.admit import (
    Circumstances,
    Proof,
    admit,
    decide_visit,
    lacks_second_factor_only,
)
from accessctl.policy.crowd import Place
from accessctl.policy.evidence import Evidence, Verdict
from accessctl.policy.passback import Crossing
from accessctl.policy.rules import Rules

RULES = Rules(
    max_fmr=1e-4,
    frame_fmr=1e-2,
    min_frames=3,
    min_margin=0.5,
    unknown_after_frames=5,
    unknown_after_s=2.0,
    cooldown_s=5.0,
)
ADA, BOB = PersonId("ada"), PersonId("bob")
MATCH = Match(ADA, 0.9, 8.0, 2.0, 1e-6, 2e-6)
GRANT = Verdict(Outcome.GRANTED, Reason.MATCHED, MATCH)
EXPIRED = PersonRules(valid_until=50.0)
WAY_IN = AccessPlan.of(AccessConfig(direction="in", anti_passback="hard", reset_after_h=1))
SOFT = AccessPlan.of(AccessConfig(direction="in", anti_passback="soft", reset_after_h=1))
INSIDE = Crossing("in", 3599.0)


def shown(frames: int, *, left: bool = False) -> Evidence:
    sighting = Sighting(0.0, np.array([1, 0], np.float32), 0.8, MATCH)
    return Evidence((sighting,) * frames, MATCH, frames, 0.0, left)


@pytest.fixture
def here(open_plan: AccessPlan) -> Circumstances:
    return Circumstances(open_plan, 100.0)


def test_nothing_in_the_way_changes_nothing(here: Circumstances) -> None:
    assert admit(GRANT, here) is GRANT
    assert decide_visit(shown(3), RULES, None, 0.1, here) == GRANT


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"locked_out": True}, Reason.LOCKED_OUT),
        ({"place": Place.REFUSED}, Reason.TWO_FACES),
        ({"liveness": Proof.REFUTED}, Reason.NOT_LIVE),
        ({"liveness": Proof.MISSING}, Reason.LIVENESS_UNDECIDED),
        ({"intent": Proof.MISSING}, Reason.NO_GESTURE),
        ({"intent": Proof.MISSING, "liveness": Proof.MISSING}, Reason.LIVENESS_UNDECIDED),
        ({"second_factor": Proof.MISSING}, Reason.SECOND_FACTOR_MISSING),
        ({"second_factor": Proof.REFUTED}, Reason.SECOND_FACTOR_WRONG),
        ({"person": PersonRules(disabled=True)}, Reason.DISABLED),
        ({"person": EXPIRED}, Reason.EXPIRED),
        ({"person": EXPIRED, "liveness": Proof.REFUTED}, Reason.NOT_LIVE),
        ({"person": EXPIRED, "liveness": Proof.PENDING}, Reason.EXPIRED),
        ({"person": EXPIRED, "locked_out": True}, Reason.LOCKED_OUT),
        ({"plan": WAY_IN, "last_crossing": INSIDE}, Reason.PASSBACK),
        ({"plan": WAY_IN, "crossings_known": False}, Reason.NO_RECORD),
        (
            {"plan": WAY_IN, "last_crossing": INSIDE, "second_factor": Proof.PENDING},
            Reason.PASSBACK,
        ),
        (
            {"plan": WAY_IN, "last_crossing": INSIDE, "person": PersonRules(disabled=True)},
            Reason.DISABLED,
        ),
    ],
)
def test_a_grant_is_refused(here: Circumstances, change: dict, reason: Reason) -> None:
    expected = Verdict(Outcome.DENIED, reason, MATCH)
    assert admit(GRANT, replace(here, **change)) == expected


@pytest.mark.parametrize(
    "change",
    [
        {"place": Place.WAITS},
        {"liveness": Proof.PENDING},
        {"second_factor": Proof.PENDING},
        {"intent": Proof.PENDING},
    ],
)
def test_a_grant_is_put_off(here: Circumstances, change: dict) -> None:
    assert admit(GRANT, replace(here, **change)) is None


@pytest.mark.parametrize(
    "change",
    [
        {"plan": SOFT, "last_crossing": INSIDE},
        {"plan": SOFT, "crossings_known": False},
        {"plan": WAY_IN, "last_crossing": Crossing("in", 3600.0)},
        {"plan": WAY_IN, "last_crossing": Crossing("out", 1.0)},
        {"plan": WAY_IN},
    ],
)
def test_passback_that_is_soft_or_over_refuses_nobody(here: Circumstances, change: dict) -> None:
    assert admit(GRANT, replace(here, **change)) is GRANT


@pytest.mark.parametrize(
    ("change", "only"),
    [
        ({}, True),
        ({"second_factor": Proof.MISSING}, False),
        ({"second_factor": Proof.SHOWN}, False),
        ({"liveness": Proof.PENDING}, False),
        ({"person": EXPIRED}, False),
        ({"locked_out": True}, False),
        ({"place": Place.WAITS}, False),
    ],
)
def test_a_second_factor_is_asked_for_when_nothing_else_is_missing(
    here: Circumstances, change: dict, only: bool
) -> None:
    it = replace(here, **{"second_factor": Proof.PENDING} | change)
    assert lacks_second_factor_only(shown(3), RULES, None, 0.1, it) is only
    assert not lacks_second_factor_only(shown(2), RULES, None, 0.1, it)
    assert not lacks_second_factor_only(shown(3, left=True), RULES, None, 0.1, it)


@pytest.mark.parametrize(
    ("proof", "reason"),
    [
        ({"liveness": Proof.PENDING}, Reason.LIVENESS_UNDECIDED),
        ({"liveness": Proof.MISSING}, Reason.LIVENESS_UNDECIDED),
        ({"liveness": Proof.REFUTED}, Reason.NOT_LIVE),
        ({"intent": Proof.PENDING}, Reason.NO_GESTURE),
        ({"second_factor": Proof.PENDING}, Reason.SECOND_FACTOR_MISSING),
        ({"second_factor": Proof.MISSING}, Reason.SECOND_FACTOR_MISSING),
        ({"second_factor": Proof.REFUTED}, Reason.SECOND_FACTOR_WRONG),
    ],
)
def test_leaving_while_proof_is_due_is_a_refusal(
    here: Circumstances, proof: dict, reason: Reason
) -> None:
    it = replace(here, **proof)
    gone = decide_visit(shown(3, left=True), RULES, None, 0.1, it)
    assert gone == Verdict(Outcome.DENIED, reason, MATCH)
    brief = decide_visit(shown(2, left=True), RULES, None, 0.1, it)
    assert brief == Verdict(Outcome.UNKNOWN, Reason.LEFT_EARLY, MATCH)


matches = st.builds(
    Match,
    person=st.sampled_from([ADA, BOB]),
    similarity=st.floats(-1, 1),
    score=st.floats(-10, 30),
    margin=st.sampled_from([0.0, 0.4, 0.5, 3.0]),
    fmr=st.sampled_from([1e-7, 1e-3, 1e-2, 0.5]),
    fmr_upper=st.sampled_from([1e-6, 1e-4, 2e-4, 1.0]),
)
plan = AccessPlan.of(
    AccessConfig.model_validate(
        {
            "timezone": "Europe/Berlin",
            "schedules": {"s": [{"days": ["mon"], "opens": "08:00", "closes": "18:00"}]},
            "groups": {"g": {"schedule": "s"}, "far": {"doors": ["back"]}},
            "direction": "in",
            "anti_passback": "hard",
        }
    )
)
plan_of_all = AccessPlan.of(AccessConfig())
circumstances = st.builds(
    Circumstances,
    plan=st.just(plan),
    time=st.floats(0, 4e9),
    person=st.builds(
        PersonRules,
        groups=st.sampled_from([(), ("g",), ("far",), ("far", "g")]),
        valid_from=st.none() | st.floats(0, 4e9),
        valid_until=st.none() | st.floats(0, 4e9),
        disabled=st.booleans(),
    ),
    locked_out=st.booleans(),
    liveness=st.sampled_from(Proof),
    second_factor=st.sampled_from(Proof),
    place=st.sampled_from(Place),
    last_crossing=st.none()
    | st.builds(Crossing, st.sampled_from(["in", "out"]), st.floats(0, 1e5) | st.just(math.nan)),
    crossings_known=st.booleans(),
    intent=st.sampled_from(Proof),
)
evidences = st.builds(
    lambda frames, pooled, left, asked: Evidence(
        tuple(Sighting(0.0, np.array([1], np.float32), 0.5, m) for m, _ in frames),
        pooled,
        len(frames),
        0.0,
        left,
        tuple(live for _, live in frames) if asked else None,
    ),
    st.lists(st.tuples(st.none() | matches, st.booleans()), max_size=8),
    st.none() | matches,
    st.booleans(),
    st.booleans(),
)
# Random frames hardly ever agree often enough; these do unless one of them does not.
near_grants = st.builds(
    lambda match, live, left: Evidence(
        (Sighting(0.0, np.array([1], np.float32), 0.5, match),) * len(live),
        match,
        len(live),
        0.0,
        left,
        tuple(live),
    ),
    st.just(MATCH),
    st.lists(st.booleans(), min_size=2, max_size=8),
    st.booleans(),
)


@given(evidences | near_grants, circumstances, st.none() | st.floats(0, 10), st.floats(0, 20))
def test_a_grant_needs_everything_at_once(
    evidence: Evidence, it: Circumstances, last_grant: float | None, now: float
) -> None:
    verdict = decide_visit(evidence, RULES, last_grant, now, it)
    if verdict is None or verdict.outcome is not Outcome.GRANTED:
        return
    assert not evidence.left
    agreeing = [s.match for s in evidence.sightings if s.match and s.match.fmr <= RULES.frame_fmr]
    assert len(agreeing) >= RULES.min_frames
    assert evidence.pooled is not None
    assert {match.person for match in agreeing} == {evidence.pooled.person}
    assert evidence.pooled.fmr_upper <= RULES.max_fmr
    assert not it.locked_out
    assert it.place is Place.FREE
    assert it.liveness in (Proof.SHOWN, Proof.NOT_NEEDED)
    assert it.second_factor in (Proof.SHOWN, Proof.NOT_NEEDED)
    assert it.intent in (Proof.SHOWN, Proof.NOT_NEEDED)
    if it.liveness is Proof.SHOWN and evidence.live is not None:
        live = [
            seen
            for sighting, seen in zip(evidence.sightings, evidence.live, strict=True)
            if sighting.match and sighting.match.fmr <= RULES.frame_fmr
        ]
        assert sum(live) >= RULES.min_frames
    assert objection(it.person, it.plan, it.time) is None
    assert it.crossings_known
    last = it.last_crossing
    assert last is None or last.direction == "out" or last.age_s >= 12 * 3600


@given(st.lists(st.booleans(), min_size=3, max_size=8))
def test_as_many_live_frames_as_a_grant_needs(live: list[bool]) -> None:
    evidence = replace(shown(len(live)), live=tuple(live))
    it = Circumstances(plan_of_all, 100.0, liveness=Proof.SHOWN)
    verdict = decide_visit(evidence, RULES, None, 0.1, it)
    assert verdict == (GRANT if live.count(True) >= RULES.min_frames else None)
    gone = decide_visit(replace(evidence, left=True), RULES, None, 0.1, it)
    if verdict is None:
        assert gone == Verdict(Outcome.DENIED, Reason.LIVENESS_UNDECIDED, MATCH)
    # Where nobody asks for life, nobody counts it.
    assert decide_visit(evidence, RULES, None, 0.1, Circumstances(plan_of_all, 100.0)) == GRANT


verdicts = st.none() | st.builds(
    Verdict, st.sampled_from(Outcome), st.sampled_from(Reason), st.just(MATCH)
)


@given(verdicts, circumstances)
def test_circumstances_never_make_a_grant(verdict: Verdict | None, it: Circumstances) -> None:
    admitted = admit(verdict, it)
    if verdict is None or verdict.outcome is not Outcome.GRANTED:
        assert admitted is verdict
    elif admitted is not verdict:
        assert admitted is None or admitted.outcome is Outcome.DENIED
