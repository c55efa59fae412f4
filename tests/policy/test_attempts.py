from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.config import PolicyConfig
from accessctl.config.policy import AccessConfig
from accessctl.domain import Outcome, PersonRules, Reason
from accessctl.policy.access import AccessPlan
from accessctl.policy.attempts import ends_visit, still_refuses
from accessctl.policy.circumstances import Circumstances, FacePlace, Proof
from accessctl.policy.decide import Verdict
from accessctl.recognition.calibration import comparison_fmr, search_fpir

IT = Circumstances(AccessPlan.of(AccessConfig()), 0.0)


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
