"""One connection to a real broker, and to what is none."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from accessctl.clock import boot_seconds
from accessctl.errors import BrokerError
from accessctl.mqtt.broker import BrokerAccess
from accessctl.mqtt.connection import STALLED_S, Connection, Received
from accessctl.mqtt.topics import Message
from tests.mqtt.brokers import PASSWORDS, Mosquitto, Speaker
from tests.patience import PATIENCE_S, wait_for


@pytest.fixture(scope="module")
def broker(mosquitto: Callable[..., Mosquitto]) -> Mosquitto:
    return mosquitto()


def access(port: int, password: str = PASSWORDS["door"], **more: Any) -> BrokerAccess:
    return BrokerAccess("127.0.0.1", port, "test-door", 15, "door", password, **more)


@contextmanager
def opened(broker: Mosquitto, *topics: str, **more: Any) -> Iterator[Connection]:
    connection = Connection(access(broker.port), subscribe=topics, **more)
    connection.open()
    try:
        yield connection
    finally:
        connection.close()


def received(connection: Connection, number: int) -> list[Received]:
    found: list[Received] = []

    def look() -> bool:
        found.extend(connection.turn(0.05))
        return len(found) >= number

    wait_for(look, f"{number} messages")
    return found


def test_what_is_sent_arrives_and_is_confirmed(broker: Mosquitto) -> None:
    with Speaker(broker) as ear, opened(broker) as connection:
        connection.send(Message("a/state", b"normal", retain=True), is_event=True)
        assert connection.unconfirmed_events == 1
        wait_for(lambda: connection.turn(0.05) or not connection.unconfirmed_events, "the receipt")
        assert ear.wait("a/state") == "normal"


def test_a_broker_that_does_not_take_an_event_is_told_of_once(
    mosquitto: Callable[..., Mosquitto], caplog: pytest.LogCaptureFixture
) -> None:
    strict = mosquitto("user door\ntopic write allowed\n")
    with opened(strict) as connection:
        for topic in ("denied", "denied", "allowed"):
            connection.send(Message(topic, b"x"), is_event=True)
        wait_for(
            lambda: connection.turn(0.05) or connection.unconfirmed_events == 2, "the receipts"
        )
    assert caplog.text.count("does not take what the door tells (Not authorized)") == 1


def test_only_so_much_is_handed_to_a_broker_that_confirms_nothing(broker: Mosquitto) -> None:
    with opened(broker) as connection:
        for number in range(16):
            assert not connection.full
            connection.send(Message(f"many/{number}", b"x"))
        assert connection.full
        wait_for(lambda: connection.turn(0.05) or not connection.full, "the receipts")


def test_a_live_message_that_is_to_be_kept_is_told_from_one_that_is_not(broker: Mosquitto) -> None:
    with Speaker(broker) as mouth, opened(broker, "lock/set") as connection:
        mouth.say("lock/set", "UNLOCK", retain=True)
        mouth.say("lock/set", "UNLOCK")
        mouth.say("lock/set", "UNLOCK", expires_s=7)
        kept, live, ending = received(connection, 3)
        mouth.say("lock/set", "", retain=True)
    assert (kept.retained, live.retained) == (True, False)
    assert (live.expires_s, ending.expires_s) == (None, 7)


def test_what_the_broker_keeps_is_not_heard_nor_what_was_said_meanwhile(broker: Mosquitto) -> None:
    with opened(broker, "lock/set"):
        pass
    with Speaker(broker) as mouth:
        mouth.say("lock/set", "UNLOCK")
        mouth.say("lock/set", "UNLOCK", retain=True)
        with opened(broker, "lock/set") as connection:
            mouth.say("lock/set", "NOW")
            assert [one.payload for one in received(connection, 1)] == [b"NOW"]
        mouth.say("lock/set", "", retain=True)


def test_every_connection_begins_anew() -> None:
    """Read from the first packet itself (MQTT 5.0, 3.1): whatever a broker makes of it."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            peer, _ = server.accept()
            with peer:
                heard.append(peer.recv(1024))

        thread = threading.Thread(target=listen)
        thread.start()
        with pytest.raises(BrokerError):
            Connection(access(server.getsockname()[1])).open()
        thread.join(PATIENCE_S)
    (packet,) = heard
    assert packet[0] == 0x10
    name_at = packet.index(b"MQTT")
    level, flags, properties = packet[name_at + 4], packet[name_at + 5], packet[name_at + 8 :]
    assert level == 5
    assert flags & 0x02, "a clean start"
    known = properties[1 : 1 + properties[0]]
    # Identifier 0x11 with four bytes: the session ends with the connection; 0x27: the largest
    # packet that the broker may send.
    assert known[:5] == b"\x11\x00\x00\x00\x00"
    assert (known[5], int.from_bytes(known[6:10], "big")) == (0x27, 3072)


def test_a_connection_that_breaks_leaves_the_last_will(broker: Mosquitto) -> None:
    will = Message("door/availability", b"offline", retain=True)
    with Speaker(broker) as ear:
        connection = Connection(access(broker.port), will=will)
        connection.open()
        there = connection._client.socket()
        there.shutdown(socket.SHUT_RDWR)
        assert ear.wait("door/availability") == "offline"
        with pytest.raises(BrokerError, match="has gone"):
            wait_for(lambda: connection.turn(0.05), "the end")


def test_a_message_larger_than_a_command_is_not_taken(broker: Mosquitto) -> None:
    with Speaker(broker) as mouth, opened(broker, "lock/set") as connection:
        mouth.say("lock/set", "x" * 100_000)
        mouth.say("lock/set", "small")
        assert [one.payload for one in received(connection, 1)] == [b"small"]


def test_after_a_standstill_nothing_is_read_any_more(broker: Mosquitto) -> None:
    late = [0.0]
    with (
        Speaker(broker) as mouth,
        opened(broker, "lock/set", clock=lambda: boot_seconds() + late[0]) as connection,
    ):
        mouth.say("lock/set", "UNLOCK")
        late[0] = STALLED_S + 1
        with pytest.raises(BrokerError, match=r"Nothing was read for \d+ s"):
            connection.turn(0.05)


def test_a_wrong_password_is_said_to_be_one(broker: Mosquitto) -> None:
    connection = Connection(access(broker.port, "guess"))
    with pytest.raises(BrokerError, match=r"user or password; see mqtt\.user") as refused:
        connection.open()
    assert "guess" not in str(refused.value)
    assert "guess" not in repr(connection.access)


def test_nobody_there() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        connection = Connection(access(unused.getsockname()[1]))
        with pytest.raises(BrokerError, match=r"The broker 127.*cannot be reached \(.*refused"):
            connection.open()


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x20\xff\xff\xff\xff\xff",
        b"\x20\x03\x00\x84\x00",
        b"\x20\x02\x00\x01",
        b"\x20\x05\x00\x00\x02\x7f\x00",
        b"\x30\x02\xff\xff",
        b"",
    ],
)
def test_whatever_a_broker_says_ends_in_one_sentence(said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(1024)
                peer.sendall(said)

        thread = threading.Thread(target=answer)
        thread.start()
        connection = Connection(access(server.getsockname()[1]))
        with pytest.raises(BrokerError, match=r"^The broker .*\.$") as refused:
            connection.open()
        thread.join(PATIENCE_S)
    assert str(refused.value).isprintable()


def test_a_broker_that_floods_takes_no_core_from_the_door() -> None:
    accepted, answers = b"\x20\x03\x00\x00\x00", b"\xd0\x00" * 1000
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def flood() -> None:
            peer, _ = server.accept()
            with peer, suppress(OSError):
                peer.recv(1024)
                peer.sendall(accepted)
                while not over.is_set():
                    peer.sendall(answers)

        thread = threading.Thread(target=flood)
        thread.start()
        connection = Connection(access(server.getsockname()[1]))
        connection.open()
        end, turns = time.monotonic() + 0.9, 0
        while time.monotonic() < end:
            connection.turn(0.05)
            turns += 1
        over.set()
        connection._client.socket().close()
        thread.join(PATIENCE_S)
    # 200 at once and 50 a second after that, where two seconds are begun.
    assert turns < 500


def test_a_broker_that_takes_the_connection_and_says_nothing_is_given_up(
    broker: Mosquitto,
) -> None:
    now = [1000.0]

    def clock() -> float:
        now[0] += 0.5
        return now[0]

    broker.freeze()
    try:
        began = time.monotonic()
        with pytest.raises(BrokerError, match="does not answer"):
            Connection(access(broker.port), clock=clock).open()
        assert time.monotonic() - began < 10
    finally:
        broker.thaw()


@contextmanager
def hostile(play: Callable[[socket.socket], object]) -> Iterator[Connection]:
    """A connection that is open, to a broker that then does as it likes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            peer, _ = server.accept()
            with peer, suppress(OSError):
                peer.recv(1024)
                peer.sendall(b"\x20\x03\x00\x00\x00")
                play(peer)

        thread = threading.Thread(target=accept)
        thread.start()
        connection = Connection(access(server.getsockname()[1]))
        connection.open()
        try:
            yield connection
        finally:
            connection.close()
            thread.join(PATIENCE_S)
            assert not thread.is_alive()


def refused_before(connection: Connection, most_bytes: int) -> None:
    """The connection ends by itself, and paho keeps no more than so much by then."""
    with pytest.raises(BrokerError, match="sends more than it may, or takes nothing"):
        wait_for(lambda: connection.turn(0.05) is None, "the end")
    assert len(connection._client._in_packet["packet"]) <= most_bytes


def test_a_packet_of_a_quarter_of_a_gigabyte_is_not_waited_for() -> None:
    def play(peer: socket.socket) -> None:
        peer.sendall(b"\x30\xff\xff\xff\x7f")
        peer.recv(1024)

    with hostile(play) as connection:
        refused_before(connection, 0)


def test_messages_of_quality_of_service_2_are_not_kept() -> None:
    def play(peer: socket.socket) -> None:
        for number in range(1, 1000):
            peer.sendall(b"\x34\x07\x00\x01a" + number.to_bytes(2, "big") + b"\x00x")
        peer.recv(1024)

    with hostile(play) as connection:
        refused_before(connection, 100)
        assert len(connection._client._in_messages) <= 20


def test_a_broker_that_takes_no_answer_is_left_before_many_wait_for_it() -> None:
    begin, over = threading.Event(), threading.Event()

    def play(peer: socket.socket) -> None:
        begin.wait(20)
        for number in range(1, 190):
            peer.sendall(b"\x32\x07\x00\x01a" + number.to_bytes(2, "big") + b"\x00x")
        over.wait(20)

    with hostile(play) as connection:
        for number in range(16):
            # More than its ear holds.
            connection.send(Message(f"many/{number}", b"x" * 1_000_000))
        begin.set()
        try:
            refused_before(connection, 100)
        finally:
            over.set()
        assert len(connection._client._out_packet) < 100
