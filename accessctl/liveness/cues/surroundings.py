"""Two cues on what surrounds a face. `surroundings`: does it move with the head, as on a sheet, or
stay, as behind a head? `edges`: are there straight edges beside the face, the rim of a device or of
a sheet of paper?
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.liveness.cues.frame_pairs import (
    Pair,
    camera_motion,
    choose_pairs,
    explain,
    shift,
    varied,
)
from accessctl.liveness.evidence import CueResult, CueVerdict, LivenessFrame, undecided

SURROUNDINGS = "surroundings"
BLOCK = 8
HEAD = (0.78, 0.95)
"""Half axes of the head with its hair, in widths and heights of the mesh."""

RING = 1.5
"""What lies within so many half axes is near: a sheet need not be larger, and beyond it the room
is seen."""

CHIN = 0.1
"""What lies lower than so many face heights below the middle of the face is left out: hair,
shoulders, the back of a wheelchair."""

MIN_SECTOR, MIN_BLOCKS = 3, 8
"""Blocks that tell, before a side of the head has a vote, and before a pair has one."""

MIN_CONTRAST = 5.0
"""A block says something where the two explanations differ by so many grey levels, and moves by
itself where both are wrong by more."""

CLEARLY, MAJORITY = 0.6, 0.6
"""The better explanation must be wrong by less than this share of what the worse one is, and must
have this share of a side's blocks."""

PAIRS, MIN_PAIRS = 9, 3

EDGES = "edges"
LEAN, STEP = 20.0, 4.0
"""A rim leans at most so far from upright, degrees, and the steps of the search."""

NEAREST, FURTHEST = 0.62, 1.55
"""Where a rim is looked for: so many face widths from the middle of the face."""

IN_A_ROW, EDGE_PAIRS = 3, 9
MIN_FACE_PX = 50.0
CLEAR_RIM = 0.45
"""A figure up to this is clear, after twice as many pairs: a rim may show only briefly."""

CANNY = (40, 110)
STAYS, LEAST_ERROR = 0.7, 2.0
"""An edge stays where it is when that is wrong by less than this share of what going with the face
is, and the two differ by so many grey levels."""


class Vote(Enum):
    """What one pair of frames says of the surroundings: a word that counts once."""

    GOING = "going"
    STAYING = "staying"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Company:
    """Of the blocks on one side of the head: how many go with it, and of those near it, how many
    go, stay, or do neither."""

    going: int = 0
    near_going: int = 0
    near_staying: int = 0
    near_moving: int = 0

    @property
    def vote(self) -> Vote:
        """What stays near the head speaks against all that goes, near or far."""
        told = self.near_going + self.near_staying
        if told >= MIN_SECTOR and self.near_staying >= MAJORITY * told:
            return Vote.STAYING
        if self.going >= MIN_SECTOR and self.near_going >= MAJORITY * told:
            return Vote.GOING
        return Vote.UNCLEAR


@dataclass(frozen=True, slots=True)
class Surrounded:
    """The company to the left of the head, above it and to its right."""

    left: Company = Company()
    above: Company = Company()
    right: Company = Company()

    @property
    def vote(self) -> Vote:
        """Going where two of the sides go and neither beside the head stays: a hat goes with the
        head above it only, a second person on one side only. Staying where nothing goes. What
        moves by itself, a bus or a screen, silences both."""
        sides = (self.left, self.above, self.right)
        told = sum(side.near_going + side.near_staying for side in sides)
        if sum(side.near_moving for side in sides) > told:
            return Vote.UNCLEAR
        votes = [side.vote for side in sides]
        beside = (votes[0], votes[2])
        going = sum(side.going for side in sides)
        if votes.count(Vote.GOING) >= 2 and Vote.STAYING not in beside and going >= MIN_BLOCKS:
            return Vote.GOING
        staying = sum(side.near_staying for side in sides)
        if Vote.GOING not in votes and Vote.STAYING in votes and staying >= MIN_BLOCKS:
            return Vote.STAYING
        return Vote.UNCLEAR


def surroundings(
    frames: Sequence[LivenessFrame],
    *,
    min_shift: float = 0.12,
    doubt: float = 0.75,
) -> CueResult:
    """The share of voting pairs of frames in which the surroundings go with the face; it only
    doubts or clears.

    Pairs share no frames. One says nothing where the face moved less than `min_shift` face
    widths against the room, or where it cannot be told whether the camera moved.
    """
    votes = [(pair, vote(*pair, min_shift)) for pair in choose_pairs(frames, min_shift, PAIRS)]
    going = [pair for pair, said in votes if said is Vote.GOING]
    staying = [pair for pair, said in votes if said is Vote.STAYING]
    if max(len(going), len(staying)) < MIN_PAIRS:
        return undecided(SURROUNDINGS, doubt)
    share = len(going) / (len(going) + len(staying))
    if share >= doubt and varied(going):
        # The earliest that suffice: what comes after them is left for the next look.
        fewest = next(n for n in range(MIN_PAIRS, len(going) + 1) if varied(going[:n]))
        return _word(SURROUNDINGS, CueVerdict.DOUBT, share, doubt, going[:fewest])
    if share <= 1 - doubt:
        return _word(SURROUNDINGS, CueVerdict.CLEAR, share, doubt, staying)
    return undecided(SURROUNDINGS, doubt, share)


def vote(first: LivenessFrame, second: LivenessFrame, min_shift: float) -> Vote:
    """The word of one pair."""
    camera = camera_motion(first, second)
    if camera is None or shift(first, second, camera) < min_shift:
        return Vote.UNCLEAR
    return company(first, second, camera).vote


def company(first: LivenessFrame, second: LivenessFrame, camera: NDArray[np.float64]) -> Surrounded:
    """Predict the second view from the first under both explanations and compare the errors."""
    found = explain(first, second, camera)
    if found is None:
        return Surrounded()
    beside, near, side = _beside_head(first, second, found.stay)
    seen = found.seen & beside
    whole = _block_means(seen.astype(np.float32)) > 0.99
    going, staying = (
        _block_means(np.where(seen, wrong, 0)) for wrong in (found.wrong_going, found.wrong_staying)
    )
    differ = whole & (np.abs(going - staying) >= MIN_CONTRAST)
    goes = differ & (going < CLEARLY * staying)
    stays = differ & (staying < CLEARLY * going)
    moves = whole & (np.minimum(going, staying) >= MIN_CONTRAST) & ~goes & ~stays
    told = (goes, goes & near, stays & near, moves & near)
    of_side = [
        Company(*(int((blocks & (side == place)).sum()) for blocks in told)) for place in (-1, 0, 1)
    ]
    return Surrounded(*of_side)


def _beside_head(
    first: LivenessFrame, second: LivenessFrame, stay: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.int64]]:
    """Pixels of the second view that show the head neither where it is nor where it was, above
    its chin; which blocks are near it; and on which side of it they are: -1, 0 above, 1."""
    view = second.around
    size = view.image.shape[0]
    away, below = _from_head(second, np.eye(3), size)
    was, was_below = _from_head(first, np.asarray(np.linalg.inv(stay), np.float64), size)
    beside = (away > 1) & (was > 1) & (below < CHIN) & (was_below < CHIN)
    near = _block_means(away.astype(np.float32)) < RING
    middles = np.arange(size // BLOCK) * BLOCK + BLOCK / 2
    x = (middles - view.from_frame(np.array([second.box.centre]))[0][0]) / view.scale
    side = np.where(np.abs(x) < HEAD[0] * second.box.w, 0, np.sign(x)).astype(np.int64)
    return beside, near, np.tile(side, (len(middles), 1))


def _from_head(
    frame: LivenessFrame, back: NDArray[np.float64], size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far pixels (size, size), taken `back` (3, 3) to the view of `frame`, are from the head's
    middle, in half axes of the head, and how far below it, in face heights."""
    y, x = np.mgrid[0:size, 0:size].astype(np.float64)
    there = np.tensordot(back, np.stack([x, y, np.ones_like(x)]), axes=1)
    middle = frame.around.from_frame(np.array([frame.box.centre]))[0]
    across, along = (there[axis] / there[2] - middle[axis] for axis in (0, 1))
    half = np.array([frame.box.w, frame.box.h]) * HEAD * frame.around.scale
    below = along / (frame.box.h * frame.around.scale)
    return np.hypot(across / half[0], along / half[1]), below


def _block_means(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    side = picture.shape[0] // BLOCK * BLOCK
    blocks = picture[:side, :side].reshape(side // BLOCK, BLOCK, side // BLOCK, BLOCK)
    return np.asarray(blocks.mean(axis=(1, 3)), np.float32)


def edges(
    frames: Sequence[LivenessFrame], *, min_shift: float = 0.06, doubt: float = 0.55
) -> CueResult:
    """Straight upright edges on both sides of the face that do not stay behind; it only doubts or
    clears.

    Taken between pairs of frames, none of which shares a frame with another, in which the face
    moved by `min_shift` face widths or more: the share of the view's height that the weaker side's
    best straight line covers, reached in `IN_A_ROW` pairs in a row. A door frame behind a person
    stays where it is when the person moves, and does not count. Living people reach 0.46, replayed
    phones and screens lie at 0.68 to 0.75.
    """
    near = [frame for frame in frames if frame.box.w >= MIN_FACE_PX]
    pairs = choose_pairs(near, min_shift, EDGE_PAIRS)
    found = [rim(second, _not_staying(first, second)) for first, second in pairs]
    if len(found) < IN_A_ROW:
        return undecided(EDGES, doubt)
    runs = np.lib.stride_tricks.sliding_window_view(np.array(found), IN_A_ROW).min(axis=1)
    figure = float(runs.max())
    if figure >= doubt:
        # The earliest that suffices: what comes after it is left for the next look.
        start = int(np.argmax(runs >= doubt))
        return _word(EDGES, CueVerdict.DOUBT, figure, doubt, pairs[start : start + IN_A_ROW])
    if len(found) >= 2 * IN_A_ROW and figure <= CLEAR_RIM:
        return _word(EDGES, CueVerdict.CLEAR, figure, doubt, pairs)
    return undecided(EDGES, doubt, figure)


def _word(
    cue: str, verdict: CueVerdict, figure: float, doubt: float, pairs: Sequence[Pair]
) -> CueResult:
    since, until = pairs[0][0].captured, pairs[-1][1].captured
    return CueResult(cue, verdict, figure, doubt, len(pairs), since, until)


def _not_staying(first: LivenessFrame, second: LivenessFrame) -> NDArray[np.bool_]:
    """Staying is meant in the picture, however the camera moved: where a device fills it, the
    device's own motion would pass for the camera's."""
    found = explain(first, second, np.eye(3))
    if found is None:
        return np.zeros(second.around.image.shape[:2], np.bool_)
    going, staying = (cv2.blur(e, (5, 5)) for e in (found.wrong_going, found.wrong_staying))
    stays = (staying < STAYS * going) & (going - staying > LEAST_ERROR)
    return np.asarray(cv2.dilate(stays.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0, np.bool_)


def rim(frame: LivenessFrame, only: NDArray[np.bool_] | None = None) -> float:
    """The share of the view's height, in [0, 1], along which one straight line to the left of
    the face, and one to its right, lies on edge pixels of `only` (S, S): the weaker of the two.
    """
    view = frame.around
    found = _upright_edges(cv2.cvtColor(view.image, cv2.COLOR_RGB2GRAY).astype(np.uint8))
    if only is not None:
        found &= only
    x, y = (float(value) for value in view.from_frame(np.array([frame.box.centre]))[0])
    reach = frame.box.w * view.scale * np.array([NEAREST, FURTHEST])
    size = found.shape[0]
    best = np.zeros(2)
    for angle in np.arange(-LEAN, LEAN + STEP / 2, STEP):
        turn = cv2.getRotationMatrix2D((x, y), float(angle), 1.0)
        upright = cv2.warpAffine(found.astype(np.uint8), turn, (size, size))
        support = (cv2.blur(upright.astype(np.float32), (5, 1)) > 0.1).mean(axis=0)
        for side, span in enumerate((x - reach[::-1], x + reach)):
            low, high = (int(np.clip(value, 0, size)) for value in span)
            best[side] = max(best[side], support[low:high].max(initial=0))
    return float(best.min())


def _upright_edges(grey: NDArray[np.uint8]) -> NDArray[np.bool_]:
    soft = cv2.GaussianBlur(grey, (0, 0), 1.0)
    across, along = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    steep = np.abs(along) < np.tan(np.radians(LEAN + 5)) * np.abs(across)
    return np.asarray((cv2.Canny(soft, *CANNY) > 0) & steep, np.bool_)
