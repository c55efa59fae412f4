"""Does what surrounds the head move with it, as on a sheet, or stay, as behind a head?"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.liveness.evidence import LivenessFrame, View
from accessctl.liveness.parallax import fit_plane
from accessctl.liveness.points import FLAT
from accessctl.liveness.result import CueResult, CueVerdict, undecided

CUE = "surroundings"
PAIRS = 6
BLOCK = 8
HEAD = (0.78, 0.95)
"""Half axes of the head with its hair, in widths and heights of the mesh."""

MIN_BLOCKS = 12
MIN_CONTRAST = 6.0
"""A block says something where the two explanations differ by so many grey levels."""

CLEARLY = 0.6
"""The better explanation must be wrong by less than this share of what the worse one is."""


@dataclass(frozen=True, slots=True)
class Company:
    """Of the blocks around the head that can tell: how many go with it, how many stay."""

    going: int
    staying: int


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """For each pixel of the second of two views: the error, in grey levels, if it went with
    the face and if it stayed, and whether the first view shows it either way."""

    wrong_going: NDArray[np.float32]
    wrong_staying: NDArray[np.float32]
    seen: NDArray[np.bool_]


def surroundings(
    frames: Sequence[LivenessFrame],
    *,
    min_shift: float = 0.12,
    veto: float = 0.4,
) -> CueResult:
    """The share of the textured surroundings that moves with the face; only ever vetoes.

    The camera must stand still. Pairs of frames between which the face moved less than
    `min_shift` face widths say nothing.
    """
    seen = [company(*pair) for pair in choose_pairs(frames, min_shift, PAIRS)]
    going = sum(one.going for one in seen)
    staying = sum(one.staying for one in seen)
    if going + staying < MIN_BLOCKS:
        return undecided(CUE, veto)
    share = going / (going + staying)
    if share >= veto:
        return CueResult(CUE, CueVerdict.VETO, share, veto)
    return undecided(CUE, veto, share)


def choose_pairs(
    frames: Sequence[LivenessFrame], min_shift: float, count: int
) -> list[tuple[LivenessFrame, LivenessFrame]]:
    """At most `count` frames, each with the next one in which the face has moved far enough."""
    pairs: list[tuple[LivenessFrame, LivenessFrame]] = []
    index = 0
    while index < len(frames):
        first = frames[index]
        after = range(index + 1, len(frames))
        following = next((k for k in after if shift(first, frames[k]) >= min_shift), None)
        if following is None:
            break
        pairs.append((first, frames[following]))
        index = following
    return pairs[:: max(1, len(pairs) // count)][:count]


def shift(first: LivenessFrame, second: LivenessFrame) -> float:
    """How far the face moved or grew, in face widths."""
    centres = np.subtract(second.box.centre, first.box.centre)
    growth = abs(second.box.w - first.box.w) / 2
    return float((np.hypot(*centres) + growth) / max(first.box.w, 1.0))


def company(first: LivenessFrame, second: LivenessFrame) -> Company:
    """Predict the second view from the first under both explanations and compare the errors."""
    found = explain(first, second)
    if found is None:
        return Company(0, 0)
    seen = found.seen & _beside_head(second)
    wrong_going, wrong_staying = (
        _block_means(np.where(seen, wrong, 0)) for wrong in (found.wrong_going, found.wrong_staying)
    )
    whole = _block_means(seen.astype(np.float32)) > 0.99
    tells = whole & (np.abs(wrong_going - wrong_staying) >= MIN_CONTRAST)
    going = tells & (wrong_going < CLEARLY * wrong_staying)
    staying = tells & (wrong_staying < CLEARLY * wrong_going)
    return Company(int(going.sum()), int(staying.sum()))


def explain(first: LivenessFrame, second: LivenessFrame) -> Explained | None:
    """How wrong each pixel of the second view is when predicted from the first one."""
    plane = fit_plane(
        first.around.from_frame(first.landmarks[list(FLAT)]),
        second.around.from_frame(second.landmarks[list(FLAT)]),
    )
    if plane is None:
        return None
    before, after = _grey(first.around), _grey(second.around)
    # The camera's exposure may have changed in between.
    before *= float(after.mean() / max(float(before.mean()), 1.0))
    stay = _still(first.around, second.around)
    seen = _inside(first.around, second.around, plane) & _inside(first.around, second.around, stay)
    size = (after.shape[1], after.shape[0])
    going, staying = (
        np.abs(cv2.warpPerspective(before, way, size) - after) for way in (plane, stay)
    )
    return Explained(going, staying, seen)


def _grey(view: View) -> NDArray[np.float32]:
    grey = cv2.cvtColor(view.image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), 1.0), np.float32)


def _still(first: View, second: View) -> NDArray[np.float64]:
    """From pixels of one view to those of another for what stays where it is in the frame."""
    ratio = second.scale / first.scale
    move = (np.array([first.left, first.top]) - (second.left, second.top)) * second.scale
    return np.array([[ratio, 0, move[0]], [0, ratio, move[1]], [0, 0, 1]])


def _inside(first: View, second: View, way: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where the first view has something to say about the second one."""
    size = second.image.shape[:2]
    there = np.full(first.image.shape[:2], 255, np.uint8)
    return np.asarray(cv2.warpPerspective(there, way, size[::-1]) == 255, np.bool_)


def _beside_head(frame: LivenessFrame) -> NDArray[np.bool_]:
    """Pixels of the wide view beside and above the head: not the head, not the shoulders."""
    view = frame.around
    size = view.image.shape[0]
    y, x = np.mgrid[0:size, 0:size]
    centre_x, centre_y = view.from_frame(np.array([frame.box.centre]))[0]
    half = np.array([frame.box.w, frame.box.h]) * HEAD * view.scale
    head = ((x - centre_x) / half[0]) ** 2 + ((y - centre_y) / half[1]) ** 2 < 1
    chin = centre_y + frame.box.h * view.scale * 0.25
    return np.asarray(~head & (y < chin), np.bool_)


def _block_means(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    side = picture.shape[0] // BLOCK * BLOCK
    blocks = picture[:side, :side].reshape(side // BLOCK, BLOCK, side // BLOCK, BLOCK)
    return np.asarray(blocks.mean(axis=(1, 3)), np.float32)
