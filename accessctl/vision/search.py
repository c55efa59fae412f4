"""Which parts of a frame are searched for new faces.

A frame is covered by overlapping tiles, because a face must fill enough of the detector's
small input to be seen. The tiles take turns, so that the cost of each frame stays low: first come
those where something has just changed, and every other one often enough that nobody who stands
still is overlooked.

What changes is told cheaply, and camera noise is not taken for it. A frame is sampled on a small
grid and compared with a background that follows it slowly (exponential forgetting; Piccardi,
"Background subtraction techniques: a review", IEEE SMC 2004). Whatever arrives stays a change for
many seconds, until it is background itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import exp

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Box, Image
from accessctl.vision.detection import Detection

LOST_FACE_SCALE = 4.0
"""A lost face is looked for in a square this much larger than it was."""

MIN_TILE = 16
GRID = 160
"""Cells along the longer side: 8 pixels each at 720p, a sixth of the smallest face."""

BLUR = 3
"""Cells are averaged over squares of so many: 36 pixels of noise become one."""

FORGET_S = 4.0
"""Time in which the background covers 63 % of the way to what is there now."""

LEAST = 2.5
"""Grey levels by which a cell must change at least; a face in the dark differs by 5."""

OVER_NOISE = 5.0
"""And by so many times what cells change by from frame to frame."""

LOUDEST = 2.0
"""Grey levels of noise at most, that of a camera with a deviation of 12 in every pixel: where
more than that changes, it is not noise."""

NOISE_STEP = 3
"""One cell in so many, in both directions, is enough to tell the noise."""

Changed = NDArray[np.bool_]
SWEEP_S = 2.0
"""Every tile is looked at this often at least, though nothing moves in it: whoever arrives changes
it for many seconds."""

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


def door_schedule(pace: int) -> Schedule:
    """How a door's camera is searched, `pace` tiles of nine in a frame."""
    return Schedule((Grid(4, 2, 0.25, Range.SHORT), Grid(1, 1, 0.0, Range.SHORT)), pace)


DOOR_SCHEDULE = door_schedule(3)
"""The default of `vision.tiles_per_frame`."""


def nearby(centre: tuple[float, float], box: Box, width: int, height: int) -> Tile | None:
    """The tile around a lost face expected at `centre`; None when that is off the frame."""
    half = LOST_FACE_SCALE * max(box.w, box.h) / 2
    left, right = (int(min(max(centre[0] + side, 0), width)) for side in (-half, half))
    top, bottom = (int(min(max(centre[1] + side, 0), height)) for side in (-half, half))
    if right - left < MIN_TILE or bottom - top < MIN_TILE:
        return None
    return Tile(left, top, right, bottom, Range.SHORT)


SHOWN = 0.08
"""A detector that is shown a picture finds every face of so much of its longer side: of 1,000 LFW
faces in photographs of other things, 8 to 15 % of them wide, each; at 6 % it misses 2 of 100."""

WHOLE_PHOTO = (Grid(1, 1, 0.0, Range.FULL), Grid(1, 1, 0.0, Range.SHORT))
HALVES = Grid(2, 1, 0.3, Range.FULL)
PHOTO_GRIDS = ((400, Grid(3, 2, 0.3, Range.FULL)), (1500, Grid(6, 5, 0.3, Range.FULL)))
"""Grids for photos whose longer side has at least so many pixels."""


def whole_tiles(width: int, height: int) -> list[Tile]:
    """Where to look in one photo first."""
    return [tile for grid in WHOLE_PHOTO for tile in grid.tiles(width, height)]


def part_tiles(width: int, height: int, least: float) -> list[Tile]:
    """Where to look in one photo then, for faces of at least so many pixels in width that
    `whole_tiles` may not have shown; the fewest tiles that show them."""
    longer = max(width, height)
    if least >= SHOWN * longer:
        return []
    grids = [grid for smallest, grid in PHOTO_GRIDS if longer >= smallest]
    enough = (grid for grid in (HALVES, *grids) if _shows(grid, width, height, least))
    one = next(enough, None) if grids else None
    return [t for grid in (grids if one is None else [one]) for t in grid.tiles(width, height)]


def _shows(grid: Grid, width: int, height: int, least: float) -> bool:
    tile = grid.tiles(width, height)[0]
    return least >= SHOWN * max(tile.right - tile.left, tile.bottom - tile.top)


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


def cells(image: Image) -> NDArray[np.float32]:
    """Blurred grey samples of `image`: float32 (h, w), the longer side `GRID` or less."""
    height, width = image.shape[:2]
    step = max(1, round(max(height, width) / GRID))
    size = (max(1, width // step), max(1, height // step))
    # Bilinear at this scale reads four pixels a cell and skips the rest: twenty times
    # cheaper than the mean of all, and the blur makes up for the noise.
    small = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return cv2.blur(grey, (BLUR, BLUR)).astype(np.float32, copy=False)


def noise_between(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Grey levels by which most cells of two frames differ: the median, as a deviation."""
    difference = cv2.absdiff(one[::NOISE_STEP, ::NOISE_STEP], other[::NOISE_STEP, ::NOISE_STEP])
    # One of the two in the middle: numpy's own median costs ten times as much.
    middle = difference.size // 2
    return float(np.partition(difference, middle, axis=None)[middle]) / 0.6745


class MotionGate:
    """Compares the frames of one camera, given in order with their times in seconds."""

    def __init__(self) -> None:
        self._background: NDArray[np.float32] | None = None
        self._last: NDArray[np.float32] | None = None
        self._noise: float | None = None
        self._seen = 0.0

    def changed(self, image: Image, now: float) -> Changed:
        """Which cells differ from the background: bool (h, w), laid evenly over `image`.

        All of them in the first frame, and in the first of another size.
        """
        present = cells(image)
        background, last = self._background, self._last
        if background is None or last is None or background.shape != present.shape:
            self._background, self._last, self._seen = present.copy(), present, now
            self._noise = None
            return np.ones(present.shape, np.bool_)
        elapsed = max(now - self._seen, 0.0)
        share = 1 - exp(-elapsed / FORGET_S)
        between = min(noise_between(present, last), LOUDEST)
        noise = between if self._noise is None else self._noise
        self._noise = noise + share * (between - noise)
        difference = cv2.absdiff(present, background)
        changed: Changed = difference > max(LEAST, OVER_NOISE * self._noise)
        cv2.accumulateWeighted(present, background, share)
        self._last, self._seen = present, now
        return changed


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
