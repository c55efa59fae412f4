"""What a door does to a face, done to a photograph before anything looks at it.

Every change is a pure function of the photo (RGB uint8 (H, W, 3)), the mesh that was found in
it undamaged (468, 3), and a generator.
"""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import TypeAlias

import cv2
import numpy as np

from accessctl.domain import Image, Points
from accessctl.evaluation.worn import hat, mask, sunglasses

Change: TypeAlias = Callable[[Image, Points, np.random.Generator], Image]

GAMMA = 2.2
FULL_WELL = 10_000.0
"""Electrons that a pixel of a small door camera holds at white."""

READ_NOISE = 5.0
"""Electrons of noise that are there without any light."""


def smaller(photo: Image, mesh: Points, draw: np.random.Generator, *, face_px: float) -> Image:
    """The whole photo shrunk until the face's mesh is `face_px` wide; never enlarged."""
    del draw
    scale = face_px / _width(mesh)
    if scale >= 1:
        return photo
    height, width = photo.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(photo, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def darker(photo: Image, mesh: Points, draw: np.random.Generator, *, light: float) -> Image:
    """`light` of the light, without gain, with the sensor's shot and read noise.

    The values are made linear (gamma 2.2), so that a tenth is a tenth of the photons.
    """
    del mesh
    electrons = FULL_WELL * light * (photo.astype(np.float32) / 255) ** GAMMA
    noise = draw.standard_normal(photo.shape, np.float32)
    noisy = electrons + noise * np.sqrt(electrons + READ_NOISE**2)
    shown = 255 * np.clip(noisy / FULL_WELL, 0, 1) ** (1 / GAMMA)
    seen: Image = np.rint(shown).astype(np.uint8)
    return seen


def defocused(photo: Image, mesh: Points, draw: np.random.Generator, *, share: float) -> Image:
    """Gaussian blur whose deviation is `share` of the face's width."""
    del draw
    blurred = cv2.GaussianBlur(photo, (0, 0), share * _width(mesh))
    return blurred.astype(np.uint8, copy=False)


def moved(photo: Image, mesh: Points, draw: np.random.Generator, *, share: float) -> Image:
    """Blur along a line as long as `share` of the face's width, in a drawn direction."""
    length = max(2, round(share * _width(mesh)))
    angle = draw.uniform(0, np.pi)
    middle = (length - 1) / 2
    reach = middle * np.array([np.cos(angle), np.sin(angle)])
    kernel = np.zeros((length, length), np.float32)
    start, end = (tuple(round(float(v)) for v in middle + sign * reach) for sign in (-1, 1))
    cv2.line(kernel, start, end, 1.0)
    blurred = cv2.filter2D(photo, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)
    return blurred.astype(np.uint8, copy=False)


def compressed(photo: Image, mesh: Points, draw: np.random.Generator, *, quality: int) -> Image:
    """Written as JPEG of `quality` (1 to 100) and read back."""
    del mesh, draw
    bgr = cv2.cvtColor(photo, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    read = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(read[..., ::-1])


CONDITIONS: Mapping[str, Change] = MappingProxyType(
    {
        "mask": mask,
        "sunglasses": sunglasses,
        "hat": hat,
        "face 80 px": partial(smaller, face_px=80),
        "face 60 px": partial(smaller, face_px=60),
        "face 40 px": partial(smaller, face_px=40),
        "light 1/10": partial(darker, light=1 / 10),
        "light 1/30": partial(darker, light=1 / 30),
        "defocus 2 %": partial(defocused, share=0.02),
        "defocus 4 %": partial(defocused, share=0.04),
        "motion 10 %": partial(moved, share=0.10),
        "JPEG 30": partial(compressed, quality=30),
        "JPEG 10": partial(compressed, quality=10),
    }
)
"""By name; shares are of the face's width, JPEG is its quality."""


def _width(mesh: Points) -> float:
    return float(np.ptp(mesh[:, 0]))
