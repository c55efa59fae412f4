"""Commands of the control socket that a door answers itself, once it is ready."""

import time
from collections.abc import Mapping
from typing import Any

from accessctl.control.server import Handler
from accessctl.door.access_gate import AccessGate
from accessctl.door.badges import badge_handlers
from accessctl.door.doorway_commands import doorway_handlers
from accessctl.door.second_factor import second_factor_handlers
from accessctl.errors import FaultError

COMMANDS = ("pin", "press", "doorway", "badge", "badge-learn", "inside")


def door_handlers(gate: AccessGate) -> Mapping[str, Handler]:
    """What a door answers to each of COMMANDS."""
    return {
        **second_factor_handlers(gate.second_factor),
        **doorway_handlers(gate.doorway),
        **badge_handlers(gate.badges),
        "inside": lambda _: {"people": dict(gate.inside(time.time()))},
    }


class Late:
    """Commands of the control socket that a door answers once it is ready."""

    def __init__(self) -> None:
        self._handlers: Mapping[str, Handler] | None = None

    def take(self, handlers: Mapping[str, Handler]) -> None:
        self._handlers = handlers

    def handler(self, command: str) -> Handler:
        def handle(fields: Mapping[str, Any]) -> Mapping[str, Any]:
            if self._handlers is None:
                raise FaultError("The door is still starting; ask again in a moment.")
            if command not in self._handlers:
                raise FaultError(f"This door has no use for {command!r}.")
            return self._handlers[command](fields)

        return handle
