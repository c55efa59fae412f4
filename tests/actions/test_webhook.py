import hashlib
import hmac
import json
import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from accessctl.actions.webhook import Webhook, read_secret, signature
from accessctl.errors import ConfigError

KEY = b"0123456789abcdef"


def write(path: Path, content: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_reads_the_key_without_its_line_break(tmp_path: Path, end: bytes) -> None:
    assert read_secret(write(tmp_path / "key", KEY + end)) == KEY


def test_keeps_other_bytes_as_they_are(tmp_path: Path) -> None:
    key = b" \x00\xff\n" + KEY + b" "
    assert read_secret(write(tmp_path / "key", key)) == key


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o644])
def test_refuses_a_key_that_others_can_use(tmp_path: Path, mode: int) -> None:
    path = write(tmp_path / "key", KEY, mode)
    with pytest.raises(ConfigError, match=r"others; run: chmod 600 .*key\.$") as caught:
        read_secret(path)
    assert KEY.decode() not in str(caught.value)


def test_refuses_a_missing_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"No such file or directory.*openssl rand -hex 32"):
        read_secret(tmp_path / "none")


@pytest.mark.parametrize("content", [b"", b"\n", KEY[:-1], b"x" * 4097])
def test_refuses_a_key_of_absurd_length(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ConfigError, match="16 to 4096 bytes"):
        read_secret(write(tmp_path / "key", content))


def test_a_named_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "key", 0o600)
    with pytest.raises(ConfigError, match="not a plain file"):
        read_secret(tmp_path / "key")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        read_secret(tmp_path)


SIGNING_KEY = b"0123456789abcdef0123456789abcdef"


class Receiver(ThreadingHTTPServer):
    """Answers the listed statuses in turn (the last one for ever) and keeps requests."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.statuses = [200]
        self.location: str | None = None
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook/token123"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append((self.command, self.path, dict(self.headers), body))
        statuses = self.server.statuses
        self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def webhook(url: str, **options: Any) -> tuple[Webhook, list[float]]:
    slept: list[float] = []
    settings = {
        "secret": SIGNING_KEY,
        "timeout_s": 10,
        "retries": 2,
        "sleep": slept.append,
    } | options
    return Webhook(url, **settings), slept


def test_posts_the_payload_signed(receiver: Receiver, payload: dict[str, Any]) -> None:
    action, slept = webhook(receiver.url, now=lambda: 1_770_000_000.9)
    result = action.perform(payload)
    assert (result.ok, result.detail, slept) == (True, "127.0.0.1 answered 200.", [])
    [(method, path, headers, body)] = receiver.requests
    assert (method, path) == ("POST", "/hook/token123")
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Accessctl-Timestamp"] == "1770000000"
    expected = hmac.new(SIGNING_KEY, b"1770000000." + body, hashlib.sha256).hexdigest()
    assert headers["X-Accessctl-Signature"] == f"sha256={expected}"
    # The signature covers the body, so the id in it is the one to be trusted.
    assert json.loads(body) == {**payload, "delivery": headers["X-Accessctl-Delivery"]}


def test_signature_agrees_with_openssl() -> None:
    # Made with: printf '1.{}' | openssl dgst -sha256 -hmac Jefe
    assert signature(b"Jefe", "1", b"{}") == (
        "dc7943cccf20f64327d263db5e2aca27c2b8175e8e6e7ea04f482091bf456b0f"
    )


def test_each_delivery_has_its_own_id(receiver: Receiver, payload: dict[str, Any]) -> None:
    action, _ = webhook(receiver.url)
    for _ in range(3):
        action.perform(payload)
    assert len({headers["X-Accessctl-Delivery"] for *_, headers, _ in receiver.requests}) == 3


def test_retries_keep_the_id_and_renew_the_timestamp(
    receiver: Receiver, payload: dict[str, Any]
) -> None:
    receiver.statuses = [503, 429, 204]
    times = iter([100.0, 101.0, 103.0])
    action, slept = webhook(receiver.url, now=lambda: next(times))
    result = action.perform(payload)
    assert (result.ok, result.detail) == (True, "127.0.0.1 answered 204. (3 attempts)")
    assert slept == [0.5, 1.0]
    headers = [request[2] for request in receiver.requests]
    assert [h["X-Accessctl-Timestamp"] for h in headers] == ["100", "101", "103"]
    assert len({h["X-Accessctl-Delivery"] for h in headers}) == 1
    for _, _, sent, body in receiver.requests:
        stamped = sent["X-Accessctl-Timestamp"].encode() + b"." + body
        assert sent["X-Accessctl-Signature"] == (
            "sha256=" + hmac.new(SIGNING_KEY, stamped, "sha256").hexdigest()
        )


def test_gives_up_after_the_last_retry(receiver: Receiver, payload: dict[str, Any]) -> None:
    receiver.statuses = [500]
    action, slept = webhook(receiver.url, retries=6)
    result = action.perform(payload)
    assert (result.ok, result.detail) == (False, "127.0.0.1 answered 500. (7 attempts)")
    assert len(receiver.requests) == 7
    assert slept == [0.5, 1, 2, 4, 8, 8]


@pytest.mark.parametrize("status", [400, 401, 404, 410])
def test_other_refusals_are_final(receiver: Receiver, payload: dict[str, Any], status: int) -> None:
    receiver.statuses = [status]
    action, slept = webhook(receiver.url)
    result = action.perform(payload)
    assert (result.ok, result.detail) == (False, f"127.0.0.1 answered {status}.")
    assert (len(receiver.requests), slept) == (1, [])


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(
    receiver: Receiver, payload: dict[str, Any], status: int
) -> None:
    receiver.statuses, receiver.location = [status], f"{receiver.url}/elsewhere"
    result = webhook(receiver.url)[0].perform(payload)
    assert not result.ok
    assert result.detail == f"127.0.0.1 answered {status}; redirects are not followed."
    assert len(receiver.requests) == 1


def test_without_a_key_nothing_is_signed(receiver: Receiver, payload: dict[str, Any]) -> None:
    assert webhook(receiver.url, secret=None)[0].perform(payload).ok
    assert "X-Accessctl-Signature" not in receiver.requests[0][2]


def test_proxies_of_the_environment_are_ignored(
    receiver: Receiver, payload: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    assert webhook(receiver.url, retries=0)[0].perform(payload).ok


def test_nobody_listening_is_tried_again(payload: dict[str, Any]) -> None:
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        action, slept = webhook(f"http://127.0.0.1:{held.getsockname()[1]}/token123")
        result = action.perform(payload)
    assert not result.ok
    assert result.detail.startswith("127.0.0.1 could not be reached (")
    assert result.detail.endswith("(3 attempts)")
    assert "token123" not in result.detail
    assert slept == [0.5, 1.0]


def test_a_server_that_never_answers_is_left(payload: dict[str, Any]) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        result = webhook(url, timeout_s=0.3, retries=1)[0].perform(payload)
    assert result.detail == "127.0.0.1 gave no answer in 0.3 s. (2 attempts)"


def test_a_server_that_drips_its_answer_is_left_in_time(payload: dict[str, Any]) -> None:
    stop = threading.Event()

    def drip(server: socket.socket) -> None:
        connection, _ = server.accept()
        with closing(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not stop.wait(0.05):
                try:
                    connection.sendall(b"z")
                except OSError:
                    return

    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        thread = threading.Thread(target=drip, args=(server,))
        thread.start()
        began = time.monotonic()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        result = webhook(url, timeout_s=0.5, retries=0)[0].perform(payload)
        took = time.monotonic() - began
        stop.set()
        thread.join()
    assert result.detail == "127.0.0.1 gave no answer in 0.5 s."
    assert took < 8


def test_an_endless_body_is_not_read(payload: dict[str, Any]) -> None:
    stop = threading.Event()

    def flood(server: socket.socket) -> None:
        connection, _ = server.accept()
        with closing(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while not stop.is_set():
                try:
                    connection.sendall(b"z" * 65536)
                except OSError:
                    return

    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        thread = threading.Thread(target=flood, args=(server,))
        thread.start()
        result = webhook(f"http://127.0.0.1:{server.getsockname()[1]}/")[0].perform(payload)
        stop.set()
        thread.join()
    assert result.ok


def test_neither_key_nor_url_reaches_the_log(
    receiver: Receiver, payload: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    action, _ = webhook(receiver.url)
    action.perform(payload)
    written = caplog.text + repr(action) + action.name
    assert "token123" not in written
    assert SIGNING_KEY.decode() not in written
    assert action.name == "webhook 127.0.0.1"


@pytest.mark.parametrize("url", ["http:///path", "http://[::1", "http://a:port/"])
def test_unusable_urls_are_refused_when_built(url: str) -> None:
    with pytest.raises(ConfigError, match="webhook"):
        webhook(url)


def test_duration_is_measured_with_the_given_clock(
    receiver: Receiver, payload: dict[str, Any]
) -> None:
    ticks = iter([5.0, 5.5])
    action, _ = webhook(receiver.url, clock=lambda: next(ticks))
    assert action.perform(payload).duration_ms == 500


def test_a_password_that_has_to_be_escaped_is_told_how() -> None:
    with pytest.raises(ConfigError) as caught:
        Webhook("https://me:hunter#2@gate.example/x", secret=None, timeout_s=1, retries=0)
    said = str(caught.value)
    assert "write # as %23" in said
    assert "hunter" not in said
