"""A hub on either database, its server on a real port, and doors that join it."""

import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from accessctl.audit.append import append_all
from accessctl.audit.log import EventLog
from accessctl.audit.schema import row_of
from accessctl.config import Config, HubConfig, SyncConfig
from accessctl.domain import Event, EventKind
from accessctl.hub.assembly import Hub, open_hub
from accessctl.hub.cluster import free_port, private_cluster
from accessctl.hub.server import KEEP_ALIVE_S, listening, server
from accessctl.storage.sqlite import connect
from accessctl.sync.identity import Membership
from accessctl.sync.joining import fingerprint_in, join
from accessctl.sync.link import HubLink
from tests.clocks import HandClock
from tests.hub.installed import postgresql_programs
from tests.hub.made_tables import (
    database_with_tables,
    make_template,
    new_schema,
    url_file,
    with_tables,
)

START_S = 30.0
NOW = 1_700_000_000.0


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a server of our own, without a database's name."""
    programs = postgresql_programs()
    # Below /tmp: pytest's folders are closed to other users.
    with (
        tempfile.TemporaryDirectory(prefix="accessctl-pg-") as name,
        private_cluster(Path(name), programs) as cluster,
    ):
        yield cluster.url


@pytest.fixture(scope="session")
def template(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of that server, at which there is a database to copy."""
    make_template(postgresql, tmp_path_factory.mktemp("template"))
    return postgresql


@pytest.fixture(params=["sqlite", "postgresql"])
def hub_config(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[HubConfig]:
    """Of a hub whose database has its tables, with nothing in them, at a free port of this
    machine."""
    made = HubConfig(folder=tmp_path / "hub", host="127.0.0.1", port=free_port())
    if request.param == "sqlite":
        yield with_tables(made)
        return
    with database_with_tables(request.getfixturevalue("template")) as url:
        yield made.model_copy(update={"database_file": url_file(tmp_path / "database", url)})


@pytest.fixture(params=["sqlite", "postgresql"])
def unused_config(request: pytest.FixtureRequest, tmp_path: Path) -> HubConfig:
    """Of a hub that was never there, whose database has no tables yet."""
    made = HubConfig(folder=tmp_path / "hub", host="127.0.0.1", port=free_port())
    if request.param == "sqlite":
        return made
    url = new_schema(request.getfixturevalue("postgresql"))
    return made.model_copy(update={"database_file": url_file(tmp_path / "database", url)})


@pytest.fixture
def clock() -> HandClock:
    return HandClock(time.time())


@pytest.fixture
def hub(hub_config: HubConfig, clock: HandClock) -> Iterator[Hub]:
    with open_hub(hub_config, {}, now=clock) as opened:
        yield opened


@contextmanager
def serving(
    hub: Hub, keep_alive_s: int = KEEP_ALIVE_S, tls: ssl.SSLContext | None = None
) -> Iterator[str]:
    """The URL of the hub's server, in a thread of this process."""
    ready = threading.Event()
    tls = tls or hub.authority.server_context(())
    made = server(hub, tls, ready.set, keep_alive_s)
    with listening(hub.config.host, hub.config.port) as listener:
        thread = threading.Thread(target=made.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            assert ready.wait(START_S)
            yield f"https://127.0.0.1:{hub.config.port}"
        finally:
            made.should_exit = True
            thread.join(START_S)
            assert not thread.is_alive()


@pytest.fixture
def url(hub: Hub) -> Iterator[str]:
    with serving(hub) as address:
        yield address


@dataclass(frozen=True)
class JoinedTestDoor:
    """A door with an event log of its own that has joined the hub."""

    member: Membership
    log_file: Path
    url: str

    @property
    def folder(self) -> Path:
        return self.member.folder

    @property
    def config(self) -> Config:
        return Config(sync=SyncConfig(hub=self.url, folder=self.folder))

    def write(self, count: int, **data: Any) -> None:
        """So many more events, sealed as a door's are."""
        events = [
            Event(NOW + number, EventKind.SERVICE, {"state": "tried", **data})
            for number in range(count)
        ]
        # In one transaction: a door's own takes one for each, and the disk's time with it.
        EventLog(self.log_file).close()
        with closing(connect(self.log_file, START_S)) as db:
            append_all(db, lambda _: [row_of(event) for event in events], None)

    def link(self) -> HubLink:
        return HubLink(self.log_file, self.url, self.folder)

    def send_all(self) -> None:
        """What the thread beside the door does until nothing is left to send."""
        link = self.link()
        try:
            while link.send_once():
                pass
        finally:
            link.disconnect()


@pytest.fixture
def joined_at(hub: Hub, tmp_path: Path) -> Callable[[str, str], JoinedTestDoor]:
    """Joins a door of that name to the hub at that URL."""

    def make(url: str, name: str) -> JoinedTestDoor:
        invitation = hub.doors.invite(name)
        folder = tmp_path / f"{name}-sync"
        member = join(url, fingerprint_in(hub.authority.fingerprint), invitation.code, folder)
        return JoinedTestDoor(member, tmp_path / f"{name}-state" / "events.sqlite", url)

    return make


@pytest.fixture
def joined(
    url: str, joined_at: Callable[[str, str], JoinedTestDoor]
) -> Callable[[str], JoinedTestDoor]:
    return lambda name: joined_at(url, name)
