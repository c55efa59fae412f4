"""Does what surrounds the head move with it, as on a sheet, or stay, as behind a head?"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from accessctl.liveness.camera_motion import camera_motion
from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.explained import explain
from accessctl.liveness.pairs import Pair, choose_pairs, shift, varied
from accessctl.liveness.result import CueResult, CueVerdict, undecided

CUE = "surroundings"
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
        return undecided(CUE, doubt)
    share = len(going) / (len(going) + len(staying))
    if share >= doubt and varied(going):
        # The earliest that suffice: what comes after them is left for the next look.
        fewest = next(n for n in range(MIN_PAIRS, len(going) + 1) if varied(going[:n]))
        return _word(CueVerdict.DOUBT, share, doubt, going[:fewest])
    if share <= 1 - doubt:
        return _word(CueVerdict.CLEAR, share, doubt, staying)
    return undecided(CUE, doubt, share)


def _word(verdict: CueVerdict, share: float, doubt: float, pairs: Sequence[Pair]) -> CueResult:
    since, until = pairs[0][0].captured, pairs[-1][1].captured
    return CueResult(CUE, verdict, share, doubt, len(pairs), since, until)


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
