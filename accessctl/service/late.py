"""Commands of the control socket that a door answers itself, once it is ready."""

from collections.abc import Mapping

from accessctl.door.access_gate import AccessGate
from accessctl.door.badges import badge_handlers
from accessctl.door.doorway_commands import doorway_handlers
from accessctl.door.second_factor import second_factor_handlers
from accessctl.service.control import Handler

COMMANDS = ("pin", "press", "doorway", "badge", "badge-learn")


def door_handlers(gate: AccessGate) -> Mapping[str, Handler]:
    """What a door answers to each of COMMANDS."""
    return {
        **second_factor_handlers(gate.second_factor),
        **doorway_handlers(gate.doorway),
        **badge_handlers(gate.badges),
    }
