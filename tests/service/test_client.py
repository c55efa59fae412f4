import socket
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accessctl.errors import FaultError, InputError
from accessctl.service import client
from accessctl.service.client import ask


@contextmanager
def impostor(path: Path, reply: bytes, *, wait: threading.Event | None = None):
    """A server that reads one line and says `reply`."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(str(path))
    server.listen(1)

    def serve():
        connection, _ = server.accept()
        with connection:
            connection.recv(4096)
            if wait is not None:
                wait.wait(20)
            with suppress(BrokenPipeError):
                connection.sendall(reply)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        if wait is not None:
            wait.set()
        thread.join()
        server.close()


@pytest.mark.parametrize("reply", [b"", b"hello\n", b"[]\n", b"[" * 100_000 + b"\n", b"\xff\n"])
def test_what_is_no_door_is_a_fault(tmp_path, reply):
    path = tmp_path / "s"
    with impostor(path, reply), pytest.raises(FaultError, match="is no door"):
        ask(path, "status")


@pytest.mark.parametrize("reply", [b"{}\n", b'{"ok": 1}\n', b'{"ok": false}\n'])
def test_only_a_plain_true_is_consent(tmp_path, reply):
    path = tmp_path / "s"
    with impostor(path, reply), pytest.raises(InputError, match="without a reason"):
        ask(path, "status")


def test_a_door_that_says_nothing_is_a_fault(tmp_path, monkeypatch):
    monkeypatch.setattr(client, "TIMEOUT_S", 0.05)
    path = tmp_path / "s"
    with (
        impostor(path, b"late\n", wait=threading.Event()),
        pytest.raises(FaultError, match="does not answer"),
    ):
        ask(path, "status")


def test_a_reply_without_end_is_cut_off(tmp_path, monkeypatch):
    monkeypatch.setattr(client, "MAX_REPLY", 100)
    path = tmp_path / "s"
    with impostor(path, b"x" * 1000), pytest.raises(FaultError, match="is no door"):
        ask(path, "status")


def test_nobody_there(tmp_path):
    with pytest.raises(FaultError, match="No door is running"):
        ask(tmp_path / "none", "status")


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    reply=st.binary(max_size=60) | st.just(b'{"ok": true}\n') | st.just(b'{"ok": 1, "error": 2}')
)
def test_any_reply_is_understood_or_refused(tmp_path, reply):
    path = tmp_path / "door.sock"
    path.unlink(missing_ok=True)
    with impostor(path, reply):
        try:
            found = ask(path, "status")
        except (FaultError, InputError):
            return
    assert isinstance(found, dict)
