"""Work on the next item while the caller is busy with the last."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def prefetch(
    work: Callable[[Item], Result], items: Iterable[Item]
) -> Iterator[tuple[Item, Future[Result]]]:
    """Each of `items` with what `work` made of it, in their order, worked on one at a time.

    That happens in one thread beside the caller's, one item ahead: `result()` gives it, or
    raises what `work` raised. Whoever stops early waits for the item that is under way.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="prefetch") as beside:
        before: tuple[Item, Future[Result]] | None = None
        for item in items:
            current = item, beside.submit(work, item)
            if before is not None:
                yield before
            before = current
        if before is not None:
            yield before
