"""What several requests ask for at one time, done for all of them in one go; see `together`, whose
part this is in one event loop: whoever waits takes no thread meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

AskedT = TypeVar("AskedT")
AnswerT = TypeVar("AnswerT")


class TogetherInLoop(Generic[AskedT, AnswerT]):
    """`act` does what several have asked for and gives an answer for each, in their order; where it
    raises, all of them hear that. What it does for somebody begins after they have asked."""

    def __init__(self, act: Callable[[Sequence[AskedT]], Awaitable[Sequence[AnswerT]]]) -> None:
        self._act = act
        self._waiting: list[tuple[AskedT, asyncio.Future[AnswerT]]] = []
        self._acting: asyncio.Task[None] | None = None

    async def __call__(self, asked: AskedT) -> AnswerT:
        """The answer; what `act` raises."""
        mine: asyncio.Future[AnswerT] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, mine))
        if self._acting is None:
            self._acting = asyncio.create_task(self._act_for_all())
        return await mine

    async def _act_for_all(self) -> None:
        try:
            while self._waiting:
                lot, self._waiting = self._waiting, []
                try:
                    answers = await self._act([asked for asked, _ in lot])
                except Exception as fault:  # noqa: BLE001 - raised where each of them waits
                    for _, waiting in lot:
                        # Some may have hung up meanwhile.
                        if not waiting.done():
                            waiting.set_exception(fault)
                else:
                    for (_, waiting), answer in zip(lot, answers, strict=True):
                        if not waiting.done():
                            waiting.set_result(answer)
        finally:
            self._acting = None
