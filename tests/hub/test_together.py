import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from accessctl.hub.together import Together
from tests.patience import PATIENCE_S, wait_for


def test_whoever_is_alone_waits_for_nobody() -> None:
    lots: list[list[int]] = []

    def doubled(asked: Sequence[int]) -> list[int]:
        lots.append(list(asked))
        return [2 * one for one in asked]

    together: Together[int, int] = Together(doubled, 10)
    assert [together(1), together(2)] == [2, 4]
    assert lots == [[1], [2]]


def test_all_who_come_meanwhile_are_the_next_lot_and_each_has_the_answer_to_its_own() -> None:
    first, go = threading.Event(), threading.Event()
    lots: list[list[int]] = []

    def doubled(asked: Sequence[int]) -> list[int]:
        lots.append(list(asked))
        first.set()
        assert go.wait(PATIENCE_S)
        return [2 * one for one in asked]

    together: Together[int, int] = Together(doubled, 3)
    with ThreadPoolExecutor(8) as pool:
        alone = pool.submit(together, 0)
        assert first.wait(PATIENCE_S)
        others = [pool.submit(together, number) for number in range(1, 8)]
        wait_for(lambda: len(together._waiting) == 7, "the others")
        assert not any(one.done() for one in (alone, *others))
        go.set()
        assert [one.result(PATIENCE_S) for one in (alone, *others)] == list(range(0, 16, 2))
    assert [len(lot) for lot in lots] == [1, 3, 3, 1]
    assert sorted(number for lot in lots for number in lot) == list(range(8))


def test_what_goes_wrong_is_heard_by_all_of_that_lot_and_by_nobody_later() -> None:
    def act(asked: Sequence[int]) -> list[int]:
        if 0 in asked:
            raise ZeroDivisionError
        return list(asked)

    together: Together[int, int] = Together(act, 10)
    with pytest.raises(ZeroDivisionError):
        together(0)
    assert together(1) == 1
