"""What somebody is told who has to show more than their face."""

from collections.abc import Mapping

from accessctl.config.policy import Factor
from accessctl.door.inspection import Prompt
from accessctl.policy.circumstances import Circumstances, Proof

TEXTS: Mapping[Factor, str] = {"pin": "Enter your PIN.", "button": "Press the button."}
LOOK_UP = "Look at the camera."


def factor_prompt(it: Circumstances) -> Prompt | None:
    """The prompt while somebody is waited for, or None.

    Whoever has shown the second factor and still stands there has looked down at it: the face
    must be seen at the same moment.
    """
    if not it.awaited or it.factor == "off":
        return None
    if it.second_factor is Proof.PENDING:
        return Prompt(TEXTS[it.factor], it.factor, 1, 1)
    return Prompt(LOOK_UP) if it.second_factor is Proof.SHOWN else None
