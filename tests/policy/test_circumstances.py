from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.config import PolicyConfig
from accessctl.config.policy import AccessConfig
from accessctl.domain import Outcome, PersonRules, Reason
from accessctl.policy.access import AccessPlan, Crossing
from accessctl.policy.circumstances import (
    Circumstances,
    FacePlace,
    Proof,
    ends_visit,
    place,
    refusal_of,
    refusal_of_leaver,
    still_refuses,
)
from accessctl.policy.decide import Verdict
from accessctl.recognition.calibration import comparison_fmr, search_fpir

WIDTHS = st.lists(st.floats(1, 1000), min_size=1, max_size=5)
IT = Circumstances(AccessPlan.of(AccessConfig()), 0.0)


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
    ({"stale": "nothing"}, Reason.RULES_STALE),
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


def denied(reason: Reason) -> Verdict:
    return Verdict(Outcome.DENIED, reason, None)


@pytest.mark.parametrize("reason", [Reason.NOT_LIVE, Reason.SECOND_FACTOR_WRONG])
def test_an_attack_ends_the_visit(reason: Reason) -> None:
    assert ends_visit(denied(reason), doubted=False)


def test_a_grant_ends_it() -> None:
    assert ends_visit(Verdict(Outcome.GRANTED, Reason.MATCHED, None), doubted=False)


def test_want_of_life_ends_it_only_where_a_picture_is_suspected() -> None:
    assert not ends_visit(denied(Reason.LIVENESS_UNDECIDED), doubted=False)
    assert ends_visit(denied(Reason.LIVENESS_UNDECIDED), doubted=True)


@pytest.mark.parametrize(
    "reason", [Reason.NO_MATCH, Reason.LOCKED_OUT, Reason.TWO_FACES, Reason.OUTSIDE_SCHEDULE]
)
def test_what_passes_ends_an_attempt_only(reason: Reason) -> None:
    assert not ends_visit(denied(reason), doubted=True)


@pytest.mark.parametrize(
    ("reason", "changed"),
    [
        (Reason.LOCKED_OUT, {"locked_out": True}),
        (Reason.TWO_FACES, {"place": FacePlace.REFUSED}),
        (Reason.DISABLED, {"person": PersonRules(disabled=True)}),
        (Reason.EXPIRED, {"person": PersonRules(valid_until=-1.0)}),
        (Reason.WRONG_DOOR, {"person": PersonRules(groups=("nobody",))}),
    ],
)
def test_a_cause_holds_until_it_has_passed(reason: Reason, changed: dict) -> None:
    assert still_refuses(reason, replace(IT, **changed), people=1)
    assert not still_refuses(reason, IT, people=1)


def test_another_cause_is_another_attempt() -> None:
    disabled = replace(IT, person=PersonRules(disabled=True))
    assert not still_refuses(Reason.LOCKED_OUT, disabled, people=1)


def test_nobody_is_looked_at_again_while_nobody_is_enrolled() -> None:
    assert still_refuses(Reason.EMPTY_GALLERY, IT, people=0)
    assert not still_refuses(Reason.EMPTY_GALLERY, IT, people=1)


def test_only_another_look_can_tell_of_proof_and_of_poor_frames() -> None:
    unproven = replace(IT, liveness=Proof.MISSING, second_factor=Proof.MISSING)
    for reason in (Reason.NO_MATCH, Reason.LIVENESS_UNDECIDED, Reason.SECOND_FACTOR_MISSING):
        assert not still_refuses(reason, unproven, people=1)


@given(st.floats(1e-6, 0.1), st.integers(1, 10), st.integers(1, 10_000))
def test_the_stated_rate_holds_over_all_attempts(target: float, attempts: int, people: int) -> None:
    policy = PolicyConfig(target_fpir=target, attempts=attempts)
    one = search_fpir(comparison_fmr(policy.attempt_fpir, people), people)
    # Boole's inequality: whatever the attempts have in common.
    assert attempts * one <= target * (1 + 1e-9)
