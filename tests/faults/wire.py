"""A wire between a door and a server on this machine that can be spoilt."""

import random
import socket
import struct
import threading
from collections.abc import Callable, Iterator

import pytest

PATIENCE_S = 60.0
SLOW_BYTES, SLOW_S = 200, 0.005


class Wire:
    """Carries bytes between a server's port and the door, and spoils those to the door.

    `state` is whole, cut (nobody gets through), stalled (in the middle of what was being sent),
    garbled, slow (a few bytes at a time), silent (all is taken, nothing arrives on either side and
    nobody hangs up: half-open) or reset (as a machine that was started anew answers).
    """

    def __init__(self, port: int) -> None:
        self.port_of_server = port
        self.attempts = 0
        self._state = "whole"
        self._changed = threading.Condition()
        self._ends: list[socket.socket] = []
        self._random = random.Random(7)
        self._closed = threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def state(self) -> str:
        with self._changed:
            return self._state

    def become(self, state: str) -> None:
        with self._changed:
            self._state = state
            ends = list(self._ends) if state in ("cut", "reset") else []
            self._changed.notify_all()
        for end in ends:
            # One that is to be reset must not say first that it ends.
            hang_up(end, socket.SHUT_RD if state == "reset" else socket.SHUT_RDWR)

    def until_tried_again(self) -> None:
        with self._changed:
            before = self.attempts
            assert self._changed.wait_for(lambda: self.attempts > before, PATIENCE_S)

    def close(self) -> None:
        self._closed.set()
        self._server.close()
        self.become("cut")

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            with self._changed:
                self.attempts += 1
                self._changed.notify_all()
                state = self._state
            if state in ("cut", "reset"):
                reset(client) if state == "reset" else client.close()
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self.port_of_server))
            except OSError:
                client.close()
                continue
            with self._changed:
                self._ends += [client, server]
            for pair in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, to_the_door: bool) -> None:
        try:
            while data := source.recv(1 << 14):
                if self.state == "silent":
                    continue
                if to_the_door:
                    self._send(sink, data)
                else:
                    sink.sendall(data)
        except OSError:
            pass
        finally:
            for end in (source, sink):
                if self.state == "reset":
                    reset(end)
                else:
                    hang_up(end, socket.SHUT_RDWR)

    def _send(self, sink: socket.socket, data: bytes) -> None:
        half = len(data) // 2
        state = self.state
        if state == "slow":
            for at in range(0, len(data), SLOW_BYTES):
                sink.sendall(data[at : at + SLOW_BYTES])
                self._closed.wait(SLOW_S)
        elif state == "garbled":
            sink.sendall(self._random.randbytes(len(data)))
        elif state == "stalled":
            sink.sendall(data[:half])
            with self._changed:
                self._changed.wait_for(lambda: self._state != "stalled")
            sink.sendall(data[half:])
        else:
            sink.sendall(data)


def hang_up(end: socket.socket, how: int) -> None:
    try:
        end.shutdown(how)
    except OSError:
        return


def reset(end: socket.socket) -> None:
    """Close it so that the other side is told that nothing is known of it (RST)."""
    try:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        end.close()
    except OSError:
        return


@pytest.fixture
def make_wire() -> Iterator[Callable[[int], Wire]]:
    made: list[Wire] = []

    def make(port: int) -> Wire:
        made.append(Wire(port))
        return made[-1]

    yield make
    for wire in made:
        wire.close()
