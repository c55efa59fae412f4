"""What waits to be told to the broker. Bounded, whatever becomes of the broker: of each state only
the newest is kept, events wait for a moment or are counted, and of pictures there is one.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock

from accessctl.mqtt.topics import Message

EVENT_LIFE_S = 30.0
"""An event that waited for longer is no news any more; it is counted instead."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """`until`: when it is no news any more, seconds of the outbox's clock; None: it stays true."""

    message: Message
    until: float | None = None

    @property
    def is_event(self) -> bool:
        return self.until is not None


class Outbox:
    """Any thread may put in; one thread takes out, and says whether there is a connection."""

    def __init__(self, events: int, clock: Callable[[], float]) -> None:
        """`events` may wait at most; `clock` gives monotonic seconds."""
        self._clock = clock
        self._most = events
        self._lock = Lock()
        self._states: dict[str, Message] = {}
        self._changed: dict[str, None] = {}
        self._events: deque[Waiting] = deque()
        self._picture: tuple[str, Callable[[], bytes]] | None = None
        self._connected = False
        self._missed = 0

    @property
    def missed(self) -> int:
        """Events that did not reach the broker since the start."""
        with self._lock:
            return self._missed

    def state(self, topic: str, payload: bytes) -> None:
        """How something is by now; told once, and again after each connection."""
        with self._lock:
            known = self._states.get(topic)
            if known is None or known.payload != payload:
                self._states[topic] = Message(topic, payload, retain=True)
                self._changed[topic] = None

    def event(self, topic: str, payload: bytes) -> None:
        """Something happened; without a connection it is counted only."""
        with self._lock:
            if not self._connected:
                self._missed += 1
                return
            if len(self._events) >= self._most:
                self._events.popleft()
                self._missed += 1
            message = Message(topic, payload, expires_s=int(EVENT_LIFE_S))
            self._events.append(Waiting(message, self._clock() + EVENT_LIFE_S))

    def picture(self, topic: str, jpeg: Callable[[], bytes]) -> None:
        """Without a connection it is forgotten; a newer one takes its place. `jpeg` makes it, on
        the thread that takes it out; empty: there is none after all."""
        with self._lock:
            self._picture = (topic, jpeg) if self._connected else None

    def connected(self) -> None:
        """From now on things are taken; every state is told anew."""
        with self._lock:
            self._connected = True
            self._changed = dict.fromkeys(self._states)

    def disconnected(self, unconfirmed: int) -> None:
        """No more, and so many events that were taken did not arrive as far as is known."""
        with self._lock:
            self._connected = False
            self._missed += unconfirmed + len(self._events)
            self._events.clear()
            self._picture = None

    def take(self) -> Waiting | None:
        """The next to send, states first; None: nothing waits."""
        with self._lock:
            waiting = self._next_state() or self._next_event()
            if waiting is not None:
                return waiting
            picture, self._picture = self._picture, None
        jpeg = b"" if picture is None else picture[1]()
        if picture is None or not jpeg:
            return None
        return Waiting(Message(picture[0], jpeg, expires_s=int(EVENT_LIFE_S)))

    def _next_state(self) -> Waiting | None:
        if not self._changed:
            return None
        topic = next(iter(self._changed))
        del self._changed[topic]
        return Waiting(self._states[topic])

    def _next_event(self) -> Waiting | None:
        while self._events:
            waiting = self._events.popleft()
            left = (waiting.until or 0.0) - self._clock()
            if left > 0:
                expires = replace(waiting.message, expires_s=max(1, int(left)))
                return replace(waiting, message=expires)
            self._missed += 1
        return None
