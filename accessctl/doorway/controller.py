"""A controller to which the door is a reader: a thread keeps its line and hands over the number
of whoever was granted, in time or not at all.
"""

import logging
import queue
import select
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from contextlib import closing
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, Self

from accessctl.background import BackgroundThread
from accessctl.doorway.osdp import ByteLine, OsdpReader, ReaderPlace
from accessctl.doorway.wiegand import CardBits
from accessctl.errors import AccessctlError

TURN_S = 0.02
RETRY_S = 2.0
GRACE_S = 15.0
MARGIN_S = 2.0
CLOSE_S = 5.0

AWAY = "The controller did not ask in time, or has another key; nothing was handed over."
WITHDRAWN = "The controller did not confirm the number in time; it was withdrawn."
REFUSED = "The controller's line did not take the number."
SILENT = "The controller's line does not answer; look at the door's log."
STOPPING = "Not handed over: accessctl was stopping."

log = logging.getLogger(__name__)


class OpenLine(ByteLine, Protocol):
    """A line that is held."""

    def fileno(self) -> int: ...

    def close(self) -> None: ...


class LinkState(StrEnum):
    """`AWAY`: the line is there and nobody asks. `UNSECURED`: a controller asks, and there is no
    secure channel: it has another key, or none."""

    STARTING = "starting"
    LINE_LOST = "line_lost"
    AWAY = "away"
    UNSECURED = "unsecured"
    SECURE = "secure"


IN_WORDS = {
    LinkState.STARTING: "its line is being opened",
    LinkState.LINE_LOST: "its line is lost",
    LinkState.AWAY: "no controller asks on the line",
    LinkState.UNSECURED: "the controller asks without the secure channel; it has another key",
    LinkState.SECURE: "in the secure channel",
}


def since_boot() -> float:
    """Seconds since the machine started, with the time that it slept: a number gets old in it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ControllerParts:
    """What a link is made of.

    `open_line` takes the line (LineError), `key` is the secure channel's now (ConfigError), `keep`
    puts another one in its place (see osdp.OsdpReader), `changed` hears on the link's thread
    whether the controller is there, and a sentence.
    """

    place: ReaderPlace
    open_line: Callable[[], OpenLine]
    key: Callable[[], bytes]
    keep: Callable[[bytes], bool]
    expiry_s: float
    changed: Callable[[bool, str], object] = lambda _there, _detail: None
    clock: Callable[[], float] = since_boot


@dataclass(slots=True, eq=False)
class _Request:
    card: CardBits
    until: float
    answer: "Future[str | None]" = field(default_factory=Future)
    presented: bool = False


class ControllerLink:
    """A thread of its own, from `with` to its end; any thread may use it."""

    def __init__(self, parts: ControllerParts) -> None:
        self._parts = parts
        self._requests: queue.SimpleQueue[_Request] = queue.SimpleQueue()
        self._over = threading.Event()
        self._state, self._since = LinkState.STARTING, parts.clock()
        self._told: dict[str, str] = {}
        self._there: bool | None = None
        self._tampered = self._tamper_told = False
        self._thread = BackgroundThread(
            self._work, name="controller", stop=self._over.set, patience_s=CLOSE_S
        )

    def __enter__(self) -> Self:
        self._thread.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.__exit__()

    def hand_over(self, card: CardBits) -> str | None:
        """Blocks until the controller has the card, None, or for `expiry_s`: then a sentence says
        why not, and the controller does not get it any more."""
        request = _Request(card, self._parts.clock() + self._parts.expiry_s)
        self._requests.put(request)
        try:
            return request.answer.result(self._parts.expiry_s + MARGIN_S)
        except TooLate:
            request.answer.cancel()
            return SILENT

    def tamper(self, tampered: bool) -> None:
        """Whether the housing is open, for the controller to know."""
        self._tampered = tampered

    def report(self) -> dict[str, Any]:
        """JSON values for `status`; `told` is what the controller shows visitors."""
        return {
            "state": self._state.value,
            "for_s": round(self._parts.clock() - self._since, 1),
            "detail": IN_WORDS[self._state],
            "told": dict(self._told),
        }

    def _work(self) -> None:
        while not self._over.is_set():
            try:
                with closing(self._parts.open_line()) as line:
                    self._serve(line)
            except AccessctlError as error:
                self._note(LinkState.LINE_LOST, str(error))
            except Exception:  # logged: a fault must not end what lets people in
                log.exception("The controller's line failed.")
                self._note(LinkState.LINE_LOST, "its log says more")
            self._over.wait(RETRY_S)

    def _serve(self, line: OpenLine) -> None:
        parts = self._parts
        reader = OsdpReader(line, parts.place, parts.key(), parts.keep, self._told.__setitem__)
        self._tamper_told = False
        request: _Request | None = None
        try:
            while not self._over.is_set():
                select.select([line], [], [], TURN_S)
                # Before the line is served: what got old while this thread stood still is
                # withdrawn, not sent.
                request = self._advance(reader, request)
                reader.turn()
                self._look_at(reader)
        finally:
            if request is not None:
                request.answer.set_result(STOPPING if self._over.is_set() else REFUSED)

    def _advance(self, reader: OsdpReader, request: _Request | None) -> _Request | None:
        """The card in hand, one step further; None once there is an answer."""
        request = request or self._next()
        if request is None:
            return None
        answer: str | None = None
        # Written as "not (a < b)" so that a NaN is too late.
        late = not self._parts.clock() < request.until
        if not request.presented:
            if late:
                answer = AWAY
            elif reader.secure:
                reader.present(request.card)
                request.presented = True
                return request
            else:
                return request
        elif late:
            reader.withdraw()
            answer = None if reader.taken else WITHDRAWN
        elif reader.taken is None:
            return request
        elif not reader.taken:
            answer = REFUSED
        request.answer.set_result(answer)
        return None

    def _next(self) -> _Request | None:
        """The next one for which somebody still waits."""
        while True:
            try:
                request = self._requests.get_nowait()
            except queue.Empty:
                return None
            if request.answer.set_running_or_notify_cancel():
                return request

    def _look_at(self, reader: OsdpReader) -> None:
        if reader.secure:
            self._note(LinkState.SECURE)
            if self._tampered != self._tamper_told:
                reader.tell_tamper(self._tampered)
                self._tamper_told = self._tampered
        else:
            self._tamper_told = False
            self._note(LinkState.UNSECURED if reader.online else LinkState.AWAY)

    def _note(self, state: LinkState, detail: str = "") -> None:
        """Tell of a controller that is there at once, of one that is not after GRACE_S, as
        controllers start a channel anew now and then."""
        now = self._parts.clock()
        if state is not self._state:
            if LinkState.SECURE in (state, self._state):
                self._since = now
            self._state = state
        there = state is LinkState.SECURE
        if there is self._there or (not there and now - self._since < GRACE_S):
            return
        self._there = there
        words = detail or IN_WORDS[state]
        (log.info if there else log.error)("The controller: %s", words)
        self._parts.changed(there, words)
