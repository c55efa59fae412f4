"""The socket that the hub listens at, and how it ends."""

import socket
from contextlib import closing

import pytest

from accessctl.hub.assembly import Hub
from accessctl.hub.cluster import LOOPBACK, free_port
from accessctl.hub.server import listening
from accessctl.sync.identity import pinned
from tests.hub.conftest import serving
from tests.hub.test_feed_api import EMBEDDED


def test_no_part_of_an_answer_waits_for_the_one_before_to_be_acknowledged() -> None:
    port = free_port()
    with listening(LOOPBACK, port) as listener, socket.create_connection((LOOPBACK, port)):
        connection, _ = listener.accept()
        with closing(connection):
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@EMBEDDED
def test_whoever_keeps_a_connection_for_later_holds_up_no_end(
    hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    tls = pinned(hub.authority.pem)
    tls.check_hostname = False
    with socket.socket() as plain:
        with serving(hub):
            plain.connect((LOOPBACK, hub.config.port))
            kept = tls.wrap_socket(plain)
            kept.sendall(b"GET /healthz HTTP/1.1\r\nhost: hub\r\n\r\n")
            assert kept.recv(12) == b"HTTP/1.1 200"
        kept.close()
    # What the server says where it waited until its patience was over.
    assert "graceful shutdown exceeded" not in caplog.text
