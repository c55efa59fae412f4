"""Which augmentations a training face gets, and how often."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from accessctl.domain import CropGeometry, Image
from accessctl.training.augment.light import backlit, dark, exposure, grey
from accessctl.training.augment.misalign import Jitter, cut_jittered
from accessctl.training.augment.sharpness import compressed, defocus, low_resolution, motion
from accessctl.training.augment.wear import something_worn

Change = Callable[[Image, np.random.Generator], Image]
Strength = Literal["none", "light", "door"]

MIRROR = 0.5

# (what, how often); in the order in which light, lens, sensor and codec act.
DOOR: tuple[tuple[Change, float], ...] = (
    (exposure, 0.5),
    (backlit, 0.06),
    (motion, 0.06),
    (defocus, 0.10),
    (low_resolution, 0.30),
    (dark, 0.12),
    (grey, 0.08),
    (compressed, 0.20),
)
LIGHT: tuple[tuple[Change, float], ...] = (
    (low_resolution, 0.20),
    (exposure, 0.30),
    (grey, 0.05),
)
WEAR = 0.08
DEFAULT_JITTER = Jitter()


@dataclass(frozen=True, slots=True)
class Augmentation:
    """From a canvas (128, 128, 3) to a training crop (S, S, 3), both RGB uint8.

    `none` only cuts; `light` adds mirroring, misalignment and mild changes; `door` all that
    a door's camera does to a face, and what people wear there.
    """

    geometry: CropGeometry
    strength: Strength = "door"
    jitter: Jitter = DEFAULT_JITTER

    def crop(self, canvas: Image, draw: np.random.Generator) -> Image:
        if self.strength == "none":
            return cut_jittered(canvas, self.geometry, Jitter(0, 0, 0), draw)
        if self.strength == "door" and draw.random() < WEAR:
            canvas = something_worn(canvas, draw)
        crop = cut_jittered(canvas, self.geometry, self.jitter, draw)
        if draw.random() < MIRROR:
            crop = np.ascontiguousarray(crop[:, ::-1])
        for change, share in DOOR if self.strength == "door" else LIGHT:
            if draw.random() < share:
                crop = change(crop, draw)
        return crop
