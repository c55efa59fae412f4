import asyncio
import threading

import pytest

from accessctl.errors import StoreError
from accessctl.hub.health import Health
from tests.hub.full_threads import threads_full


def test_however_many_ask_at_one_time_the_database_is_asked_once() -> None:
    asked: list[int] = []
    go_on = threading.Event()

    def check() -> None:
        asked.append(1)
        assert go_on.wait(30)

    async def all_of_them() -> None:
        health = Health(check)
        waiting = [asyncio.ensure_future(health.ask()) for _ in range(50)]
        await asyncio.sleep(0)
        # Whoever hangs up takes the answer from nobody else.
        waiting[0].cancel()
        go_on.set()
        await asyncio.gather(*waiting[1:])
        assert len(asked) == 1
        await health.ask()
        assert len(asked) == 2

    asyncio.run(all_of_them())


def test_what_is_wrong_is_said_to_all_and_looked_at_again_the_next_time() -> None:
    faults = [StoreError("The database is gone.")]

    def check() -> None:
        if faults:
            raise faults.pop()

    async def twice() -> None:
        health = Health(check)
        said = await asyncio.gather(health.ask(), health.ask(), return_exceptions=True)
        assert [str(one) for one in said] == 2 * ["The database is gone."]
        await health.ask()

    asyncio.run(twice())


def test_a_fault_that_nobody_waits_for_any_more_is_no_noise(
    caplog: pytest.LogCaptureFixture,
) -> None:
    done = threading.Event()

    def check() -> None:
        done.wait(30)
        raise StoreError("The database is gone.")

    async def hung_up() -> None:
        asking = asyncio.ensure_future(Health(check).ask())
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait([asking])
        done.set()

    asyncio.run(hung_up())
    assert caplog.text == ""


def test_it_is_asked_while_all_waits_are_at_the_database() -> None:
    asked: list[int] = []

    async def asking() -> None:
        async with threads_full():
            await Health(lambda: asked.append(1)).ask()

    asyncio.run(asking())
    assert asked == [1]
