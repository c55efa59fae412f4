"""What holds for a grant whatever the evidence and the circumstances."""

import math
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.config.policy import AccessConfig
from accessctl.domain import Match, Outcome, PersonRules, Reason, Sighting
from accessctl.policy.access import AccessPlan, Crossing, objection
from accessctl.policy.admit import admit, by_pin, decide_visit
from accessctl.policy.circumstances import Circumstances, FacePlace, Proof
from accessctl.policy.decide import Evidence, Verdict
from tests.policy.matched import ADA, BOB, GRANT, MATCH, RULES, shown

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
        life_by_pin=st.booleans(),
    ),
    locked_out=st.booleans(),
    liveness=st.sampled_from(Proof),
    second_factor=st.sampled_from(Proof),
    place=st.sampled_from(FacePlace),
    last_crossing=st.none()
    | st.builds(Crossing, st.sampled_from(["in", "out"]), st.floats(0, 1e5) | st.just(math.nan)),
    crossings_known=st.booleans(),
    intent=st.sampled_from(Proof),
    factor=st.sampled_from(["off", "button", "pin"]),
    awaited=st.booleans(),
    liveness_doubted=st.booleans(),
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
    assert it.place is FacePlace.FREE
    assert it.second_factor in (Proof.SHOWN, Proof.NOT_NEEDED)
    instead = by_pin(it)
    if instead:
        assert it.person.life_by_pin
        assert (it.factor, it.second_factor) == ("pin", Proof.SHOWN)
    if "life" in instead:
        assert it.liveness is Proof.MISSING
        assert not it.liveness_doubted
    else:
        assert it.liveness in (Proof.SHOWN, Proof.NOT_NEEDED)
    if "gesture" in instead:
        assert it.intent in (Proof.PENDING, Proof.MISSING)
    else:
        assert it.intent in (Proof.SHOWN, Proof.NOT_NEEDED)
    if it.liveness is not Proof.NOT_NEEDED and evidence.live is not None:
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


free = st.builds(
    Circumstances,
    plan=st.just(plan_of_all),
    time=st.just(100.0),
    person=st.builds(PersonRules, life_by_pin=st.booleans()),
    liveness=st.sampled_from(Proof),
    second_factor=st.sampled_from(Proof),
    intent=st.sampled_from(Proof),
    factor=st.sampled_from(["off", "button", "pin"]),
    awaited=st.booleans(),
    liveness_doubted=st.booleans(),
)


@settings(deadline=None)
@given(near_grants, free)
def test_nobody_is_let_in_by_a_pin_without_the_rule(evidence: Evidence, it: Circumstances) -> None:
    """Only for them, only what is missing, and never against what the cues saw."""
    verdict = decide_visit(evidence, RULES, None, 0.1, it)
    granted = verdict is not None and verdict.outcome is Outcome.GRANTED
    shown_already = {Proof.SHOWN, Proof.NOT_NEEDED}
    enough = evidence.live is None or sum(evidence.live) >= RULES.min_frames
    if granted and not {it.liveness, it.intent} <= shown_already:
        assert it.person.life_by_pin
        assert (it.factor, it.second_factor) == ("pin", Proof.SHOWN)
        assert Proof.REFUTED not in (it.liveness, it.intent)
        assert it.liveness is not Proof.PENDING
        assert enough or it.liveness is Proof.NOT_NEEDED
        assert not (it.liveness is Proof.MISSING and it.liveness_doubted)
    if Proof.MISSING not in (it.liveness, it.intent):
        without = replace(it, person=PersonRules(), liveness_doubted=False)
        assert decide_visit(evidence, RULES, None, 0.1, without) == verdict


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
