import pytest

from accessctl.config.policy import AccessConfig, Factor
from accessctl.door.factor_prompt import LOOK_UP, factor_prompt
from accessctl.door.inspection import Prompt
from accessctl.policy.access import AccessPlan
from accessctl.policy.circumstances import Circumstances, Proof

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
