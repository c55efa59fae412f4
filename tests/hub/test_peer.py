"""Connections to a hub on which nothing comes, or half of something."""

import socket
from contextlib import ExitStack

import httpx
import pytest

from accessctl.sync.client import BY_NAME
from accessctl.sync.identity import pinned
from accessctl.sync.wire import HUB_NAME
from tests.hub.conftest import serving

EMBEDDED = pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)
"""None of it has to do with the database."""


@EMBEDDED
def test_whoever_connects_and_says_nothing_is_let_go(hub) -> None:
    with serving(hub, keep_alive_s=1):
        address = (hub.config.host, hub.config.port)
        tls = pinned(hub.authority.pem)
        with (
            socket.create_connection(address, 30.0) as plain,
            tls.wrap_socket(plain, server_hostname=HUB_NAME) as silent,
        ):
            assert silent.recv(1) == b""


@EMBEDDED
@pytest.mark.parametrize(
    "begun",
    [
        b"GET /healthz HTT",
        b"POST /api/v1/join HTTP/1.1\r\nHost: hub\r\nContent-Length: 99\r\n\r\n{",
        b"GET /healthz HTTP/1.1\r\nHost: hub\r\n\r\nGET /healthz HTT",
    ],
    ids=["head", "body", "second"],
)
def test_whoever_begins_a_request_and_does_not_end_it_is_let_go(hub, begun: bytes) -> None:
    with serving(hub, keep_alive_s=1):
        address = (hub.config.host, hub.config.port)
        tls = pinned(hub.authority.pem)
        with (
            socket.create_connection(address, 10.0) as plain,
            tls.wrap_socket(plain, server_hostname=HUB_NAME) as slow,
        ):
            slow.sendall(begun)
            while slow.recv(4096):
                pass


@EMBEDDED
def test_the_end_does_not_wait_for_half_a_request_nor_tell_of_it(hub, caplog) -> None:
    tls = pinned(hub.authority.pem)
    with ExitStack() as stack:
        with serving(hub):
            address = (hub.config.host, hub.config.port)
            plain = stack.enter_context(socket.create_connection(address, 10.0))
            slow = stack.enter_context(tls.wrap_socket(plain, server_hostname=HUB_NAME))
            slow.sendall(b"POST /api/v1/join HTTP/1.1\r\nHost: hub\r\nContent-Length: 9\r\n\r\n{")
            with httpx.Client(verify=tls) as another:
                assert another.get(f"https://127.0.0.1:{address[1]}/healthz", extensions=BY_NAME)
        while slow.recv(4096):
            pass
    assert caplog.text == ""
