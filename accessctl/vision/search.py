"""Where to look for new faces in which frame; pure.

A frame is covered by overlapping tiles, because a face must fill enough of the detector's
small input to be seen. The tiles take turns, so that the cost of each frame stays low.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from accessctl.domain import Box
from accessctl.vision.detection import Detection


class Range(StrEnum):
    """Which detector looks at a tile."""

    SHORT = "short"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Tile:
    """A rectangle of the frame in whole pixels, right and bottom excluded."""

    left: int
    top: int
    right: int
    bottom: int
    range: Range


@dataclass(frozen=True, slots=True)
class Grid:
    """`columns` x `rows` tiles, laid along the longer side; neighbours share `overlap`."""

    columns: int
    rows: int
    overlap: float
    range: Range

    def tiles(self, width: int, height: int) -> tuple[Tile, ...]:
        """The tiles that cover a frame of `width` x `height` pixels."""
        columns, rows = (self.columns, self.rows) if width >= height else (self.rows, self.columns)
        return tuple(
            Tile(left, top, right, bottom, self.range)
            for top, bottom in _spans(height, rows, self.overlap)
            for left, right in _spans(width, columns, self.overlap)
        )


def _spans(length: int, count: int, overlap: float) -> list[tuple[int, int]]:
    """`count` equal stretches that cover `length`; neighbours share `overlap` of each."""
    size = length / (count - (count - 1) * overlap)
    starts = [i * size * (1 - overlap) for i in range(count)]
    return [(round(start), min(length, round(start + size))) for start in starts]


@dataclass(frozen=True, slots=True)
class Schedule:
    """The tiles of all `grids` take turns, `pace` of them at most in each frame."""

    grids: tuple[Grid, ...]
    pace: int

    def every(self, width: int, height: int) -> tuple[Tile, ...]:
        """All tiles of a frame of `width` x `height` pixels, in the order of their turns."""
        return _spread([tile for grid in self.grids for tile in grid.tiles(width, height)])

    @property
    def period(self) -> int:
        """Frames after which every tile has had its turn, where all are searched."""
        return -(-sum(grid.columns * grid.rows for grid in self.grids) // self.pace)


def _spread(tiles: Sequence[Tile]) -> tuple[Tile, ...]:
    """Every other tile first: neighbours, which both see a face, come in different frames."""
    return (*tiles[::2], *tiles[1::2])


DOOR_SCHEDULE = Schedule((Grid(4, 2, 0.25, Range.SHORT), Grid(1, 1, 0.0, Range.SHORT)), pace=3)

LOST_FACE_SCALE = 4.0
"""A lost face is looked for in a square this much larger than it was."""


def nearby(centre: tuple[float, float], box: Box, width: int, height: int) -> Tile | None:
    """The tile around a lost face expected at `centre`; None when that is off the frame."""
    half = LOST_FACE_SCALE * max(box.w, box.h) / 2
    left, right = (int(min(max(centre[0] + side, 0), width)) for side in (-half, half))
    top, bottom = (int(min(max(centre[1] + side, 0), height)) for side in (-half, half))
    if right - left < MIN_TILE or bottom - top < MIN_TILE:
        return None
    return Tile(left, top, right, bottom, Range.SHORT)


MIN_TILE = 16

PHOTO_GRIDS = (
    (0, Grid(1, 1, 0.0, Range.FULL)),
    (0, Grid(1, 1, 0.0, Range.SHORT)),
    (400, Grid(3, 2, 0.3, Range.FULL)),
    (1500, Grid(6, 5, 0.3, Range.FULL)),
)
"""Grids for photos whose longer side has at least so many pixels."""


def still_tiles(width: int, height: int) -> list[Tile]:
    """Where to look for faces of every size in one photo."""
    longer = max(width, height)
    return [
        tile for least, grid in PHOTO_GRIDS if longer >= least for tile in grid.tiles(width, height)
    ]


def placed(detection: Detection, tile: Tile) -> Detection:
    """A detection in the pixels of a tile, carried to the pixels of the frame."""
    return detection.shifted(tile.left, tile.top)


def same_face(a: Box, b: Box) -> bool:
    """Whether two boxes can only be about one face: one is centred in the other.

    Overlap alone does not tell: a tile that cuts a face gives a small box of a part of it.
    """
    return _holds(a, b.centre) or _holds(b, a.centre)


def _holds(box: Box, point: tuple[float, float]) -> bool:
    x, y = point
    return box.x <= x <= box.x + box.w and box.y <= y <= box.y + box.h
