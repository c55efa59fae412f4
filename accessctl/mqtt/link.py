"""The door's link to its broker, in a thread of its own, across connections.

A broker that is away is tried again, later each time and never at a moment that many doors share
(exponential backoff with jitter), and spoken of once an hour.
"""

import logging
import random
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event, Lock
from typing import Any, Self

from accessctl.background import BackgroundThread
from accessctl.clock import boot_seconds
from accessctl.errors import AccessctlError
from accessctl.mqtt.connection import Connection, Received
from accessctl.mqtt.outbox import Outbox
from accessctl.mqtt.topics import Message

TICK_S = 1.0
CLOSE_S = 4.0
LAST_TURNS, LAST_TURN_S = 10, 0.1
TELL_AGAIN_S = 3600.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: from `first_s` doubled up to `most_s`, and half of that at least.

    A connection that held for `steady_s` makes the next try an early one again; without that a
    broker which takes doors in and throws them out would be tried for ever at once.
    """

    first_s: float = 1.0
    most_s: float = 120.0
    steady_s: float = 30.0

    def pause(self, failures: int, chance: float) -> float:
        """After so many failures in a row; `chance` is in [0, 1)."""
        longest = min(self.most_s, self.first_s * 2.0 ** min(failures - 1, 16))
        return longest * (0.5 + 0.5 * chance)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LinkParts:
    """What a link does for its door, all of it on the link's thread.

    `connect` makes a connection that is not open yet, `announce` what is sent first, `online` and
    `goodbye` what is sent last at the beginning and at the end. `tick` is called once a second
    while there is a connection, `take` for each message. `wanted`: whether there is to be one.
    """

    connect: Callable[[socket.socket], Connection]
    outbox: Outbox
    announce: Callable[[], Sequence[Message]]
    online: Message
    goodbye: Message
    take: Callable[[Received], None]
    tick: Callable[[], None]
    wanted: Callable[[], bool] = lambda: True
    patience: Patience = Patience()
    clock: Callable[[], float] = boot_seconds
    chance: Callable[[], float] = random.random


class Link:
    """Runs from `with` to its end; `report`, `wake` and `announce_in` belong to any thread."""

    def __init__(self, parts: LinkParts) -> None:
        self._parts = parts
        self._stop = Event()
        self._woken = Event()
        self._lock = Lock()
        self._since = parts.clock()
        self._connected = False
        self._tls: str | None = None
        self._error: str | None = "not tried yet"
        self._told = float("-inf")
        self._announce_at: float | None = None
        self._ear, self._bell = socket.socketpair()
        self._ear.setblocking(False)
        self._bell.setblocking(False)
        self._thread = BackgroundThread(self._work, name="mqtt", stop=self._end, patience_s=CLOSE_S)

    def __enter__(self) -> Self:
        self._thread.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.__exit__()

    def report(self) -> dict[str, Any]:
        """JSON values: whether there is a connection, for how many seconds that is so, by which
        version of TLS, why not, and how many events were not sent."""
        with self._lock:
            return {
                "connected": self._connected,
                "for_s": round(self._parts.clock() - self._since, 1),
                "tls": self._tls,
                "error": self._error,
                "missed": self._parts.outbox.missed,
            }

    def wake(self) -> None:
        """Something is there to be told."""
        self._woken.set()
        try:
            self._bell.send(b"!")
        except OSError:
            # It is awake already, or gone.
            return

    def announce_in(self, seconds: float) -> None:
        """Announce the door again, so much later, unless that is due already."""
        with self._lock:
            if self._announce_at is None:
                self._announce_at = self._parts.clock() + seconds

    def _end(self) -> None:
        self._stop.set()
        self.wake()

    def _work(self) -> None:
        with self._ear, self._bell:
            self._keep_up()

    def _keep_up(self) -> None:
        failures = 0
        while not self._stop.is_set():
            if not self._parts.wanted():
                self._stop.wait(TICK_S)
                continue
            began = self._parts.clock()
            try:
                self._once()
            except AccessctlError as error:
                self._away(str(error))
            except Exception as error:  # logged: what a broker says must not end the thread
                log.exception("The link to the broker failed.")
                self._away(f"internal fault ({type(error).__name__})")
            else:
                continue
            steady = self._parts.clock() - began >= self._parts.patience.steady_s
            failures = 1 if steady else failures + 1
            self._stop.wait(self._parts.patience.pause(failures, self._parts.chance()))

    def _once(self) -> None:
        connection = self._parts.connect(self._ear)
        try:
            connection.open()
            self._parts.outbox.connected()
            self._serve(connection)
        finally:
            connection.close(self._parts.goodbye if self._connected else None)
            self._parts.outbox.disconnected(connection.unconfirmed_events)
        self._note(connected=False, error="another door acts, or this one stops")

    def _serve(self, connection: Connection) -> None:
        parts = self._parts
        for message in parts.announce():
            connection.send(message)
        parts.tick()
        self._empty(connection)
        connection.send(parts.online)
        self._note(connected=True, tls=connection.tls)
        log.info("Connected to %s.", connection.access.place)
        ticked = parts.clock()
        while not self._stop.is_set() and parts.wanted():
            received = connection.turn(TICK_S)
            for one in received:
                parts.take(one)
            now = parts.clock()
            if received or now - ticked >= TICK_S or self._woken.is_set():
                self._woken.clear()
                ticked = now
                parts.tick()
            self._announce_again(connection, now)
            self._empty(connection)
        self._finish(connection)

    def _finish(self, connection: Connection) -> None:
        """What is left is told, to a broker that takes it within a second; nothing is taken."""
        self._parts.tick()
        self._empty(connection)
        for _ in range(LAST_TURNS):
            if not connection.full:
                return
            connection.turn(LAST_TURN_S)
            self._empty(connection)

    def _empty(self, connection: Connection) -> None:
        while not connection.full and (waiting := self._parts.outbox.take()) is not None:
            connection.send(waiting.message, is_event=waiting.is_event)

    def _announce_again(self, connection: Connection, now: float) -> None:
        with self._lock:
            due = self._announce_at is not None and now >= self._announce_at
            self._announce_at = None if due else self._announce_at
        if due:
            for message in self._parts.announce():
                connection.send(message)
            connection.send(self._parts.online)
            self._parts.outbox.connected()

    def _note(self, *, connected: bool, tls: str | None = None, error: str | None = None) -> None:
        with self._lock:
            if connected is not self._connected:
                self._connected, self._since = connected, self._parts.clock()
            self._tls, self._error = tls, error

    def _away(self, error: str) -> None:
        now = self._parts.clock()
        held = self._connected and now - self._since >= self._parts.patience.steady_s
        self._note(connected=False, error=error)
        if held or now - self._told >= TELL_AGAIN_S:
            self._told = now
            log.warning("No connection to the broker, which is tried again: %s", error)
