"""What several ask for in one event loop, done in one go."""

import asyncio
from collections.abc import Sequence

from accessctl.hub.together_in_loop import TogetherInLoop


class Doubling:
    """Doubles numbers, each lot once `go` is set."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.lots: list[list[int]] = []

    async def __call__(self, asked: Sequence[int]) -> list[int]:
        self.lots.append(list(asked))
        await self.go.wait()
        if 0 in asked:
            raise ZeroDivisionError
        return [2 * one for one in asked]


def test_all_who_come_meanwhile_are_the_next_lot_and_each_has_the_answer_to_its_own() -> None:
    async def asking() -> None:
        act = Doubling()
        together: TogetherInLoop[int, int] = TogetherInLoop(act)
        first = asyncio.create_task(together(1))
        while not act.lots:
            await asyncio.sleep(0)
        others = [asyncio.create_task(together(number)) for number in (2, 3, 4)]
        await asyncio.sleep(0)
        others[-1].cancel()
        act.go.set()
        assert await asyncio.gather(first, *others[:-1]) == [2, 4, 6]
        assert await together(5) == 10
        assert act.lots == [[1], [2, 3, 4], [5]]

    asyncio.run(asking())


def test_what_goes_wrong_is_heard_by_all_of_that_lot_and_by_nobody_later() -> None:
    async def asking() -> None:
        act = Doubling()
        act.go.set()
        together: TogetherInLoop[int, int] = TogetherInLoop(act)
        faults = await asyncio.gather(together(0), together(1), return_exceptions=True)
        assert [type(one) for one in faults] == [ZeroDivisionError, ZeroDivisionError]
        assert await together(1) == 2

    asyncio.run(asking())
