"""Who looks with the cues of liveness: the loop itself, or a thread beside it."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from accessctl.liveness.examiner import Look
from accessctl.liveness.result import CueResult

Results: TypeAlias = tuple[CueResult, ...]
Examine: TypeAlias = Callable[[Look], Results]

MAX_WAITING = 8
"""Looks that may wait; beyond, a further one is not taken."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a look at a visit came to; `fault` instead of results when the cues failed."""

    visit: str
    look: Look
    results: Results = ()
    fault: Exception | None = None


class Looks(Protocol):
    """Looks are asked for and answered later, for each visit in the order asked."""

    def ask(self, visit: str, look: Look) -> bool:
        """Never blocks for long; False where too much is waiting: to be asked again later."""

    def answers(self) -> list[Answer]:
        """What has been answered since the last call."""

    def close(self) -> None: ...


class DirectLooks:
    """Looks at once in the caller's thread: the same frames always give the same answers."""

    def __init__(self, examine: Examine = Look.results) -> None:
        self._examine = examine
        self._answers: list[Answer] = []

    def ask(self, visit: str, look: Look) -> bool:
        self._answers.append(answer(visit, look, self._examine))
        return True

    def answers(self) -> list[Answer]:
        done, self._answers = self._answers, []
        return done

    def close(self) -> None:
        self._answers = []


class LookWorker:
    """One thread beside the loop; what is asked first is looked at first."""

    def __init__(self, examine: Examine = Look.results) -> None:
        self._examine = examine
        self._waiting: deque[tuple[str, Look]] = deque()
        self._answers: list[Answer] = []
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="liveness", daemon=True)
        self._thread.start()

    def ask(self, visit: str, look: Look) -> bool:
        with self._changed:
            if len(self._waiting) >= MAX_WAITING:
                return False
            self._waiting.append((visit, look))
            self._changed.notify()
        return True

    def answers(self) -> list[Answer]:
        with self._changed:
            done, self._answers = self._answers, []
        return done

    def close(self) -> None:
        """Give up what waits, and wait for the look that is under way."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._waiting)
                if self._closed:
                    return
                visit, look = self._waiting.popleft()
            done = answer(visit, look, self._examine)
            with self._changed:
                self._answers.append(done)


def answer(visit: str, look: Look, examine: Examine) -> Answer:
    try:
        return Answer(visit, look, examine(look))
    except Exception as error:  # noqa: BLE001 - whatever goes wrong in a cue opens nothing
        return Answer(visit, look, fault=error)
