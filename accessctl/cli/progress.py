"""Progress bars on standard error, silent when nobody watches."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def photo_bar(photos: Iterable[T], total: int) -> Iterator[T]:
    """See `bar`."""
    return bar(photos, total, "photos")


def bar(items: Iterable[T], total: int, what: str) -> Iterator[T]:
    """The items, one by one; a terminal shows how many of `total` are done, and the time left.

    `what` they are, in the plural. The bar is gone at the end.
    """
    if not total or not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as progress:
        yield from progress.track(items, total=total)
