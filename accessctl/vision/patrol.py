"""Which tiles of a frame are searched for new faces: those where something has just
changed, and every other one often enough that nobody who stands still is overlooked.
"""

from collections.abc import Iterable, Sequence
from math import exp

import numpy as np

from accessctl.domain import Image
from accessctl.vision.motion import Changed, MotionGate
from accessctl.vision.search import Schedule, Tile

SWEEP_S = 0.8
"""Every tile is looked at this often at least, whether or not anything moves in it."""

RESTLESS_S = 0.3
"""And one in which as much moves as usual, this often: a clock in the picture, a tree, or
somebody who has shown no face so far."""

PACE_WHEN_FOLLOWING = 1
"""Tiles a frame while a face is followed: a second one is found within nine frames."""

LEAST_CELLS = 2
"""Changed cells that make a tile restless: the smallest face covers thirty."""

MORE, MORE_CELLS = 1.3, 8.0
"""A tile with so many times its usual changed cells, and so many more, has news."""

USUAL_S = 3.0
"""Time in which what a tile shows becomes 63 % of the usual."""


class Patrol:
    """Sends the search round one camera's frames, given in order."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._gate = MotionGate()
        self._size = (0, 0)
        self._every: tuple[Tile, ...] = ()
        self._looked: list[float] = []
        self._usual: list[float] = []
        self._seen = 0.0

    def tiles(self, image: Image, now: float, *, following: bool) -> list[Tile]:
        """The tiles of this frame that are to be searched, at most the schedule's pace."""
        self._start_over_if_resized(image)
        changed = self._gate.changed(image, now)
        ages = [now - looked for looked in self._looked]
        if following:
            chosen = longest_ago(ages, range(len(ages)))[:PACE_WHEN_FOLLOWING]
        else:
            counts = changed_cells(self._every, changed, *self._size)
            chosen = choose(ages, counts, self._usual, self._schedule.pace)
            self._note(counts, now)
        for index in chosen:
            self._looked[index] = now
        return [self._every[index] for index in chosen]

    def _start_over_if_resized(self, image: Image) -> None:
        height, width = image.shape[:2]
        if (width, height) != self._size:
            self._size = width, height
            self._every = self._schedule.every(width, height)
            self._looked = [float("-inf")] * len(self._every)
            self._usual = [0.0] * len(self._every)

    def _note(self, counts: Sequence[int], now: float) -> None:
        share = 1 - exp(-max(now - self._seen, 0.0) / USUAL_S)
        self._usual = [
            usual + share * (count - usual)
            for usual, count in zip(self._usual, counts, strict=True)
        ]
        self._seen = now


def choose(
    ages: Sequence[float], counts: Sequence[int], usual: Sequence[float], pace: int
) -> list[int]:
    """Indices of at most `pace` tiles: first those with news, but one place is for what is due.

    `ages` are the seconds since each tile was looked at, `counts` its changed cells now.
    """
    news = [i for i, n in enumerate(counts) if n > MORE * usual[i] + MORE_CELLS]
    due = [
        i
        for i, age in enumerate(ages)
        if age >= (SWEEP_S if counts[i] < LEAST_CELLS else RESTLESS_S)
    ]
    first = longest_ago(ages, news)
    rest = [i for i in longest_ago(ages, due) if i not in first[: pace - 1]]
    order = [*first[: pace - 1], *rest[:1], *first[pace - 1 :], *rest[1:]]
    return list(dict.fromkeys(order))[:pace]


def longest_ago(ages: Sequence[float], among: Iterable[int]) -> list[int]:
    """The indices `among` the tiles, of the one that was looked at the longest ago first."""
    return sorted(among, key=lambda index: -ages[index])


def changed_cells(tiles: Sequence[Tile], changed: Changed, width: int, height: int) -> list[int]:
    """How many cells of each tile have `changed`: bool (h, w) over all of the frame."""
    if not changed.any():
        return [0] * len(tiles)
    rows, columns = changed.shape
    # A sum over any rectangle is four reads of this table.
    table = np.zeros((rows + 1, columns + 1), np.int32)
    changed.astype(np.int32).cumsum(axis=0).cumsum(axis=1, out=table[1:, 1:])

    def count(tile: Tile) -> int:
        top, bottom = tile.top * rows // height, -(-tile.bottom * rows // height)
        left, right = tile.left * columns // width, -(-tile.right * columns // width)
        inside = table[bottom, right] - table[top, right] - table[bottom, left] + table[top, left]
        return int(inside)

    return [count(tile) for tile in tiles]
