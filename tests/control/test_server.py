import asyncio
import json
import logging
import os
import select
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accessctl.control.client import ask
from accessctl.control.server import ControlServer, Limits, LineServer, allowed
from accessctl.errors import ConfigError, FaultError, InputError, StoreError


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


def test_one_that_fails_to_connect_is_waited_out(listener, caplog):
    failures = [OSError(24, "Too many open files")]

    class Failing:
        def __getattr__(self, name):
            return getattr(listener, name)

        def accept(self):
            if failures:
                raise failures.pop()
            return listener.accept()

    with (
        serving(LineServer(Failing(), shout, lambda *_: None, Limits(10, 20, 4, 0.01))),
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


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "door.sock"


def echo(fields):
    return {"heard": dict(fields)}


def fail(fields):
    raise ZeroDivisionError("a secret detail")


def refuse(fields):
    raise StoreError("The disk is full; make room.")


@pytest.fixture
def served(path: Path) -> Iterator[Path]:
    handlers = {"echo": echo, "fail": fail, "refuse": refuse, "odd": lambda _: {"x": object()}}
    with ControlServer(path, handlers):
        yield path


def raw(path: Path) -> socket.socket:
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(20)
    client.connect(str(path))
    return client


def test_a_question_is_answered(served):
    assert ask(served, "echo", n=3, text="Zoë\n") == {"heard": {"n": 3, "text": "Zoë\n"}}


def test_only_the_owner_can_open_the_socket(served):
    assert stat.S_IMODE(served.stat().st_mode) == 0o600
    assert stat.S_IMODE(served.parent.stat().st_mode) == 0o700


def test_several_requests_on_one_connection(served):
    with raw(served) as client, client.makefile("rb") as replies:
        for n in range(3):
            client.sendall(b'{"command": "echo", "n": %d}\n' % n)
            assert json.loads(replies.readline()) == {"ok": True, "heard": {"n": n}}


def test_an_error_of_the_handler_is_its_sentence(served):
    with pytest.raises(InputError, match=r"^The disk is full; make room\.$"):
        ask(served, "refuse")


@pytest.mark.parametrize("command", ["fail", "odd"])
def test_a_broken_handler_says_little_and_logs_the_rest(served, command, caplog):
    with caplog.at_level(logging.ERROR), pytest.raises(InputError, match="internal fault") as info:
        ask(served, command)
    assert "secret" not in str(info.value)
    assert caplog.records[0].exc_info is not None
    assert ask(served, "echo") == {"heard": {}}


def test_an_unknown_command_is_refused_with_the_known_ones(served):
    with pytest.raises(InputError, match="does not know 'open'; it knows echo, fail"):
        ask(served, "open")


def test_what_is_no_request_is_refused_and_the_next_one_answered(served):
    with raw(served) as client, client.makefile("rb") as replies:
        client.sendall(b"\x00\xff{[\n")
        assert json.loads(replies.readline())["ok"] is False
        client.sendall(b'{"command": "echo"}\n')
        assert json.loads(replies.readline())["ok"] is True


def test_a_line_without_end_is_cut_off(served):
    with raw(served) as client, client.makefile("rb") as replies:
        client.sendall(b"x" * 4097)
        assert "at most 4096 bytes" in json.loads(replies.readline())["error"]
        assert replies.readline() == b""


def test_a_client_that_never_finishes_its_line_is_dropped(path):
    with ControlServer(path, {"echo": echo}, line_timeout_s=0.05), raw(path) as client:
        client.sendall(b'{"command":')
        assert client.recv(1) == b""


def test_more_clients_than_allowed_are_turned_away(path):
    with ControlServer(path, {"echo": echo}, max_clients=1), raw(path) as first:
        first.sendall(b'{"command": "echo"}\n')
        assert first.recv(4096).startswith(b"{")
        with pytest.raises(InputError, match="Too many programs"):
            ask(path, "echo")


def test_a_client_that_leaves_makes_room(path):
    with ControlServer(path, {"echo": echo}, max_clients=1):
        for _ in range(20):
            with raw(path) as client:
                client.sendall(b'{"command": "echo"}\n')
                assert client.recv(4096)
                client.shutdown(socket.SHUT_WR)
                assert client.recv(1) == b""


def test_other_users_are_not_answered(monkeypatch):
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        assert allowed(ours)
        uid = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: uid + 1)
        assert allowed(ours) is (uid == 0)


def test_the_socket_goes_with_the_door(path):
    with ControlServer(path, {}), raw(path):
        pass
    assert not path.exists()
    with pytest.raises(FaultError, match="No door is running"):
        ask(path, "echo")


def test_a_second_door_is_refused_while_the_first_lives(served):
    with pytest.raises(FaultError, match="Another door is running"), ControlServer(served, {}):
        pass
    assert ask(served, "echo") == {"heard": {}}


def test_what_a_killed_door_left_is_replaced(path):
    script = (
        "import os, sys, pathlib\n"
        "from accessctl.control.server import ControlServer\n"
        "ControlServer(pathlib.Path(sys.argv[1]), {}).__enter__()\n"
        "os.kill(os.getpid(), 9)\n"
    )
    dead = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert dead.returncode == -9
    assert path.is_socket()
    with pytest.raises(FaultError, match="No door is running"):
        ask(path, "echo")
    with ControlServer(path, {"echo": echo}):
        assert ask(path, "echo") == {"heard": {}}


def test_a_file_in_the_place_of_the_socket_is_kept(path):
    path.parent.mkdir()
    path.write_text("mine")
    with pytest.raises(ConfigError, match="is not a socket"), ControlServer(path, {}):
        pass
    assert path.read_text() == "mine"


def test_a_folder_that_others_may_write_in_is_refused(path):
    path.parent.mkdir()
    path.parent.chmod(0o777)
    with pytest.raises(ConfigError, match="Others may write"), ControlServer(path, {}):
        pass


def test_a_path_too_long_for_a_socket_is_a_sentence(tmp_path):
    path = tmp_path / ("x" * 108)
    with pytest.raises(ConfigError, match="too long for a socket"), ControlServer(path, {}):
        pass


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(FaultError, match="cannot be made"),
        ControlServer(tmp_path / "file" / "door.sock", {}),
    ):
        pass


def test_no_thread_is_left(path):
    before = threading.active_count()
    with ControlServer(path, {}), raw(path):
        assert threading.active_count() == before + 1
    assert threading.active_count() == before


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    lines=st.lists(
        st.binary(max_size=80)
        | st.sampled_from(["echo", "fail", "refuse", "odd", "\u2028", ""]).map(
            lambda command: json.dumps({"command": command, "x": [None, 1e9]}).encode()
        ),
        max_size=6,
    )
)
def test_each_line_of_a_fuzzer_gets_one_answer_and_the_door_goes_on(served, lines):
    lines = [line.replace(b"\n", b"") for line in lines]
    with raw(served) as client, client.makefile("rb") as replies:
        for line in lines:
            client.sendall(line + b"\n")
            answer = json.loads(replies.readline())
            assert isinstance(answer.pop("ok"), bool)
            assert all(isinstance(key, str) for key in answer)
    assert ask(served, "echo") == {"heard": {}}
