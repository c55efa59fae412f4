"""The socket that the hub listens at."""

import socket
from contextlib import closing

from accessctl.hub.cluster import LOOPBACK, free_port
from accessctl.hub.server import listening


def test_no_part_of_an_answer_waits_for_the_one_before_to_be_acknowledged() -> None:
    port = free_port()
    with listening(LOOPBACK, port) as listener, socket.create_connection((LOOPBACK, port)):
        connection, _ = listener.accept()
        with closing(connection):
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
