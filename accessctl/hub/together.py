"""What several threads ask for at one time, done for all of them in one go.

While one lot is being done, whoever comes waits, and all who wait are the next lot: so of many at
once most cost no transaction of their own, and whoever is alone waits for nobody. Nobody has an
answer before what they asked for is done.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

AskedT = TypeVar("AskedT")
AnswerT = TypeVar("AnswerT")


@dataclass(slots=True, eq=False)
class _Asking(Generic[AskedT, AnswerT]):
    asked: AskedT
    answer: AnswerT | None = None
    fault: BaseException | None = None
    is_done: bool = False


class Together(Generic[AskedT, AnswerT]):
    """`act` does what several have asked for and gives an answer for each, in their order; where it
    raises, all of them hear that."""

    def __init__(self, act: Callable[[Sequence[AskedT]], Sequence[AnswerT]], most: int) -> None:
        """`most` are done at once."""
        self._act = act
        self._most = most
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._waiting: list[_Asking[AskedT, AnswerT]] = []

    def __call__(self, asked: AskedT) -> AnswerT:
        """The answer, from any thread; what `act` raises."""
        place: _Asking[AskedT, AnswerT] = _Asking(asked)
        with self._lock:
            self._waiting.append(place)
        with self._turn:
            # Whoever was before may have had it done already.
            while not place.is_done:
                self._do(self._next())
        if place.fault is not None:
            raise place.fault
        return place.answer  # type: ignore[return-value]  # there is one for each

    def _next(self) -> list[_Asking[AskedT, AnswerT]]:
        with self._lock:
            lot, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        return lot

    def _do(self, lot: Sequence[_Asking[AskedT, AnswerT]]) -> None:
        try:
            answers = self._act([place.asked for place in lot])
            for place, answer in zip(lot, answers, strict=True):
                place.answer = answer
        except BaseException as fault:  # noqa: BLE001 - raised where each of them waits
            for place in lot:
                place.fault = fault
        finally:
            for place in lot:
                place.is_done = True
