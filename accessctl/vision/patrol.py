"""Which tiles of a frame are searched for new faces: those where something has just
changed, and every other one often enough that nobody who stands still is overlooked.
"""

from collections.abc import Collection, Mapping
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
        self._looked: dict[Tile, float] = {}
        self._usual: dict[Tile, float] = {}
        self._seen = 0.0

    def tiles(self, image: Image, now: float, *, following: bool) -> list[Tile]:
        """The tiles of this frame that are to be searched, at most the schedule's pace."""
        height, width = image.shape[:2]
        every = self._schedule.every(width, height)
        counts = changed_cells(every, self._gate.changed(image, now), width, height)
        ages = {tile: now - self._looked.get(tile, float("-inf")) for tile in every}
        if following:
            chosen = longest_ago(ages, every)[:PACE_WHEN_FOLLOWING]
        else:
            chosen = choose(ages, counts, self._usual, self._schedule.pace)
        self._note(counts, now)
        self._looked = {tile: now - age for tile, age in ages.items()} | dict.fromkeys(chosen, now)
        return chosen

    def _note(self, counts: Mapping[Tile, int], now: float) -> None:
        share = 1 - exp(-max(now - self._seen, 0.0) / USUAL_S)
        before = {tile: self._usual.get(tile, 0.0) for tile in counts}
        self._usual = {
            tile: before[tile] + share * (n - before[tile]) for tile, n in counts.items()
        }
        self._seen = now


def choose(
    ages: Mapping[Tile, float], counts: Mapping[Tile, int], usual: Mapping[Tile, float], pace: int
) -> list[Tile]:
    """At most `pace` tiles: first those with news, but one place is for those that are due.

    `ages` are the seconds since each tile was looked at, `counts` its changed cells now.
    """
    news = [t for t, n in counts.items() if n > MORE * usual.get(t, 0.0) + MORE_CELLS]
    due = [
        tile
        for tile, age in ages.items()
        if age >= (SWEEP_S if counts[tile] < LEAST_CELLS else RESTLESS_S)
    ]
    first = longest_ago(ages, news)
    rest = [tile for tile in longest_ago(ages, due) if tile not in first[: pace - 1]]
    order = [*first[: pace - 1], *rest[:1], *first[pace - 1 :], *rest[1:]]
    return list(dict.fromkeys(order))[:pace]


def longest_ago(ages: Mapping[Tile, float], among: Collection[Tile]) -> list[Tile]:
    """Those `among` the tiles, the one that was looked at the longest ago first."""
    return sorted((tile for tile in ages if tile in among), key=lambda tile: -ages[tile])


def changed_cells(
    tiles: Collection[Tile], changed: Changed, width: int, height: int
) -> dict[Tile, int]:
    """How many cells of each tile have `changed`: bool (h, w) over all of the frame."""
    if not changed.any():
        return dict.fromkeys(tiles, 0)
    rows, columns = changed.shape
    # A sum over any rectangle is four reads of this table.
    table = np.zeros((rows + 1, columns + 1), np.int32)
    changed.astype(np.int32).cumsum(axis=0).cumsum(axis=1, out=table[1:, 1:])

    def count(tile: Tile) -> int:
        top, bottom = tile.top * rows // height, -(-tile.bottom * rows // height)
        left, right = tile.left * columns // width, -(-tile.right * columns // width)
        inside = table[bottom, right] - table[top, right] - table[bottom, left] + table[top, left]
        return int(inside)

    return {tile: count(tile) for tile in tiles}
