"""Who runs the cues of liveness on what is due: the loop itself, or a thread beside it.

The windows of one visit are looked at in order, one after the other.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from accessctl.liveness.evidence import CueResult
from accessctl.liveness.examiner import CueWindow

MOST = 2
"""So many windows may wait behind the one that is being looked at; beyond, the newest of them is
replaced by what comes, which shows most of the same frames."""

Results: TypeAlias = tuple[CueResult, ...]
Examine: TypeAlias = Callable[[CueWindow], Results]

MAX_WAITING = 8
"""Windows that may wait; beyond, a further one is not taken."""


class WindowQueue:
    """One look at a time is out to be looked at, so that each is told of the doubts before it:
    a busy machine delays the looks of a visit and does not make other ones of them."""

    def __init__(self) -> None:
        self._waiting: deque[CueWindow] = deque()
        self._out: CueWindow | None = None

    def add(self, look: CueWindow) -> None:
        """One more look is due."""
        if len(self._waiting) >= MOST:
            self._waiting.pop()
        self._waiting.append(look)

    def next(self) -> CueWindow | None:
        """The look that is to be looked at now, if none is out."""
        if self._out is not None or not self._waiting:
            return None
        self._out = self._waiting.popleft()
        return self._out

    def is_out(self, look: CueWindow) -> bool:
        """Whether `look` is the one that is being looked at, whatever doubts it was told of."""
        return self._out is not None and self._out.frames is look.frames

    def answered(self) -> None:
        """The one that was out has come to something."""
        self._out = None

    def put_back(self) -> None:
        """The one that was out could not be looked at; it is the next one again."""
        if self._out is not None:
            self._waiting.appendleft(self._out)
            self._out = None

    @property
    def earliest(self) -> float | None:
        """Capture time in seconds of the last frame of the first look without an answer."""
        first = self._out or (self._waiting[0] if self._waiting else None)
        return None if first is None else first.frames[-1].captured


@dataclass(frozen=True, slots=True, eq=False)
class CueAnswer:
    """What a look at a visit came to; `fault` instead of results when the cues failed."""

    visit: str
    look: CueWindow
    results: Results = ()
    fault: Exception | None = None


class CueRunner(Protocol):
    """Runs the cues on windows that are asked for, and answers later, for each visit in the order
    asked."""

    def ask(self, visit: str, look: CueWindow) -> bool:
        """Never blocks for long; False where too much is waiting: to be asked again later."""

    def answers(self) -> list[CueAnswer]:
        """What has been answered since the last call."""

    def close(self) -> None: ...


class DirectCueRunner:
    """Looks at once in the caller's thread: the same frames always give the same answers."""

    def __init__(self, examine: Examine = CueWindow.results) -> None:
        self._examine = examine
        self._answers: list[CueAnswer] = []

    def ask(self, visit: str, look: CueWindow) -> bool:
        self._answers.append(answer(visit, look, self._examine))
        return True

    def answers(self) -> list[CueAnswer]:
        done, self._answers = self._answers, []
        return done

    def close(self) -> None:
        self._answers = []


class CueWorker:
    """One thread beside the loop; what is asked first is looked at first."""

    def __init__(self, examine: Examine = CueWindow.results) -> None:
        self._examine = examine
        self._waiting: deque[tuple[str, CueWindow]] = deque()
        self._answers: list[CueAnswer] = []
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="liveness", daemon=True)
        self._thread.start()

    def ask(self, visit: str, look: CueWindow) -> bool:
        with self._changed:
            if len(self._waiting) >= MAX_WAITING:
                return False
            self._waiting.append((visit, look))
            self._changed.notify()
        return True

    def answers(self) -> list[CueAnswer]:
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


def answer(visit: str, look: CueWindow, examine: Examine) -> CueAnswer:
    try:
        return CueAnswer(visit, look, examine(look))
    except Exception as error:  # noqa: BLE001 - whatever goes wrong in a cue opens nothing
        return CueAnswer(visit, look, fault=error)
