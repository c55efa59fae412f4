import math
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.config.policy import AccessConfig, Factor
from accessctl.domain import Match, Outcome, PersonId, PersonRules, Reason, Sighting
from accessctl.policy.access import AccessPlan, Crossing, objection
from accessctl.policy.admit import (
    admit,
    asked,
    by_pin,
    decide_visit,
    lacks_second_factor_only,
    may_need_pin,
    required,
)
from accessctl.policy.circumstances import Circumstances, FacePlace, Proof
from accessctl.policy.decide import DecisionRules, Evidence, Verdict

RULES = DecisionRules(
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
        ({"place": FacePlace.REFUSED}, Reason.TWO_FACES),
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
        {"place": FacePlace.WAITS},
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
        ({"place": FacePlace.WAITS}, False),
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


UNSEEN = PersonRules(life_by_pin=True)
NO_LIFE = {"person": UNSEEN, "liveness": Proof.MISSING, "factor": "pin"}
RIGHT, WRONG = {"second_factor": Proof.SHOWN}, {"second_factor": Proof.REFUTED}
WAITING = {"second_factor": Proof.PENDING, "awaited": True}


def denied(reason: Reason) -> Verdict:
    return Verdict(Outcome.DENIED, reason, MATCH)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (RIGHT, GRANT),
        (WAITING, None),
        (WRONG, denied(Reason.SECOND_FACTOR_WRONG)),
        ({"second_factor": Proof.MISSING}, denied(Reason.LIVENESS_UNDECIDED)),
        # The owner did not allow it, and it is no PIN.
        (RIGHT | {"person": PersonRules()}, denied(Reason.LIVENESS_UNDECIDED)),
        (RIGHT | {"factor": "button"}, denied(Reason.LIVENESS_UNDECIDED)),
        # What speaks against life is not made up for.
        (RIGHT | {"liveness": Proof.REFUTED}, denied(Reason.NOT_LIVE)),
        (RIGHT | {"liveness_doubted": True}, denied(Reason.LIVENESS_UNDECIDED)),
        (WAITING | {"liveness_doubted": True}, None),
        (RIGHT | {"liveness_doubted": True, "awaited": True}, None),
        (WRONG | {"liveness_doubted": True}, denied(Reason.SECOND_FACTOR_WRONG)),
        # It is early.
        (RIGHT | {"liveness": Proof.PENDING}, None),
        # The gesture is not waited for beside it, ...
        (RIGHT | {"intent": Proof.PENDING}, GRANT),
        (RIGHT | {"intent": Proof.MISSING}, GRANT),
        # ... nor asked of those who showed life.
        (RIGHT | {"liveness": Proof.SHOWN, "intent": Proof.MISSING}, GRANT),
        (WAITING | {"liveness": Proof.SHOWN, "intent": Proof.MISSING}, None),
        (
            {"liveness": Proof.SHOWN, "intent": Proof.MISSING, "second_factor": Proof.MISSING},
            denied(Reason.NO_GESTURE),
        ),
        (RIGHT | {"intent": Proof.REFUTED}, denied(Reason.NO_GESTURE)),
        # All else counts as ever.
        (RIGHT | {"locked_out": True}, denied(Reason.LOCKED_OUT)),
        (RIGHT | {"plan": WAY_IN, "last_crossing": INSIDE}, denied(Reason.PASSBACK)),
        (RIGHT | {"place": FacePlace.WAITS}, None),
    ],
)
def test_a_pin_in_place_of_life(here: Circumstances, change: dict, expected: object) -> None:
    it = replace(here, **NO_LIFE | change)
    assert decide_visit(shown(3), RULES, None, 0.1, it) == expected


@pytest.mark.parametrize(
    ("liveness", "intent", "instead"),
    [
        (Proof.MISSING, Proof.NOT_NEEDED, ("life",)),
        (Proof.MISSING, Proof.PENDING, ("life", "gesture")),
        (Proof.MISSING, Proof.MISSING, ("life", "gesture")),
        (Proof.MISSING, Proof.SHOWN, ("life",)),
        (Proof.NOT_NEEDED, Proof.MISSING, ("gesture",)),
        (Proof.SHOWN, Proof.PENDING, ()),
        (Proof.PENDING, Proof.PENDING, ()),
        (Proof.REFUTED, Proof.NOT_NEEDED, ()),
    ],
)
def test_what_a_pin_stands_in_for(
    here: Circumstances, liveness: Proof, intent: Proof, instead: tuple[str, ...]
) -> None:
    it = replace(here, person=UNSEEN, liveness=liveness, intent=intent)
    assert by_pin(it) == instead
    assert by_pin(replace(it, person=PersonRules())) == ()


def test_a_pin_in_place_of_life_is_asked_for_when_nothing_else_is_missing(
    here: Circumstances,
) -> None:
    it = replace(here, **NO_LIFE | {"second_factor": Proof.PENDING})
    seen = replace(shown(3), live=(True, True, True))
    assert lacks_second_factor_only(seen, RULES, None, 0.1, it)
    for change in ({"liveness_doubted": True}, {"locked_out": True}, {"person": PersonRules()}):
        assert not lacks_second_factor_only(seen, RULES, None, 0.1, replace(it, **change))
    # Before the cues have looked, nobody can know of a veto.
    unseen = replace(seen, live=(True, True, False))
    assert not lacks_second_factor_only(unseen, RULES, None, 0.1, it)
    assert decide_visit(unseen, RULES, None, 0.1, it) is None
    assert decide_visit(unseen, RULES, None, 0.1, replace(it, **RIGHT)) is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (WAITING, Reason.LIVENESS_UNDECIDED),
        (WRONG, Reason.SECOND_FACTOR_WRONG),
        (RIGHT | {"liveness_doubted": True}, Reason.LIVENESS_UNDECIDED),
        (RIGHT | {"liveness": Proof.REFUTED}, Reason.NOT_LIVE),
        (WAITING | {"liveness": Proof.SHOWN, "intent": Proof.MISSING}, Reason.NO_GESTURE),
    ],
)
def test_leaving_the_keypad_is_a_refusal(here: Circumstances, change: dict, reason: Reason) -> None:
    it = replace(here, **NO_LIFE | change)
    assert decide_visit(shown(3, left=True), RULES, None, 0.1, it) == denied(reason)


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


PLAN = AccessPlan.of(
    AccessConfig.model_validate(
        {
            "timezone": "UTC",
            "schedules": {
                "day": [{"days": ["mon"], "opens": "08:00", "closes": "18:00"}],
                "night": [{"days": ["mon"], "opens": "18:00", "closes": "24:00"}],
            },
            "groups": {
                "staff": {"schedule": "day"},
                "late": {"schedule": "night", "second_factor": "pin"},
                "owners": {"second_factor": "off"},
                "guards": {"second_factor": "button"},
                "vault": {"doors": ["vault"], "second_factor": "pin"},
            },
        }
    )
)
NOON = datetime.fromisoformat("2026-11-23T12:00+00:00").timestamp()
EVENING = NOON + 8 * 3600


@pytest.mark.parametrize(
    ("groups", "time", "factor"),
    [
        ((), NOON, "button"),
        (("staff",), NOON, "button"),
        (("owners",), NOON, "off"),
        (("owners", "staff"), NOON, "off"),
        (("owners", "guards"), NOON, "button"),
        # A group counts only where and when it lets somebody in.
        (("staff", "late"), NOON, "button"),
        (("staff", "late"), EVENING, "pin"),
        (("guards", "late"), EVENING, "pin"),
        (("owners", "vault"), NOON, "off"),
        (("nobody",), NOON, "button"),
    ],
)
def test_the_groups_that_let_in_say_what_is_asked(
    groups: tuple[str, ...], time: float, factor: str
) -> None:
    assert required(PersonRules(groups), PLAN, "button", time) == factor


@pytest.mark.parametrize(
    ("groups", "default", "may"),
    [
        ((), "pin", True),
        ((), "button", False),
        (("staff",), "pin", True),
        (("staff",), "off", False),
        # At another time than now.
        (("staff", "late"), "off", True),
        (("owners",), "pin", False),
        # At another door.
        (("owners", "vault"), "pin", False),
        (("nobody",), "pin", False),
    ],
)
def test_who_may_be_asked_for_a_pin_at_some_time(
    groups: tuple[str, ...], default: Factor, may: bool
) -> None:
    assert may_need_pin(PersonRules(groups), PLAN, default) is may


@pytest.mark.parametrize("default", ["off", "button", "pin"])
@pytest.mark.parametrize("liveness", Proof)
def test_a_pin_is_asked_for_in_place_of_life(liveness: Proof, default: Factor) -> None:
    allowed = PersonRules(life_by_pin=True)
    missing = liveness is Proof.MISSING
    it = Circumstances(PLAN, NOON, allowed, liveness=liveness)
    assert asked(it, default) == ("pin" if missing else default)
    assert asked(Circumstances(PLAN, NOON, liveness=liveness), default) == default


@pytest.mark.parametrize("default", ["off", "button", "pin"])
def test_a_pin_is_asked_for_where_the_hub_was_away_for_long(default: Factor) -> None:
    it = Circumstances(PLAN, NOON, stale="second_factor")
    assert asked(it, default) == "pin"
    assert asked(replace(it, stale="nothing"), default) == default
