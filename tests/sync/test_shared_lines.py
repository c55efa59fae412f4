"""Connections that a door's threads share, counted by a server that is no hub."""

import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from accessctl.errors import HubError
from accessctl.sync.client import DoorClient
from accessctl.sync.feed_wire import WaitBeside
from accessctl.sync.shared_lines import SharedLines
from accessctl.sync.wire import LogMark
from tests.patience import PATIENCE_S, wait_for

MARK = b'{"number": 3, "hash": null}'
NOW = 1_700_000_000.0


@dataclass
class Served:
    """What a server saw; a wait lasts until `news`, and so does all else where it `holds` that."""

    url: str = ""
    opened: int = 0
    closed: int = 0
    holds: bool = False
    waiting: threading.Event = field(default_factory=threading.Event)
    news: threading.Event = field(default_factory=threading.Event)


@contextmanager
def served() -> Iterator[Served]:
    seen = Served()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            seen.opened += 1
            super().setup()

        def finish(self) -> None:
            super().finish()
            seen.closed += 1

        def do_GET(self) -> None:
            if "/wait" in self.path or seen.holds:
                seen.waiting.set()
                assert seen.news.wait(PATIENCE_S)
            self.send_response(200)
            self.send_header("Content-Length", str(len(MARK)))
            self.end_headers()
            self.wfile.write(MARK)

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    seen.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield seen
    finally:
        seen.news.set()
        server.shutdown()
        thread.join()
        server.server_close()


def member(serial: int) -> Any:
    certificate = SimpleNamespace(serial_number=serial)
    return SimpleNamespace(
        certificate=certificate,
        expires=NOW + 1,
        folder=Path(),
        tls=ssl.create_default_context,
    )


def client(lines: SharedLines, hub: Served, serial: int = 1) -> DoorClient:
    return DoorClient(hub.url, member(serial), NOW, lines)


def test_one_after_the_other_they_use_one_connection_until_the_last_has_left() -> None:
    with served() as hub:
        lines = SharedLines(hub.url)
        log, feed = client(lines, hub), client(lines, hub)
        assert log.mark() == feed.mark() == LogMark(number=3, hash=None)
        log.close()
        assert feed.mark().number == 3
        assert (hub.opened, hub.closed) == (1, 0)
        feed.close()
        wait_for(lambda: hub.closed == 1, "the end of the connection")
        with client(lines, hub) as later:
            assert later.mark().number == 3
        assert hub.opened == 2


def test_who_waits_keeps_nobody_from_asking() -> None:
    with served() as hub:
        lines = SharedLines(hub.url)
        with client(lines, hub) as waiting, client(lines, hub) as log:

            def wait() -> None:
                try:
                    waiting.wait(0, WaitBeside())
                except HubError as error:
                    said.append(str(error))

            said: list[str] = []
            thread = threading.Thread(target=wait)
            thread.start()
            assert hub.waiting.wait(PATIENCE_S)
            # Whoever waits has a line of its own.
            assert not waiting.is_busy
            assert [log.mark().number for _ in range(3)] == [3, 3, 3]
            assert hub.opened == 2
            hub.news.set()
            thread.join(PATIENCE_S)
            assert "answered something else" in said[0]


def test_while_one_is_answered_the_others_see_it() -> None:
    with served() as hub:
        lines = SharedLines(hub.url)
        with client(lines, hub) as log, client(lines, hub) as feed:
            hub.holds = True
            with ThreadPoolExecutor(1) as pool:
                asked = pool.submit(log.mark)
                assert hub.waiting.wait(PATIENCE_S)
                assert feed.is_busy
                hub.news.set()
                assert asked.result(PATIENCE_S).number == 3
            assert not feed.is_busy
            with DoorClient(hub.url, member(1), NOW) as own:
                assert not own.is_busy


def test_who_shows_another_certificate_gets_a_connection_of_its_own() -> None:
    with served() as hub:
        lines = SharedLines(hub.url)
        with client(lines, hub, 1) as before, client(lines, hub, 2) as renewed:
            assert before.mark() == renewed.mark() == before.mark()
            assert hub.opened == 2
            with client(lines, hub, 2) as third:
                assert third.mark().number == 3
            assert renewed.mark().number == 3
            assert (hub.opened, hub.closed) == (2, 0)


def test_the_kernel_asks_whether_a_silent_line_is_still_there() -> None:
    with served() as hub, client(SharedLines(hub.url), hub) as log:
        log.mark()
        port = int(hub.url.rpartition(":")[2])
        there = f"{socket.htonl(0x7F000001):08X}:{port:04X}"
        lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        # proc(5): "tr" begins with 02 where the timer is the one that probes a silent connection.
        timers = [words[5].partition(":")[0] for words in lines if words[2] == there]
        assert timers == ["02"]
