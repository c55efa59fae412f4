"""Progress bars on standard error, silent when nobody watches."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def photo_bar(photos: Iterable[T], total: int) -> Iterator[T]:
    from tqdm import tqdm

    quiet = not sys.stderr.isatty()
    yield from tqdm(photos, total=total, unit="photo", file=sys.stderr, disable=quiet, leave=False)
