"""Actions for tests and for trying out a door without a lock."""

import threading
from collections.abc import Mapping
from typing import Any

from accessctl.actions.base import ActionResult


class RecordingAction:
    """Keeps each payload in `payloads` and answers with `ok`."""

    def __init__(self, name: str = "recording", *, ok: bool = True) -> None:
        self.name = name
        self.payloads: list[Mapping[str, Any]] = []
        self._ok = ok

    def perform(self, payload: Mapping[str, Any]) -> ActionResult:
        self.payloads.append(payload)
        return ActionResult(self._ok, "Recorded." if self._ok else "Refused.", 0.0)


class FailingAction:
    """Raises `error` each time, as no action should."""

    def __init__(self, name: str = "failing", *, error: BaseException | None = None) -> None:
        self.name = name
        self._error = error or RuntimeError("this action always fails")

    def perform(self, payload: Mapping[str, Any]) -> ActionResult:
        del payload
        raise self._error


class HangingAction:
    """Sets `started`, then hangs until `release` is set."""

    def __init__(self, name: str = "hanging") -> None:
        self.name = name
        self.started = threading.Event()
        self.release = threading.Event()

    def perform(self, payload: Mapping[str, Any]) -> ActionResult:
        del payload
        self.started.set()
        self.release.wait()
        return ActionResult(True, "Released.", 0.0)
