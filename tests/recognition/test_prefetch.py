import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.recognition.prefetch import prefetch

PATIENCE_S = 10.0


@given(st.lists(st.integers()))
def test_everything_comes_once_in_its_order(items: list[int]) -> None:
    done = [(item, made.result()) for item, made in prefetch(lambda n: n * n, items)]
    assert done == [(item, item * item) for item in items]


def test_the_next_item_is_worked_on_while_the_caller_has_the_last() -> None:
    begun = {item: threading.Event() for item in "abc"}
    for item, made in prefetch(lambda item: begun[item].set(), "abc"):
        made.result()
        if item == "a":
            assert begun["b"].wait(PATIENCE_S)
            assert not begun["c"].is_set()


def test_one_at_a_time_in_one_thread_that_is_not_the_callers() -> None:
    threads = {made.result() for _, made in prefetch(lambda _: threading.get_ident(), range(5))}
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_what_was_raised_is_raised_where_the_result_is_asked_for() -> None:
    def halves(number: int) -> int:
        if number % 2:
            raise ValueError(f"{number} is odd")
        return number // 2

    results = iter(prefetch(halves, [2, 3, 4]))
    assert next(results)[1].result() == 1
    with pytest.raises(ValueError, match="3 is odd"):
        next(results)[1].result()
    assert next(results)[1].result() == 2


def test_whoever_stops_early_leaves_no_thread_and_takes_no_more_items() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    before = threading.active_count()
    feed = prefetch(abs, items())
    next(feed)
    feed.close()
    assert taken == [0, 1]
    assert threading.active_count() == before
