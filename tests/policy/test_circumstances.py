from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.config.policy import AccessConfig
from accessctl.domain import PersonRules, Reason
from accessctl.policy.access import AccessPlan, Crossing
from accessctl.policy.circumstances import (
    Circumstances,
    FacePlace,
    Proof,
    place,
    refusal_of,
    refusal_of_leaver,
)

WIDTHS = st.lists(st.floats(1, 1000), min_size=1, max_size=5)


@given(WIDTHS, st.data())
def test_each_is_decided_by_themselves(widths: list[float], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(widths) - 1))
    assert place(widths, index, "each", 0.5) is FacePlace.FREE


@given(WIDTHS)
def test_one_alone_is_the_nearest(widths: list[float]) -> None:
    places = [place(widths, index, "nearest", 0.5) for index in range(len(widths))]
    assert places.count(FacePlace.FREE) == 1
    assert widths[places.index(FacePlace.FREE)] == max(widths)
    assert set(places) <= {FacePlace.FREE, FacePlace.WAITS}


@pytest.mark.parametrize(
    ("widths", "expected"),
    [
        ([200.0], [FacePlace.FREE]),
        ([200.0, 99.0], [FacePlace.FREE, FacePlace.REFUSED]),
        ([200.0, 100.0], [FacePlace.REFUSED, FacePlace.REFUSED]),
        ([200.0, 200.0], [FacePlace.REFUSED, FacePlace.REFUSED]),
    ],
)
def test_with_company_nobody_is_let_in(widths: list[float], expected: list[FacePlace]) -> None:
    assert [place(widths, index, "refuse", 0.5) for index in range(len(widths))] == expected


PLAN = AccessPlan.of(AccessConfig(direction="in", anti_passback="hard"))
FINE = Circumstances(PLAN, time=1_800_000_000.0)
INSIDE = Crossing("in", 60.0)

GROUNDS: list[tuple[dict[str, object], Reason]] = [
    ({"locked_out": True}, Reason.LOCKED_OUT),
    ({"place": FacePlace.REFUSED}, Reason.TWO_FACES),
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
