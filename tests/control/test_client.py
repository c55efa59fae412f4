import json
import socket
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accessctl.control.client import (
    MAX_LINE,
    accepted,
    answer_of,
    ask,
    parse_request,
    refused,
    request_line,
)
from accessctl.errors import FaultError, InputError

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = st.dictionaries(
    st.text(max_size=8).filter(lambda key: key != "command"), VALUES, max_size=4
)


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_read_or_refused_with_a_sentence(line):
    try:
        command, fields = parse_request(line)
    except InputError as error:
        assert str(error).endswith(".")  # noqa: PT017 - whether it is refused is free
    else:
        assert isinstance(command, str)
        assert isinstance(fields, dict)


@settings(deadline=None)
@given(VALUES)
def test_any_json_is_read_or_refused(value):
    line = json.dumps(value).encode()
    if isinstance(value, dict) and value.get("command") == "a":
        assert parse_request(line)[0] == "a"
    else:
        with pytest.raises(InputError):
            parse_request(line)


@settings(deadline=None)
@given(FIELDS)
def test_what_is_written_is_read_again_from_one_line(fields):
    line = request_line("status", fields)
    assert line.endswith(b"\n")
    assert len(line.splitlines()) == 1
    assert parse_request(line) == ("status", fields)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"null",
        b"[]",
        b'"status"',
        b"{}",
        b'{"command": 1}',
        b'{"command": ""}',
        b'{"command": "Status"}',
        b'{"command": "status\\n"}',
        b'{"command": "a", "command": "b"}',
        b'{"command": "a", "x": {"y": 1, "y": 2}}',
        b'{"command": "a", "x": NaN}',
        b'{"command": "a", "x": Infinity}',
        b'{"command": "a", "x": 1e999}',
        b'{"command": "a"} {}',
        b"\xff",
        b"[" * MAX_LINE,
        b'{"x":' * 800,
    ],
)
def test_what_is_no_request(line):
    with pytest.raises(InputError):
        parse_request(line)


def test_the_length_of_a_request_is_bounded_on_both_sides():
    assert parse_request(b'{"command": "a"}'.ljust(MAX_LINE))[0] == "a"
    with pytest.raises(InputError, match="4096"):
        parse_request(b'{"command": "a"}'.ljust(MAX_LINE + 1))
    with pytest.raises(InputError, match="4096"):
        request_line("a", {"x": "y" * MAX_LINE})


def test_replies():
    assert json.loads(accepted({"people": 3})) == {"ok": True, "people": 3}
    assert json.loads(refused("No.\u2028")) == {"ok": False, "error": "No.\u2028"}
    assert len(refused("No.\u2028\n").splitlines()) == 1
    with pytest.raises(ValueError, match="JSON"):
        accepted({"fps": float("nan")})


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


def test_a_door_that_says_nothing_is_a_fault(tmp_path):
    path = tmp_path / "s"
    with (
        impostor(path, b"late\n", wait=threading.Event()),
        pytest.raises(FaultError, match="does not answer"),
    ):
        answer_of(path, request_line("status", {}), timeout_s=0.05)


def test_a_reply_without_end_is_cut_off(tmp_path):
    path = tmp_path / "s"
    with impostor(path, b"x" * 1000), pytest.raises(FaultError, match="is no door"):
        answer_of(path, request_line("status", {}), most_bytes=100)


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
