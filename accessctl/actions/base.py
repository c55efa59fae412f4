"""What every action promises."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class ActionResult:
    """How an action ended.

    `detail` is one sentence that is safe to keep: it never repeats what a program or
    a server said, because that may name a person and the event log must not.
    """

    ok: bool
    detail: str
    duration_ms: float


class Action(Protocol):
    """Something that a decision triggers."""

    @property
    def name(self) -> str:
        """Short and free of secrets, for logs: "command gpioset", "webhook gate.local"."""

    def perform(self, payload: Mapping[str, Any]) -> ActionResult:
        """Do it once, for the decision described by `payload` (JSON values).

        Blocks until it is done, failed or out of time. What goes wrong outside
        (program missing, server away) is a result with `ok=False`, not an exception.
        """
