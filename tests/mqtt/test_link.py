"""The link across connections, with connections that a test plays."""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.errors import BrokerError
from accessctl.mqtt.connection import Received
from accessctl.mqtt.link import TELL_AGAIN_S, Link, LinkParts, Patience
from accessctl.mqtt.outbox import Outbox
from accessctl.mqtt.topics import Message
from tests.clocks import HandClock
from tests.patience import wait_for

AT_ONCE = Patience(first_s=0.001, most_s=0.001, steady_s=0.0)


@dataclass
class Played:
    """A broker and its connections. `fault`: it cannot be reached; `full`: it takes nothing."""

    fault: str | None = None
    full: bool = False
    sent: list[tuple[str, bytes]] = field(default_factory=list)
    said: list[Received] = field(default_factory=list)
    made: int = 0
    closed: int = 0
    broken: bool = False
    access: Any = field(default_factory=lambda: SimpleNamespace(place="the broker"))
    tls: str | None = None
    unconfirmed_events: int = 0

    def __call__(self, ear: socket.socket) -> "Played":
        self.made += 1
        self.ear = ear
        return self

    def open(self) -> None:
        if self.fault is not None:
            raise BrokerError(self.fault)
        self.broken = False

    def turn(self, timeout_s: float) -> list[Received]:
        if self.broken:
            raise BrokerError("It has gone.")
        if not self.said:
            self.ear.setblocking(True)
            self.ear.settimeout(min(timeout_s, 0.05))
            with suppress(TimeoutError):
                self.ear.recv(100)
        said, self.said = self.said, []
        return said

    def send(self, message: Message, *, is_event: bool = False) -> None:
        self.sent.append((message.topic, message.payload))

    def close(self, last: Message | None = None) -> None:
        self.closed += 1
        if last is not None and not self.broken:
            self.send(last)


@dataclass
class Site:
    broker: Played = field(default_factory=Played)
    clock: HandClock = field(default_factory=lambda: HandClock(100.0))
    wanted: bool = True
    taken: list[bytes] = field(default_factory=list)
    take: Callable[[Received], None] | None = None

    def __post_init__(self) -> None:
        self.outbox = Outbox(10, self.clock)

    @contextmanager
    def linked(self, patience: Patience = AT_ONCE) -> Iterator[Link]:
        parts = LinkParts(
            connect=self.broker,
            outbox=self.outbox,
            announce=lambda: [Message("announcement", b"{}")],
            online=Message("availability", b"online"),
            goodbye=Message("availability", b"offline"),
            take=self.take or (lambda received: self.taken.append(received.payload)),
            tick=lambda: self.outbox.state("posture", b"normal"),
            wanted=lambda: self.wanted,
            patience=patience,
            clock=self.clock,
            chance=lambda: 0.0,
        )
        with Link(parts) as link:
            yield link


def connected(link: Link) -> bool:
    return bool(link.report()["connected"])


def test_a_door_is_announced_tells_its_states_and_is_online_then() -> None:
    site = Site()
    with site.linked() as link:
        wait_for(lambda: connected(link), "the connection")
    assert site.broker.sent == [
        ("announcement", b"{}"),
        ("posture", b"normal"),
        ("availability", b"online"),
        ("availability", b"offline"),
    ]
    assert site.broker.closed == 1


def test_what_is_put_in_is_sent_at_once() -> None:
    site = Site()
    with site.linked() as link:
        wait_for(lambda: connected(link), "the connection")
        site.outbox.event("decision", b"granted")
        link.wake()
        wait_for(lambda: ("decision", b"granted") in site.broker.sent, "the event")


def test_a_broker_that_is_away_is_tried_again_and_spoken_of_once_an_hour(
    caplog: pytest.LogCaptureFixture,
) -> None:
    site = Site()
    site.broker.fault = "The broker does not answer."
    with caplog.at_level(logging.DEBUG), site.linked() as link:
        wait_for(lambda: site.broker.made > 50, "fifty tries")
        assert len(caplog.records) == 1
        site.clock.time += TELL_AGAIN_S
        wait_for(lambda: len(caplog.records) == 2, "the second word")
        report = link.report()
    assert report["connected"] is False
    assert report["error"] == "The broker does not answer."
    assert report["for_s"] == TELL_AGAIN_S


def test_a_broker_that_throws_the_door_out_again_and_again_is_not_tried_at_once() -> None:
    site = Site()
    pauses = Patience(first_s=0.02, most_s=1000.0, steady_s=30.0)
    began = time.monotonic()
    with site.linked(pauses) as link:
        for number in range(1, 5):
            wait_for(lambda n=number: site.broker.made == n and connected(link), "a connection")
            site.broker.broken = True
            link.wake()
            # It may be there again before anybody looks.
            wait_for(lambda n=number: site.broker.closed == n, "its end")
    # Halves of 20, 40 and 80 ms lay between the four.
    assert time.monotonic() - began >= 0.07


def test_events_meanwhile_are_counted_and_states_come_when_it_is_back() -> None:
    site = Site()
    site.broker.fault = "The broker does not answer."
    with site.linked() as link:
        wait_for(lambda: site.broker.made > 1, "a try")
        site.outbox.event("decision", b"granted")
        site.outbox.state("contact", b"ON")
        site.outbox.state("contact", b"OFF")
        site.broker.fault = None
        wait_for(lambda: connected(link), "the connection")
        assert link.report()["missed"] == 1
    told = [one for one in site.broker.sent if one[0] in {"decision", "contact"}]
    assert told == [("contact", b"OFF")]


def test_a_broker_that_takes_nothing_makes_nobody_wait() -> None:
    site = Site()
    site.broker.full = True
    with site.linked() as link:
        wait_for(lambda: connected(link), "the connection")
        for _ in range(1000):
            site.outbox.event("decision", b"granted")
            link.wake()
        assert site.outbox.missed == 990
    assert ("decision", b"granted") not in site.broker.sent


def test_no_connection_where_none_is_wanted() -> None:
    site = Site(wanted=False)
    with site.linked() as link:
        time.sleep(0.05)
        assert site.broker.made == 0
        site.wanted = True
        wait_for(lambda: connected(link), "the connection")
        site.wanted = False
        wait_for(lambda: site.broker.closed == 1, "its end")
    assert site.broker.sent[-1] == ("availability", b"offline")


def test_a_fault_of_whoever_takes_messages_ends_the_connection_and_not_the_link(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(received: Received) -> None:
        if received.payload == b"bad":
            raise RuntimeError("no")
        site.taken.append(received.payload)

    site = Site(take=fail)
    with site.linked() as link:
        wait_for(lambda: connected(link), "the connection")
        site.broker.said = [Received("t", b"bad", False, 0.0, None)]
        wait_for(lambda: site.broker.made == 2 and connected(link), "another connection")
        site.broker.said = [Received("t", b"good", False, 0.0, None)]
        wait_for(lambda: site.taken == [b"good"], "the message")
    assert "The link to the broker failed." in caplog.text


def test_the_door_is_announced_again_when_asked_for() -> None:
    site = Site()
    with site.linked() as link:
        wait_for(lambda: connected(link), "the connection")
        link.announce_in(5.0)
        link.announce_in(500.0)
        link.wake()
        before = list(site.broker.sent)
        site.clock.time += 6
        link.wake()
        wait_for(lambda: site.broker.sent.count(("announcement", b"{}")) == 2, "the announcement")
        wait_for(lambda: site.broker.sent.count(("posture", b"normal")) == 2, "the states")
    assert before.count(("announcement", b"{}")) == 1


def test_the_end_is_not_waited_for_where_the_broker_hangs() -> None:
    site = Site()
    hanging = threading.Event()
    site.broker.open = lambda: hanging.wait(20)  # type: ignore[method-assign]
    began = time.monotonic()
    with site.linked():
        wait_for(lambda: site.broker.made, "the try")
    assert time.monotonic() - began < 10
    hanging.set()
    wait_for(lambda: "mqtt" not in [one.name for one in threading.enumerate()], "the thread's end")


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_pauses_grow_to_a_bound_and_are_never_nothing(failures: int, chance: float) -> None:
    patience = Patience(first_s=1.0, most_s=120.0)
    pause = patience.pause(failures, chance)
    assert 0.5 <= pause <= 120.0
    assert pause <= patience.pause(failures + 1, chance)
    assert patience.pause(20, chance) >= 60.0
