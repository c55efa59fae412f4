"""Straight edges beside a face: the rim of a device or of a sheet of paper."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.explained import explain
from accessctl.liveness.pairs import Pair, choose_pairs
from accessctl.liveness.result import CueResult, CueVerdict, undecided

CUE = "edges"
LEAN, STEP = 20.0, 4.0
"""A rim leans at most so far from upright, degrees, and the steps of the search."""

NEAREST, FURTHEST = 0.62, 1.55
"""Where a rim is looked for: so many face widths from the middle of the face."""

IN_A_ROW, PAIRS = 3, 9
MIN_FACE_PX = 50.0
CLEARLY = 0.45
"""A figure up to this is clear, after twice as many pairs: a rim may show only briefly."""

CANNY = (40, 110)
STAYS, LEAST_ERROR = 0.7, 2.0
"""An edge stays where it is when that is wrong by less than this share of what going with the face
is, and the two differ by so many grey levels."""


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
    pairs = choose_pairs(near, min_shift, PAIRS)
    found = [rim(second, _not_staying(first, second)) for first, second in pairs]
    if len(found) < IN_A_ROW:
        return undecided(CUE, doubt)
    runs = np.lib.stride_tricks.sliding_window_view(np.array(found), IN_A_ROW).min(axis=1)
    figure = float(runs.max())
    if figure >= doubt:
        # The earliest that suffices: what comes after it is left for the next look.
        start = int(np.argmax(runs >= doubt))
        return _word(CueVerdict.DOUBT, figure, doubt, pairs[start : start + IN_A_ROW])
    if len(found) >= 2 * IN_A_ROW and figure <= CLEARLY:
        return _word(CueVerdict.CLEAR, figure, doubt, pairs)
    return undecided(CUE, doubt, figure)


def _word(verdict: CueVerdict, figure: float, doubt: float, pairs: Sequence[Pair]) -> CueResult:
    since, until = pairs[0][0].captured, pairs[-1][1].captured
    return CueResult(CUE, verdict, figure, doubt, len(pairs), since, until)


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
