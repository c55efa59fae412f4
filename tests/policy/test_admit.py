from dataclasses import replace

import pytest

from accessctl.config.policy import AccessConfig
from accessctl.domain import Outcome, PersonRules, Reason
from accessctl.policy.access import AccessPlan, Crossing
from accessctl.policy.admit import admit, by_pin, decide_visit, lacks_second_factor_only
from accessctl.policy.circumstances import Circumstances, FacePlace, Proof
from accessctl.policy.decide import Verdict
from tests.policy.matched import GRANT, MATCH, RULES, shown

EXPIRED = PersonRules(valid_until=50.0)
WAY_IN = AccessPlan.of(AccessConfig(direction="in", anti_passback="hard", reset_after_h=1))
SOFT = AccessPlan.of(AccessConfig(direction="in", anti_passback="soft", reset_after_h=1))
INSIDE = Crossing("in", 3599.0)


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
