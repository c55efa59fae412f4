"""How many requests the hub answers, how, and how long that takes: for its metrics.

A door's wait is none of them: it is to last.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accessctl.exposition import Histogram
from accessctl.hub.crowd import is_wait

BOUNDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds; a small request takes a few milliseconds, and a door waits 30 s for an answer."""
NO_ANSWER = "none"


@dataclass(frozen=True, slots=True)
class Tallied:
    """Since the hub was started; `answers` by the first digit of their status and "xx", or "none"
    for a fault without an answer. `under_way` are those that are worked on now."""

    answers: dict[str, int]
    seconds: Histogram
    under_way: int


class RequestTally:
    """Counts; any thread may look."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._answers: Counter[str] = Counter()
        self._seconds = Histogram(BOUNDS)
        self._under_way = 0

    def now(self) -> Tallied:
        with self._lock:
            return Tallied(dict(self._answers), self._seconds.copy(), self._under_way)

    def begin(self) -> float:
        with self._lock:
            self._under_way += 1
        return self._monotonic()

    def end(self, began: float, status: int | None) -> None:
        seconds = self._monotonic() - began
        with self._lock:
            self._under_way -= 1
            self._answers[NO_ANSWER if status is None else f"{status // 100}xx"] += 1
            self._seconds.note(seconds)


class TalliedRequests:
    """An application whose requests are counted."""

    def __init__(self, app: ASGIApp, tally: RequestTally) -> None:
        self._app = app
        self._tally = tally

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_wait(scope):
            return await self._app(scope, receive, send)
        status: int | None = None

        async def heard(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = self._tally.begin()
        try:
            await self._app(scope, receive, heard)
        finally:
            self._tally.end(began, status)
