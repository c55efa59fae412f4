import random

import pytest

from accessctl.config.liveness import LivenessConfig
from accessctl.config.policy import AccessConfig, Factor
from accessctl.domain import PersonId, Pose
from accessctl.door.demands import IDENTITY_S, LOOK_UP, PosedChallenge, Prompt, factor_prompt
from accessctl.liveness.fake import fake_frame
from accessctl.policy.access import AccessPlan
from accessctl.policy.circumstances import Circumstances, Proof

ADA, BOB = PersonId("ada"), PersonId("bob")


def posed() -> PosedChallenge:
    return PosedChallenge(LivenessConfig(actions=2), random.Random(1))


def seen(challenge: PosedChallenge, now: float, person: PersonId | None = ADA, **scene) -> None:
    frame = fake_frame(now, person=person, **scene)
    challenge.note(frame, ADA)
    challenge.go_on(frame, ADA)


def test_nothing_is_drawn_before_it_goes_on() -> None:
    challenge = posed()
    challenge.note(fake_frame(0.0, person=ADA), ADA)
    assert (challenge.state, challenge.asked, challenge.failure) == (None, (), None)
    assert challenge.answer(ADA) is Proof.PENDING
    assert not challenge.another(BOB)


def test_it_is_for_whom_it_was_drawn() -> None:
    challenge = posed()
    seen(challenge, 0.0)
    assert (challenge.another(ADA), challenge.another(BOB), challenge.another(None)) == (
        False,
        True,
        True,
    )


def test_nobody_who_is_somebody_else_for_long_answers_it() -> None:
    challenge = posed()
    seen(challenge, 0.0)
    for index in range(1, 6):
        seen(challenge, index * IDENTITY_S / 5, BOB)
    assert challenge.answer(ADA) is Proof.PENDING
    seen(challenge, IDENTITY_S + 0.1, BOB)
    assert (challenge.answer(ADA), challenge.failure) == (Proof.REFUTED, "another_person")


def test_who_does_nothing_is_late_and_not_refuted() -> None:
    challenge = posed()
    for index in range(300):
        seen(challenge, index / 10)
    assert (challenge.answer(ADA), challenge.failure) == (Proof.MISSING, "too_late")
    assert len(challenge.asked) == 1
    assert challenge.passed_at is None


def test_what_is_wrong_refutes() -> None:
    challenge = posed()
    for index in range(10):
        seen(challenge, index / 15)
    for index in range(10, 60):
        seen(challenge, index / 15, pose=Pose(25 if index % 8 < 4 else -25, 0, 0))
    assert challenge.answer(ADA) is Proof.REFUTED


PLAN = AccessPlan.of(AccessConfig())


def waiting(factor: Factor, proof: Proof, *, awaited: bool = True) -> Circumstances:
    return Circumstances(PLAN, 0.0, factor=factor, second_factor=proof, awaited=awaited)


@pytest.mark.parametrize(
    ("factor", "proof", "prompt"),
    [
        ("pin", Proof.PENDING, Prompt("Enter your PIN.", "pin", 1, 1)),
        ("button", Proof.PENDING, Prompt("Press the button.", "button", 1, 1)),
        # A hint: it is not said aloud.
        ("pin", Proof.SHOWN, Prompt(LOOK_UP)),
        ("pin", Proof.MISSING, None),
        ("pin", Proof.REFUTED, None),
        ("off", Proof.NOT_NEEDED, None),
    ],
)
def test_who_waits_is_told_for_what(factor: Factor, proof: Proof, prompt: Prompt | None) -> None:
    assert factor_prompt(waiting(factor, proof)) == prompt
    assert factor_prompt(waiting(factor, proof, awaited=False)) is None
