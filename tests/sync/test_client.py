"""What a hub may answer, said by a server that is none."""

import gzip
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from accessctl.errors import HubBusyError, HubError
from accessctl.sync.client import HubConnection
from accessctl.sync.wire import LOG, MAX_ANSWER_BYTES, LogMark
from tests.patience import PATIENCE_S


@contextmanager
def answering(
    head: bytes, body: bytes, heard: list[bytes], status: bytes = b"200 OK"
) -> Iterator[HubConnection]:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            peer, _ = server.accept()
            with peer:
                heard.append(peer.recv(65536).lower())
                length = f"Content-Length: {len(body)}\r\n\r\n".encode()
                peer.sendall(b"HTTP/1.1 " + status + b"\r\n" + head + length + body)

        thread = threading.Thread(target=answer)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with HubConnection(url, ssl.create_default_context(), lambda: 5.0) as connection:
            yield connection
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def test_what_was_asked_for() -> None:
    with answering(b"", b'{"number": 3, "hash": null}', []) as hub:
        assert hub.ask("GET", LOG, LogMark) == LogMark(number=3, hash=None)


def test_what_is_packed_is_not_unpacked() -> None:
    heard: list[bytes] = []
    packed = gzip.compress(b'{"number": 3, "hash": null}')
    with (
        answering(b"Content-Encoding: gzip\r\n", packed, heard) as hub,
        pytest.raises(HubError, match="answered something else than was asked"),
    ):
        hub.ask("GET", LOG, LogMark)
    assert b"accept-encoding: identity" in heard[0]


def test_more_than_any_answer_has() -> None:
    with (
        answering(b"", b" " * (MAX_ANSWER_BYTES + 1), []) as hub,
        pytest.raises(HubError, match="answered too much"),
    ):
        hub.ask("GET", LOG, LogMark)


@pytest.mark.parametrize(
    ("status", "head", "asked_s"),
    [
        (b"503 Service Unavailable", b"Retry-After: 7\r\n", 7),
        (b"429 Too Many Requests", b"Retry-After: 7\r\n", 7),
        (b"503 Service Unavailable", b"", 0),
        (b"503 Service Unavailable", b"Retry-After: 86400\r\n", 60),
        (b"503 Service Unavailable", b"Retry-After: Thu, 01 Jan 1970 00:00:09 GMT\r\n", 4),
    ],
)
def test_a_hub_that_cannot_answer_now(status: bytes, head: bytes, asked_s: float) -> None:
    body = b'{"problem": "It has too much to do."}'
    with (
        answering(head, body, [], status) as hub,
        pytest.raises(HubBusyError, match="refuses: It has too much to do") as raised,
    ):
        hub.ask("GET", LOG, LogMark)
    assert raised.value.asked_s == asked_s


def test_another_refusal_asks_for_no_pause() -> None:
    with (
        answering(b"Retry-After: 7\r\n", b"{}", [], b"403 Forbidden") as hub,
        pytest.raises(HubError) as raised,
    ):
        hub.ask("GET", LOG, LogMark)
    assert not isinstance(raised.value, HubBusyError)
