"""Whether a frame only repeats what another one, which was encoded a moment ago, showed of a face.

Two aligned crops are compared by normalised cross-correlation, after their coarse light and shade
has been taken away (zero-mean NCC; Lewis, "Fast normalized cross-correlation", Vision Interface
1995). What repeats a frame says nothing new of who it is, so that an encoder, which costs fifty
times as much, need not see it.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Image

Appearance = NDArray[np.float32]

SIDE = 45
"""Crops are compared at so many pixels a side: a quarter of the canvas that an encoder eats."""

SHADE = 15
"""Light and shade is what is left of a crop averaged over squares of so many of these pixels."""

ALIKE = 0.93
"""Two crops that correlate by as much show one person in one pose: of 127.7 million pairs of
faces of different people none did (the nearest: 0.87; docs/decisions/repeated-frames.md)."""

LONGEST_S = 0.22
"""A frame repeats one of so many seconds ago at most: at 15 frames a second every fourth one is
encoded at least, and who changes by and by is soon seen."""

DARKEST = 1e-3
"""Less detail than this has no direction: such a crop is like nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A face as one frame showed it: the capture time, and the unit `appearance` of its crop."""

    captured: float
    appearance: Appearance


def appearance(crop: Image) -> Appearance:
    """What of an aligned crop, RGB uint8 (S, S, 3), is compared: unit float32 (SIDE * SIDE,).

    Shorter, so that it is like nothing, for a crop without any detail.
    """
    grey = cv2.cvtColor(np.ascontiguousarray(crop), cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    detail = (small - cv2.blur(small, (SHADE, SHADE))).ravel()
    detail -= detail.mean()
    length = float(np.linalg.norm(detail))
    unit: Appearance = np.asarray(detail / max(length, DARKEST), np.float32)
    return unit


def repeats(now: Look, before: Look | None) -> bool:
    """Whether `now` shows the same face, in the same pose, as the frame `before` did.

    Never where time ran back or stood still, nor where one of them is not a number.
    """
    if before is None or not soon_after(now, before):
        return False
    return bool(now.appearance @ before.appearance >= ALIKE)


def soon_after(now: Look, before: Look) -> bool:
    """Whether `now` comes so soon after `before` that it may do without the encoder."""
    return 0 < now.captured - before.captured <= LONGEST_S
