"""Waits that are woken from threads, from other processes, and by nobody."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import ExitStack, suppress

import pytest
from sqlalchemy import Connection

from accessctl.errors import StoreError
from accessctl.hub.database import open_database
from accessctl.hub.tables import DOOR, JOINED, REVOKED
from accessctl.hub.waking import (
    BETWEEN_WAITS_S,
    LOOK_S,
    Handed,
    Newest,
    Wait,
    Waking,
    notify,
)
from accessctl.sync.feed_wire import Change, ChangeKind
from tests.patience import wait_for

LONG_S = 30.0
SHORT_S = 0.01
DOORS = ["a", "b", *(f"door-{number}" for number in range(2000))]


class Feed:
    """A number that lies in the database, as the feed's does."""

    def __init__(self, database) -> None:
        self.database = database
        self.asked = 0
        with database.writing() as db:
            db.exec_driver_sql("CREATE TABLE feed (seq INTEGER)")
            db.exec_driver_sql("INSERT INTO feed VALUES (0)")
            rows = [{"id": door, "name": door, "state": JOINED, "joined": 0.0} for door in DOORS]
            db.execute(DOOR.insert(), rows)

    def newest(self, db: Connection) -> Newest:
        self.asked += 1
        return Newest(int(db.exec_driver_sql("SELECT seq FROM feed").scalar_one()))

    def move_on(self) -> None:
        with self.database.writing() as db:
            db.exec_driver_sql("UPDATE feed SET seq = seq + 1")
            notify(self.database, db)


@pytest.fixture
def database(hub_config) -> Iterator[object]:
    opened = open_database(hub_config, {})
    yield opened
    opened.close()


@pytest.fixture
def feed(database) -> Feed:
    return Feed(database)


@pytest.fixture
def waking(database, feed) -> Iterator[Waking]:
    made = Waking(database, feed.newest)
    made.start()
    yield made
    made.close()


@pytest.fixture
def resting(hub_config) -> Iterator[Waking]:
    """One that nothing follows: each wake is the test's own."""
    opened = open_database(hub_config, {})
    yield Waking(opened, lambda _: Newest())
    opened.close()


EMBEDDED = pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)


def run(work: Callable[[], Awaitable[object]]) -> object:
    async def bounded() -> object:
        async with asyncio.timeout(LONG_S):
            return await work()

    return asyncio.run(bounded())


def test_a_transaction_wakes_all_who_wait_once_it_is_written(waking, feed) -> None:
    async def work() -> None:
        with waking.waiting("a") as one, waking.waiting("b") as other:
            threading.Thread(target=feed.move_on).start()
            assert await one.woken(LONG_S)
            assert await other.woken(LONG_S)
        assert waking.newest.seq == 1

    run(work)


def test_another_process_wakes_them(waking, feed, hub_config) -> None:
    write = (
        "import sys; from pathlib import Path\n"
        "from accessctl.config import HubConfig\n"
        "from accessctl.hub.database import open_database\n"
        "from accessctl.hub.waking import notify\n"
        "file = Path(sys.argv[2]) if len(sys.argv) > 2 else None\n"
        "config = HubConfig(folder=Path(sys.argv[1]), database_file=file)\n"
        "database = open_database(config, {})\n"
        "with database.writing() as db:\n"
        "    db.exec_driver_sql('UPDATE feed SET seq = 7')\n"
        "    notify(database, db)\n"
    )
    named = [] if hub_config.database_file is None else [hub_config.database_file]

    async def work() -> None:
        with waking.waiting("a") as waiter:
            command = [sys.executable, "-c", write, hub_config.folder, *named]
            await asyncio.to_thread(subprocess.run, command, check=True)
            assert await waiter.woken(LONG_S)
        assert waking.newest.seq == 7

    run(work)


@pytest.mark.parametrize("hub_config", ["postgresql"], indirect=True)
def test_what_is_said_of_one_door_wakes_no_other(waking, database) -> None:
    def say() -> None:
        with database.writing() as db:
            notify(database, db, "a")

    async def work() -> None:
        with waking.waiting("a") as one, waking.waiting("b") as other:
            await asyncio.to_thread(say)
            assert await one.woken(LONG_S)
            assert not await other.woken(SHORT_S)

    run(work)


def test_a_transaction_that_is_undone_wakes_nobody(waking, feed, database) -> None:
    def undone() -> None:
        with suppress(RuntimeError), database.writing() as db:
            db.exec_driver_sql("UPDATE feed SET seq = 99")
            notify(database, db)
            raise RuntimeError

    async def work() -> None:
        with waking.waiting("a") as waiter:
            await asyncio.to_thread(undone)
            await asyncio.to_thread(feed.move_on)
            assert await waiter.woken(LONG_S)
        assert waking.newest.seq == 1

    run(work)


def test_what_nobody_tells_of_is_seen_at_the_next_look(feed, database) -> None:
    waking = Waking(database, feed.newest)
    assert not waking.look()
    with database.writing() as db:
        db.exec_driver_sql("UPDATE feed SET seq = 3")

    async def work() -> None:
        with waking.waiting("a") as waiter:
            assert await asyncio.to_thread(waking.look)
            assert await waiter.woken(LONG_S)

    run(work)


@EMBEDDED
def test_the_thread_looks_by_itself_when_nothing_is_said(feed, database, monkeypatch) -> None:
    time = [0.0]
    waking = Waking(database, feed.newest, lambda: time[0])
    waking.start()
    try:
        # Its own look when it had begun to listen.
        wait_for(lambda: feed.asked >= 2, "the second look")

        def has_looked_again() -> bool:
            time[0] += LOOK_S
            return feed.asked >= 3

        wait_for(has_looked_again, "the look that is due")
    finally:
        waking.close()


def test_a_door_that_is_revoked_waits_no_longer(waking, database) -> None:
    def revoke() -> None:
        with database.writing() as db:
            db.execute(DOOR.update().where(DOOR.c.id == "a").values(state=REVOKED))
            notify(database, db, "a")

    async def work() -> None:
        with waking.waiting("a") as one, waking.waiting("b") as other:
            await asyncio.to_thread(revoke)
            assert await one.woken(LONG_S)
            assert one.is_revoked
            assert not other.is_revoked

    run(work)


def test_one_question_serves_all_who_wait(waking, feed) -> None:
    async def work() -> None:
        waits = [waking.waiting(door) for door in DOORS]
        waiters = [wait.__enter__() for wait in waits]
        threads, before = threading.active_count(), feed.asked
        pending = [asyncio.ensure_future(waiter.woken(LONG_S)) for waiter in waiters]
        await asyncio.to_thread(feed.move_on)
        assert all(await asyncio.gather(*pending))
        # One more may be the regular look; `to_thread` took a thread of its own.
        assert feed.asked - before <= 3
        assert threading.active_count() <= threads + 1
        for wait in waits:
            wait.__exit__(None, None, None)

    run(work)


CHANGE = Change(seq=1, subject="rules", kind=ChangeKind.RULES)


@EMBEDDED
def test_what_is_new_is_handed_out_and_whoever_has_no_part_in_it_waits_on(database, feed) -> None:
    asked: list[tuple[int, set[Wait]]] = []

    def hand(seq: int, waits: Collection[Wait]) -> dict[Wait, tuple[Change, ...]]:
        asked.append((seq, set(waits)))
        return {Wait("a", 0): (CHANGE,), Wait("b", 0): ()}

    waking = Waking(database, feed.newest, hand=hand)
    waking.look()

    async def work() -> None:
        with ExitStack() as waits:
            names = ("a", "b", "door-1", "nobody")
            a, b, c, gone = (waits.enter_context(waking.waiting(name, 0)) for name in names)
            d = waits.enter_context(waking.waiting("door-2"))
            feed.move_on()
            assert await asyncio.to_thread(waking.look)
            assert (a.handed, b.handed) == (Handed(1, (CHANGE,)), Handed(1, ()))
            assert (c.handed, d.handed, gone.handed) == (None, None, None)
            for woken in (a, c, d):
                assert await woken.woken(LONG_S)
            assert not await b.woken(SHORT_S)
            assert gone.is_revoked

    run(work)
    assert asked == [(1, {Wait("a", 0), Wait("b", 0), Wait("door-1", 0)})]
    # Without anything new nobody is asked for anything.
    waking.look()
    assert len(asked) == 1


@EMBEDDED
@pytest.mark.parametrize("error", [StoreError("The disk is full."), TypeError("no groups")])
def test_where_nothing_can_be_handed_out_the_doors_are_woken_all_the_same(
    database, feed, caplog, error: Exception
) -> None:
    def fail(_seq: int, _waits: Collection[Wait]) -> dict[Wait, tuple[Change, ...]]:
        raise error

    waking = Waking(database, feed.newest, hand=fail)

    async def work() -> None:
        with waking.waiting("a", 0) as waiter:
            feed.move_on()
            assert await asyncio.to_thread(waking.look)
            assert await waiter.woken(LONG_S)
            assert waiter.handed is None

    run(work)
    assert waking.newest.seq == 1
    assert "Doors have to ask for what changed" in caplog.text
    assert str(error) in caplog.text


@EMBEDDED
def test_a_wake_before_the_wait_is_not_lost(resting) -> None:
    async def work() -> None:
        with resting.waiting("a") as waiter:
            resting.wake("a")
            assert await waiter.woken(LONG_S)
            assert not await waiter.woken(SHORT_S)
            resting.wake("b")
            assert not await waiter.woken(SHORT_S)

    run(work)


@EMBEDDED
def test_a_door_is_connected_while_it_waits_and_a_moment_longer(hub_config) -> None:
    time = [100.0]
    opened = open_database(hub_config, {})
    waking = Waking(opened, lambda _: Newest(), lambda: time[0])

    async def work() -> None:
        assert not waking.is_connected("a")
        with waking.waiting("a"):
            time[0] += 1000
            assert waking.is_connected("a")
        time[0] += BETWEEN_WAITS_S - 0.1
        assert waking.is_connected("a")
        time[0] += 0.1
        assert not waking.is_connected("a")

    run(work)
    opened.close()


@EMBEDDED
def test_the_end_of_the_hub_ends_all_waits(resting) -> None:
    async def work() -> None:
        with resting.waiting("a") as waiter:
            threading.Thread(target=resting.close).start()
            assert await waiter.woken(LONG_S)
            assert resting.is_closing

    run(work)


@EMBEDDED
def test_a_loop_that_has_ended_is_woken_for_nothing(resting) -> None:
    async def begin() -> object:
        wait = resting.waiting("a")
        wait.__enter__()
        return wait

    wait = asyncio.run(begin())
    resting.wake(None)
    wait.__exit__(None, None, None)
    assert not resting.is_closing


def test_no_fault_ends_what_wakes_them(waking, feed, caplog, monkeypatch) -> None:
    monkeypatch.setattr("accessctl.hub.waking.RETRY_S", SHORT_S)
    look, faults = waking.look, [RuntimeError("of no kind that is foreseen")]

    def once() -> bool:
        if faults:
            raise faults.pop()
        return look()

    async def work() -> None:
        with waking.waiting("a") as waiter:
            await asyncio.to_thread(feed.move_on)
            await asyncio.to_thread(wait_for, lambda: not faults, "the fault")
            await asyncio.to_thread(feed.move_on)
            while waking.newest.seq < 2:
                assert await waiter.woken(LONG_S)

    monkeypatch.setattr(waking, "look", once)
    run(work)
    assert "of no kind that is foreseen" in caplog.text
