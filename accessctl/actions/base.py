"""What every action promises, and actions for tests and for trying out a door without a lock."""

import threading
from collections.abc import Hashable, Mapping
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
    """Something that a decision triggers, as another package writes it."""

    @property
    def name(self) -> str:
        """Short and free of secrets, for logs: "command gpioset", "webhook gate.local"."""

    def perform(self, payload: Mapping[str, Any]) -> ActionResult:
        """Do it once, for the decision described by `payload` (JSON values).

        Blocks until it is done, failed or out of time. What goes wrong outside
        (program missing, server away) is a result with `ok=False`, not an exception.
        """


class DoorAction(Action, Protocol):
    """Something that a decision triggers, as the door performs it."""

    @property
    def target(self) -> Hashable:
        """What it runs or calls: two actions of one target are the same action, written down
        anew, and never run side by side."""

    @property
    def opens(self) -> bool:
        """Whether it opens the lock, when it is run on a grant; otherwise it only tells of it."""

    @property
    def joins(self) -> bool:
        """Whether, where it opens, one more run serves all grants that wait for it, as a lock
        that is held open does; otherwise each has a run of its own."""


class RecordingAction:
    """Keeps each payload in `payloads` and answers with `ok`."""

    def __init__(self, name: str = "recording", *, ok: bool = True, opens: bool = True) -> None:
        self.name = self.target = name
        self.opens = opens
        self.joins = True
        self.payloads: list[Mapping[str, Any]] = []
        self.ok = ok

    def perform(self, payload: Mapping[str, Any]) -> ActionResult:
        self.payloads.append(payload)
        return ActionResult(self.ok, "Recorded." if self.ok else "Refused.", 0.0)


class FailingAction:
    """Raises `error` each time, as no action should."""

    def __init__(self, name: str = "failing", *, error: BaseException | None = None) -> None:
        self.name = self.target = name
        self.opens = self.joins = True
        self._error = error or RuntimeError("this action always fails")

    def perform(self, payload: Mapping[str, Any]) -> ActionResult:
        del payload
        raise self._error


class HangingAction:
    """Sets `started`, then hangs until `release` is set."""

    def __init__(self, name: str = "hanging") -> None:
        self.name = self.target = name
        self.opens = self.joins = True
        self.started = threading.Event()
        self.release = threading.Event()

    def perform(self, payload: Mapping[str, Any]) -> ActionResult:
        del payload
        self.started.set()
        self.release.wait()
        return ActionResult(True, "Released.", 0.0)
