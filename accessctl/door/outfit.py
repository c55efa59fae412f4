"""What another configuration may replace in a door between two frames."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accessctl.actions.base import Action
from accessctl.config import PolicyConfig
from accessctl.domain import Outcome
from accessctl.door.gate import Gate
from accessctl.door.inspection import NOTHING_WANTED, Wanted
from accessctl.door.photographer import Photographer


@dataclass(frozen=True, slots=True, eq=False)
class Outfit:
    """The parts of a door that hold no memory of who stands before it.

    `asking` are the actions that tell a visitor what is `wanted`.
    """

    policy: PolicyConfig
    actions: Mapping[Outcome, Sequence[Action]]
    gate: Gate
    photographer: Photographer | None
    wanted: Wanted = NOTHING_WANTED
    asking: Sequence[Action] = ()
