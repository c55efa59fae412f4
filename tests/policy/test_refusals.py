from dataclasses import replace
from itertools import pairwise

import pytest

from accessctl.config.policy import AccessConfig
from accessctl.domain import PersonRules, Reason
from accessctl.policy.access import AccessPlan
from accessctl.policy.circumstances import Circumstances, Proof
from accessctl.policy.crowd import Place
from accessctl.policy.passback import Crossing
from accessctl.policy.refusals import refusal_of, refusal_of_leaver

PLAN = AccessPlan.of(AccessConfig(direction="in", anti_passback="hard"))
FINE = Circumstances(PLAN, time=1_800_000_000.0)
INSIDE = Crossing("in", 60.0)

GROUNDS: list[tuple[dict[str, object], Reason]] = [
    ({"locked_out": True}, Reason.LOCKED_OUT),
    ({"place": Place.REFUSED}, Reason.TWO_FACES),
    ({"liveness": Proof.REFUTED}, Reason.NOT_LIVE),
    ({"person": PersonRules(disabled=True)}, Reason.DISABLED),
    ({"crossings_known": False}, Reason.NO_RECORD),
    ({"last_crossing": INSIDE}, Reason.PASSBACK),
    ({"liveness": Proof.MISSING}, Reason.LIVENESS_UNDECIDED),
    ({"intent": Proof.MISSING}, Reason.NO_GESTURE),
    ({"second_factor": Proof.REFUTED}, Reason.SECOND_FACTOR_WRONG),
]


def test_nothing_refuses_whoever_showed_everything() -> None:
    assert refusal_of(FINE) is None
    assert refusal_of_leaver(FINE) is None


@pytest.mark.parametrize(("change", "reason"), GROUNDS)
def test_each_ground_alone(change: dict[str, object], reason: Reason) -> None:
    assert refusal_of(replace(FINE, **change)) is reason  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [(a, b) for a, b in pairwise(GROUNDS) if a[0].keys().isdisjoint(b[0])],
)
def test_of_two_grounds_the_earlier_is_told(
    earlier: tuple[dict[str, object], Reason], later: tuple[dict[str, object], Reason]
) -> None:
    both = replace(FINE, **{**earlier[0], **later[0]})  # type: ignore[arg-type]
    assert refusal_of(both) is earlier[1]


def test_what_may_still_be_shown_refuses_only_whoever_left() -> None:
    for proof, reason in (
        ("liveness", Reason.LIVENESS_UNDECIDED),
        ("intent", Reason.NO_GESTURE),
        ("second_factor", Reason.SECOND_FACTOR_MISSING),
    ):
        waiting = replace(FINE, **{proof: Proof.PENDING})  # type: ignore[arg-type]
        assert refusal_of(waiting) is None
        assert refusal_of_leaver(waiting) is reason


def test_the_rules_do_not_refuse_whoever_left() -> None:
    barred = replace(
        FINE, locked_out=True, person=PersonRules(disabled=True), crossings_known=False
    )
    assert refusal_of_leaver(barred) is None
