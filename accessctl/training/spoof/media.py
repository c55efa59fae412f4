"""What a picture of a face is shown on: paper, a screen; and what that does to its colours.

Each medium takes float32 RGB (H, W, 3) in [0, 1], the content at a size of its own, and gives
the surface as it would look from straight ahead: wider by a rim that is alike on opposite sides,
and above 1 where it glares.
Leads: CVPR workshops 2024, "Simulated physical spoofing clues" (moire by resampling a pixel
grid, colour distortion by a smaller gamut); the rest is what prints and screens do.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.training.spoof.optics import Picture

Medium: TypeAlias = Callable[[Picture, np.random.Generator], Picture]


def paper(content: Picture, rng: np.random.Generator) -> Picture:
    """Printed by ink or laser: fewer colours, lifted blacks, dots, fibre; often a white margin."""
    picture = _gamut(content, rng, saturation=(0.45, 1.05), black=(0.03, 0.22), white=(0.7, 1.0))
    if rng.random() < 0.12:
        grey = picture.mean(axis=2, keepdims=True)
        picture = np.repeat(grey, 3, axis=2)
    if rng.random() < 0.6:
        picture = _halftone(picture, rng)
    picture = _soft(picture, rng, 1.3)
    fibre = _grain(picture.shape[:2], rng, float(rng.uniform(0.005, 0.035)))
    picture = picture * (1 + fibre[..., None])
    tint = np.array([1.0, rng.uniform(0.95, 1.0), rng.uniform(0.86, 1.0)], np.float32)
    sheet = _margin(picture * tint, rng, colour=tint * float(rng.uniform(0.75, 1.0)), most=0.15)
    return _gloss(sheet, rng, 0.25)


def photo_paper(content: Picture, rng: np.random.Generator) -> Picture:
    """A photograph from a laboratory: nearly all colours, and gloss."""
    picture = _gamut(content, rng, saturation=(0.7, 1.25), black=(0.01, 0.1), white=(0.85, 1.0))
    picture = _soft(picture, rng, 0.7)
    white = np.full(3, rng.uniform(0.85, 1.0), np.float32)
    return _gloss(_margin(picture, rng, colour=white, most=0.06), rng, 0.8)


def phone(content: Picture, rng: np.random.Generator) -> Picture:
    """A phone or a tablet with its bezel."""
    picture = _screen(content, rng)
    shade = float(rng.uniform(0.0, 0.08) if rng.random() < 0.75 else rng.uniform(0.75, 0.95))
    least = float(rng.uniform(0.01, 0.09))
    return _bezel(picture, shade, least, float(rng.uniform(0.0, 0.1)))


def monitor(content: Picture, rng: np.random.Generator) -> Picture:
    """A computer's or television's screen: larger, coarser, with bands."""
    picture = _screen(content, rng, coarse=True)
    shade = float(rng.uniform(0.0, 0.15) if rng.random() < 0.8 else rng.uniform(0.5, 0.85))
    return _bezel(picture, shade, float(rng.uniform(0.01, 0.06)), 0.0)


MEDIA: Mapping[str, Medium] = MappingProxyType(
    {"paper": paper, "photo_paper": photo_paper, "phone": phone, "monitor": monitor}
)


def _screen(content: Picture, rng: np.random.Generator, *, coarse: bool = False) -> Picture:
    picture = _gamut(content, rng, saturation=(0.6, 1.4), black=(0.0, 0.16), white=(0.8, 1.15))
    blue = float(rng.normal(0.03, 0.06))
    picture = picture * np.array([1 - blue, 1, 1 + blue], np.float32)
    picture = np.power(np.clip(picture, 0, 2), float(np.exp(rng.normal(0, 0.2))))
    height, width = picture.shape[:2]
    if rng.random() < 0.65:
        picture = picture * _pixels((height, width), rng, coarse=coarse)
    if rng.random() < (0.5 if coarse else 0.25):
        rows = np.arange(height, dtype=np.float32)
        period, phase = height / rng.uniform(0.7, 6), rng.uniform(0, 2 * np.pi)
        bands = 1 + rng.uniform(0.03, 0.25) * np.sin(2 * np.pi * rows / period + phase)
        picture = picture * bands[:, None, None].astype(np.float32)
    return _glare(np.asarray(picture, np.float32), rng)


def _gamut(
    content: Picture,
    rng: np.random.Generator,
    *,
    saturation: tuple[float, float],
    black: tuple[float, float],
    white: tuple[float, float],
) -> Picture:
    grey = content.mean(axis=2, keepdims=True)
    coloured = grey + (content - grey) * float(rng.uniform(*saturation))
    low, high = float(rng.uniform(*black)), float(rng.uniform(*white))
    mixed = coloured @ (np.eye(3) + rng.normal(0, 0.03, (3, 3))).astype(np.float32)
    return np.asarray(np.clip(low + mixed * (high - low), 0, 1.5), np.float32)


def _halftone(picture: Picture, rng: np.random.Generator) -> Picture:
    """Dots in a screen for each colour, each turned by another angle."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    pitch, depth = float(rng.uniform(1.6, 4.5)), float(rng.uniform(0.08, 0.4))
    screens = []
    for angle in np.radians(np.array([15.0, 75.0, 0.0]) + rng.uniform(-3, 3)):
        u = (np.cos(angle) * x + np.sin(angle) * y) * (2 * np.pi / pitch)
        v = (-np.sin(angle) * x + np.cos(angle) * y) * (2 * np.pi / pitch)
        screens.append(np.cos(u) * np.cos(v))
    return np.asarray(np.clip(picture + depth * np.stack(screens, 2) * 0.5, 0, 1.2), np.float32)


def _pixels(size: tuple[int, int], rng: np.random.Generator, *, coarse: bool) -> Picture:
    """Stripes of red, green and blue, and dark lines between the rows."""
    height, width = size
    pitch = float(rng.uniform(2.0, 6.0) if coarse else rng.uniform(1.5, 3.5))
    depth = float(rng.uniform(0.1, 0.6))
    x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    columns = [np.cos(2 * np.pi * (x / pitch - k / 3)) for k in range(3)]
    grid = 1 + depth * np.stack(columns, axis=1)[None]
    lines = 1 + depth * 0.6 * np.cos(2 * np.pi * y / pitch)
    return np.asarray(grid * lines[:, None, None], np.float32)


def _glare(picture: Picture, rng: np.random.Generator) -> Picture:
    """The room in the glass: a veil over all, and one bright place with soft edges."""
    height, width = picture.shape[:2]
    veil = rng.uniform(0, 0.2) * rng.uniform(0.7, 1.0, 3)
    picture = picture * (1 - float(veil.mean())) + veil.astype(np.float32)
    if rng.random() < 0.3:
        picture = picture + _spot((height, width), rng) * float(rng.uniform(0.1, 0.7))
    return np.asarray(picture, np.float32)


def _gloss(picture: Picture, rng: np.random.Generator, chance: float) -> Picture:
    if rng.random() >= chance:
        return picture
    return np.asarray(
        picture + _spot(picture.shape[:2], rng) * float(rng.uniform(0.05, 0.5)), np.float32
    )


def _spot(size: tuple[int, int], rng: np.random.Generator) -> Picture:
    height, width = size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    cx, cy = rng.uniform(0, width), rng.uniform(0, height)
    reach = max(height, width) * rng.uniform(0.05, 0.4)
    long = rng.uniform(0.3, 3.0)
    distance = ((x - cx) / reach) ** 2 + ((y - cy) / (reach * long)) ** 2
    return np.asarray(np.exp(-distance)[..., None], np.float32)


def _grain(size: tuple[int, int], rng: np.random.Generator, amount: float) -> NDArray[np.float32]:
    fine = rng.standard_normal(size, np.float32)
    coarse = cv2.resize(
        rng.standard_normal((size[0] // 8 + 1, size[1] // 8 + 1), np.float32), size[::-1]
    )
    return np.asarray(amount * (0.6 * fine + 0.4 * coarse), np.float32)


def _soft(picture: Picture, rng: np.random.Generator, most: float) -> Picture:
    sigma = float(rng.uniform(0, most))
    return picture if sigma < 0.3 else np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma))


def _margin(
    picture: Picture, rng: np.random.Generator, *, colour: NDArray[np.float32], most: float
) -> Picture:
    if rng.random() < 0.4:
        return picture
    side = max(1, round(min(picture.shape[:2]) * float(rng.uniform(0.01, most))))
    value = [float(part) for part in colour]
    return np.asarray(
        cv2.copyMakeBorder(
            picture, side, side, side, side, cv2.BORDER_CONSTANT, value=(*value, 0.0)
        ),
        np.float32,
    )


def _bezel(picture: Picture, shade: float, width: float, chin: float) -> Picture:
    side = max(1, round(min(picture.shape[:2]) * width))
    ends = side + round(picture.shape[0] * chin)
    return np.asarray(
        cv2.copyMakeBorder(
            picture, ends, ends, side, side, cv2.BORDER_CONSTANT, value=(shade, shade, shade, 0.0)
        ),
        np.float32,
    )
