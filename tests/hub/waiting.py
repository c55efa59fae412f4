"""A door that waits at a hub, as tests need it: its requests, and its waits in threads."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import httpx

from accessctl.audit.append import append_all
from accessctl.audit.log import EventLog
from accessctl.audit.schema import row_of
from accessctl.domain import Event
from accessctl.hub.assembly import Hub
from accessctl.storage.sqlite import connect
from accessctl.sync.client import BY_NAME
from accessctl.sync.feed_wire import COMMANDS, WAIT, Waited
from accessctl.sync.wire import API
from tests.hub.conftest import START_S, JoinedTestDoor
from tests.patience import wait_for

LONG_S = 30.0


class WaitingDoor:
    """One connection of a door that has joined; a request on it is one of its own."""

    def __init__(self, door: JoinedTestDoor) -> None:
        self.door = door
        self.id = door.member.door
        self._http = httpx.Client(
            base_url=door.url + API, verify=door.member.tls(), timeout=LONG_S, trust_env=False
        )
        self._pool = ThreadPoolExecutor(4)
        # A new door has the whole feed to come, and is told so at once.
        self._seq = self.wait(after=0).head.seq

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self._http.request(method, path, extensions=BY_NAME, **more)

    def wait(self, **what: Any) -> Waited:
        """The answer to one wait, by a door that has the feed as it was when it began."""
        asked = what if "after" in what else {"after": self._seq, **what}
        said = self.ask("GET", WAIT, params=asked)
        assert said.status_code == 200, said.text
        return Waited.model_validate_json(said.content)

    def begin_wait(self, hub: Hub, **what: Any) -> "Future[Waited]":
        """A wait that the hub holds when this returns."""
        before = waits_at(hub, self.id)
        future = self._pool.submit(self.wait, **what)
        wait_for(lambda: waits_at(hub, self.id) > before or future.done(), "the wait")
        return future

    def settle(self, nonce: str, *, done: bool = True, problem: str = "") -> httpx.Response:
        answer = {"done": done, "problem": problem}
        return self.ask("POST", f"{COMMANDS}/{nonce}", json=answer)

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._http.close()


def waits_at(hub: Hub, door: str) -> int:
    """How many waits of that door the hub holds."""
    return len(hub.waking._waiters.get(door, ()))


@contextmanager
def waiting_door(door: JoinedTestDoor) -> Iterator[WaitingDoor]:
    made = WaitingDoor(door)
    try:
        yield made
    finally:
        made.close()


def write_events(door: JoinedTestDoor, *events: Event) -> None:
    """In the door's log, and sent to the hub."""
    EventLog(door.log_file).close()
    with closing(connect(door.log_file, START_S)) as db:
        append_all(db, lambda _: [row_of(event) for event in events], None)
    door.send_all()
