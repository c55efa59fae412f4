import asyncio
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accessctl.service.line_server import Limits, LineServer


@contextmanager
def serving(lines: LineServer) -> Iterator[None]:
    loop = asyncio.new_event_loop()
    task = loop.create_task(lines.run())
    thread = threading.Thread(
        target=lambda: loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
    )
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()


@pytest.fixture
def listener(tmp_path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        server.listen(4)
        yield server


def connected(listener: socket.socket) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(20)
    client.connect(listener.getsockname())
    return client


def shout(line: bytes) -> bytes:
    return line.upper() + b"!\n"


def test_lines_that_come_in_pieces_and_together(listener):
    with (
        serving(LineServer(listener, shout, lambda *_: None, Limits(10, 20, 4))),
        connected(listener) as client,
        client.makefile("rb") as replies,
    ):
        client.sendall(b"a")
        client.sendall(b"b\ncd\nexactly10b\n")
        assert [replies.readline() for _ in range(3)] == [b"AB!\n", b"CD!\n", b"EXACTLY10B!\n"]


def test_a_line_too_long_is_answered_as_it_is_and_ends_the_talk(listener):
    with (
        serving(LineServer(listener, shout, lambda *_: None, Limits(10, 20, 4))),
        connected(listener) as client,
    ):
        client.sendall(b"x" * 11)
        assert client.recv(100).startswith(b"XXXXXXXXXXX")
        assert client.recv(1) == b""


def test_who_is_turned_away_is_told_so(listener):
    with (
        serving(LineServer(listener, shout, lambda _, n: b"%d\n" % n, Limits(10, 20, 4))),
        connected(listener) as client,
    ):
        assert client.recv(100) == b"1\n"
        assert client.recv(1) == b""


def test_a_client_that_takes_no_reply_is_dropped(listener):
    flood = b"y" * 10_000_000
    with (
        serving(LineServer(listener, lambda _: flood, lambda *_: None, Limits(10, 0.05, 4))),
        connected(listener) as client,
    ):
        client.sendall(b"x\n")
        hung_up = select.poll()
        hung_up.register(client, 0)
        assert hung_up.poll(20_000)
        # The kernel keeps a little for whoever reads late; the rest was given up.
        assert sum(len(part) for part in iter(lambda: client.recv(1 << 20), b"")) < len(flood)


def test_one_that_fails_to_connect_is_waited_out(listener, caplog, monkeypatch):
    failures = [OSError(24, "Too many open files")]

    class Failing:
        def __getattr__(self, name):
            return getattr(listener, name)

        def accept(self):
            if failures:
                raise failures.pop()
            return listener.accept()

    monkeypatch.setattr("accessctl.service.line_server.RETRY_S", 0.01)
    with (
        serving(LineServer(Failing(), shout, lambda *_: None, Limits(10, 20, 4))),
        connected(listener) as client,
    ):
        client.sendall(b"a\n")
        assert client.recv(10) == b"A!\n"
    assert "Too many open files" in caplog.text


PIECES = st.lists(st.text("ab\n\0\xff", min_size=1, max_size=8).map(str.encode), max_size=12)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pieces=PIECES)
def test_any_bytes_in_any_pieces_are_the_same_lines(tmp_path, pieces):
    sent = b"".join(pieces)
    path = tmp_path / "fuzzed"
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen(4)
        with (
            serving(LineServer(server, shout, lambda *_: None, Limits(200, 20, 4))),
            connected(server) as client,
            client.makefile("rb") as replies,
        ):
            for piece in pieces:
                client.sendall(piece)
            client.shutdown(socket.SHUT_WR)
            # A line that is never ended gets no answer.
            assert replies.read() == b"".join(shout(line) for line in sent.split(b"\n")[:-1])
