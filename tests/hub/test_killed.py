"""Whichever of the two dies, and when: each record is at the hub once in the end.

ACCESSCTL_KILLS says how often each is killed.
"""

import os
import random
import signal
import socket
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.pool import Pool

from accessctl.config import HubConfig
from accessctl.errors import HubError
from accessctl.hub.assembly import Hub, open_hub
from accessctl.hub.server import serve
from accessctl.hub.verify import verify_site
from accessctl.sync.identity import is_member, load_membership
from accessctl.sync.joining import fingerprint_in, join
from tests.administration.killing import killed_at
from tests.hub.conftest import JoinedTestDoor, serving
from tests.patience import wait_for

NEVER = 1 << 60
KILLS = int(os.environ.get("ACCESSCTL_KILLS", "4"))
# A process is started for each, on a machine that does other things besides.
pytestmark = pytest.mark.timeout(300 + 30 * KILLS)


def hub_that_dies(config: HubConfig, point: int) -> int:
    """Serves in a process of its own, and dies at the `point`th moment right before or after a
    COMMIT; its process id."""
    with warnings.catch_warnings():
        # Threads of numerical libraries: the child uses none of them.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        return child
    seen = count(1)

    def die(*_: object) -> None:
        if next(seen) >= point:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        event.listen(Engine, "commit", die)
        event.listen(Pool, "checkin", die)
        with open_hub(config, {}) as hub:
            serve(hub, lambda: None)
    finally:
        os._exit(1)


def answers(config: HubConfig, child: int) -> Callable[[], bool]:
    def look() -> bool:
        if os.waitpid(child, os.WNOHANG)[0]:
            return True
        with suppress(OSError):
            socket.create_connection((config.host, config.port), 1.0).close()
            return True
        return False

    return look


@pytest.fixture
def apart(hub_config: HubConfig) -> Iterator[tuple[Hub, str]]:
    """A hub whose server is another process, and its URL: a process that is begun here for each
    kill must not come of one in which threads are at work on SQLite, which has locks of its own."""
    child = hub_that_dies(hub_config, NEVER)
    try:
        wait_for(answers(hub_config, child), "the hub's answer")
        with open_hub(hub_config, {}) as hub:
            yield hub, f"https://127.0.0.1:{hub_config.port}"
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_hub_that_is_killed_at_any_commit(hub_config: HubConfig, tmp_path) -> None:
    chance = random.Random(8)
    with open_hub(hub_config, {}) as hub, serving(hub) as url:
        code = hub.doors.invite("front").code
        right = fingerprint_in(hub.authority.fingerprint)
        member = join(url, right, code, tmp_path / "sync")
    door = JoinedTestDoor(member, tmp_path / "state" / "events.sqlite", url)
    written = deaths = 0
    for _ in range(KILLS):
        written += (more := chance.randint(1, 450))
        door.write(more)
        # Four such moments belong to its start, at least seven to the first batch.
        child = hub_that_dies(hub_config, chance.randint(5, 11))
        wait_for(answers(hub_config, child), "the hub's answer")
        try:
            door.send_all()
        except HubError:
            deaths += 1
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    with open_hub(hub_config, {}) as hub, serving(hub):
        assert deaths == KILLS
        door.send_all()
        numbers = [one.number for one in hub.records.query()]
        assert sorted(numbers) == list(range(1, written + 1))
        assert verify_site(hub.database).is_sound


@pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)
def test_a_door_that_is_killed_at_any_change_on_its_disk(
    apart: tuple[Hub, str], tmp_path: Path
) -> None:
    hub, url = apart
    code = hub.doors.invite("front").code
    member = join(url, fingerprint_in(hub.authority.fingerprint), code, tmp_path / "sync")
    door = JoinedTestDoor(member, tmp_path / "state" / "events.sqlite", url)
    changing = {"open", "os.rename", "os.chmod", "os.remove"}
    deaths = 0
    for point in range(KILLS * 2):
        door.write(3)
        deaths += killed_at(point, door.send_all, changing, lambda path: str(door.folder) in path)
    assert deaths > 0
    door.send_all()
    numbers = sorted(one.number for one in hub.records.query())
    assert numbers == list(range(1, KILLS * 6 + 1))
    assert hub.records.alarms() == []


@pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)
def test_a_door_that_is_killed_while_it_joins_can_try_the_same_code_again(
    apart: tuple[Hub, str], tmp_path: Path
) -> None:
    hub, url = apart
    changing = {"open", "os.rename", "os.chmod", "os.remove", "os.mkdir"}
    right = fingerprint_in(hub.authority.fingerprint)
    died_at = []
    for point in range(0, 60, 1 if KILLS > 10 else 6):
        name, folder = f"door-{point}", tmp_path / f"sync-{point}"
        code = hub.doors.invite(name).code

        def act(code: str = code, folder=folder) -> None:
            join(url, right, code, folder)

        died = killed_at(point, act, changing, lambda path, folder=folder: str(folder) in path)
        if not died:
            break
        died_at.append(point)
        if not is_member(folder):
            join(url, right, code, folder)
        assert load_membership(folder).hub.name == name
        assert [door.name for door in hub.doors.listed() if door.name == name] == [name]
    assert 2 <= len(died_at) < 50
