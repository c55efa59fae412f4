import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from accessctl.hub.places import Places, Turn, origin_of


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("/run/hub.sock", "/run/hub.sock"),
    ],
)
def test_who_counts_as_one(address: str, origin: str) -> None:
    assert origin_of(address) == origin


def within_a_loop(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(work(), 60))


async def settled() -> None:
    """All that can go on has gone on."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_one_origin_waits_behind_itself_and_keeps_nobody_out() -> None:
    async def work() -> None:
        places = Places(3, 2)
        greedy = [asyncio.ensure_future(places.take("a")) for _ in range(9)]
        await settled()
        assert [one.done() for one in greedy] == [True, True, *[False] * 7]
        other = await asyncio.wait_for(places.take("b"), 1)
        # Now all are taken: the next one of any origin waits.
        third = asyncio.ensure_future(places.take("c"))
        await settled()
        assert (places.taken, third.done()) == (3, False)
        other.leave()
        await settled()
        assert third.done()
        greedy[0].result().leave()
        await settled()
        assert [one.done() for one in greedy][:4] == [True, True, True, False]
        for one in greedy:
            one.cancel()

    within_a_loop(work)


def test_a_turn_is_left_once_and_nobody_is_remembered() -> None:
    async def work() -> None:
        places = Places(1, 1)
        turn: Turn = await places.take("a")
        assert (places.taken, places.origins) == (1, 1)
        turn.leave()
        turn.leave()
        assert (places.taken, places.origins) == (0, 0)
        await places.take("b")
        waiting = asyncio.ensure_future(places.take("b"))
        await settled()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(places.take("c"), 0.01)
        assert (places.taken, places.origins) == (1, 1)
        waiting.cancel()

    within_a_loop(work)


def test_whoever_gives_up_between_the_two_gives_their_own_place_back() -> None:
    async def work() -> None:
        places = Places(1, 1)
        first = await places.take("a")
        gives_up = asyncio.ensure_future(places.take("b"))
        await settled()
        gives_up.cancel()
        await settled()
        first.leave()
        second = await asyncio.wait_for(places.take("b"), 1)
        second.leave()
        assert (places.taken, places.origins) == (0, 0)

    within_a_loop(work)
