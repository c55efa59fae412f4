"""As many requests at once as the server has threads, on either database."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest
from anyio.to_thread import current_default_thread_limiter
from sqlalchemy import func, select

from accessctl.hub.assembly import Hub
from accessctl.hub.database import SERVER_THREADS, HubDatabase
from accessctl.hub.tables import DOOR, JOINED
from accessctl.sync.client import DoorClient
from accessctl.sync.wire import LogMark
from tests.clocks import HandClock
from tests.hub.conftest import JoinedTestDoor

PATIENCE_S = 60.0


def at_once(work: Callable[[int], object]) -> list[object]:
    """By as many threads as a server has for requests."""
    with ThreadPoolExecutor(SERVER_THREADS) as pool:
        return list(pool.map(work, range(SERVER_THREADS)))


def test_it_is_as_many_as_the_server_has() -> None:
    async def threads() -> float:
        return current_default_thread_limiter().total_tokens

    assert anyio.run(threads) == SERVER_THREADS


def test_all_read_at_one_time_and_nobody_waits(hub: Hub) -> None:
    inside = threading.Barrier(SERVER_THREADS)

    def read(_: int) -> int:
        with hub.database.reading() as db:
            inside.wait(PATIENCE_S)
            return int(db.execute(select(func.count()).select_from(DOOR)).scalar_one())

    assert at_once(read) == [0] * SERVER_THREADS


def test_all_write_and_each_is_kept(hub: Hub) -> None:
    database: HubDatabase = hub.database

    def write(number: int) -> None:
        for turn in range(5):
            row = {
                "id": f"{number}-{turn}",
                "name": f"{number}-{turn}",
                "state": JOINED,
                "joined": 0.0,
            }
            with database.writing() as db:
                db.execute(DOOR.insert().values(row))

    at_once(write)
    with database.reading() as db:
        kept = db.execute(select(func.count()).select_from(DOOR)).scalar_one()
    assert kept == 5 * SERVER_THREADS


@pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)
def test_a_server_answers_all_of_them(
    hub: Hub, joined: Callable[[str], JoinedTestDoor], clock: HandClock
) -> None:
    front = joined("front")
    inside = threading.Barrier(SERVER_THREADS)
    mark = hub.records.mark

    def with_all_others(door: str) -> LogMark:
        with hub.database.reading():
            inside.wait(PATIENCE_S)
        return mark(door)

    hub.records.mark = with_all_others  # type: ignore[method-assign]

    def ask(_: int) -> int:
        with DoorClient(front.url, front.member, clock()) as client:
            return client.mark().number

    assert at_once(ask) == [0] * SERVER_THREADS
