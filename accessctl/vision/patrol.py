"""Which tiles of a frame are searched for new faces: those where something changed, and
every other one often enough that nobody who stands still is overlooked.
"""

from collections.abc import Collection, Mapping

import numpy as np

from accessctl.domain import Image
from accessctl.vision.motion import Changed, MotionGate
from accessctl.vision.search import Schedule, Tile

SWEEP_S = 0.8
"""Every tile is looked at this often at least, whether or not anything moves in it."""

PACE_WHEN_FOLLOWING = 1
"""Tiles a frame while a face is followed: a second one is found within nine frames."""

LEAST_CELLS = 2
"""Changed cells that make a tile worth a look: the smallest face covers thirty."""


class Patrol:
    """Sends the search round one camera's frames, given in order."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._gate = MotionGate()
        self._looked: dict[Tile, float] = {}

    def tiles(self, image: Image, now: float, *, following: bool) -> list[Tile]:
        """The tiles of this frame that are to be searched, at most the schedule's pace."""
        height, width = image.shape[:2]
        every = self._schedule.every(width, height)
        looked = {tile: self._looked.get(tile, float("-inf")) for tile in every}
        changed = self._gate.changed(image, now)
        if following:
            chosen = longest_ago(looked, every)[:PACE_WHEN_FOLLOWING]
        else:
            busy = moving(every, changed, width, height)
            overdue = {tile for tile in every if now - looked[tile] >= SWEEP_S}
            order = longest_ago(looked, busy) + longest_ago(looked, overdue - busy)
            chosen = order[: self._schedule.pace]
        self._looked = looked | dict.fromkeys(chosen, now)
        return chosen


def longest_ago(looked: Mapping[Tile, float], among: Collection[Tile]) -> list[Tile]:
    """Those `among` the tiles, the one that was looked at the longest ago first."""
    return sorted((tile for tile in looked if tile in among), key=looked.__getitem__)


def moving(tiles: Collection[Tile], changed: Changed, width: int, height: int) -> set[Tile]:
    """The tiles in which cells have `changed`: bool (h, w) over all of the frame."""
    if not changed.any():
        return set()
    rows, columns = changed.shape
    # A sum over any rectangle is four reads of this table.
    table = np.zeros((rows + 1, columns + 1), np.int32)
    changed.astype(np.int32).cumsum(axis=0).cumsum(axis=1, out=table[1:, 1:])

    def count(tile: Tile) -> int:
        top, bottom = tile.top * rows // height, -(-tile.bottom * rows // height)
        left, right = tile.left * columns // width, -(-tile.right * columns // width)
        return int(
            table[bottom, right] - table[top, right] - table[bottom, left] + table[top, left]
        )

    return {tile for tile in tiles if count(tile) >= LEAST_CELLS}
