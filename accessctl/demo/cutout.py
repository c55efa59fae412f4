"""A person cut out of a photograph, ready to be laid into a picture at any size."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.demo.figures import Figure
from accessctl.domain import Image

# Face widths of the ready-made sizes: shrinking by at most half keeps bilinear sampling clean.
SIZES = (240.0, 120.0, 60.0)
MARGIN = 24
FEATHER = 1.6
FADE_ROWS = 40
FOLDS = 0.08
TURN_DEPTH = 0.8
# How far below the eyes the nose is, its height and its half axes, in face widths.
NOSE_DOWN, NOSE_RISE, NOSE_AXES = 0.34, 0.36, (0.13, 0.24)


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """One size of a person.

    `sprite` is RGBA uint8, colours already multiplied by alpha; `eyes` the point between
    the eyes in it; `size` the width of the face. `head` (x0, y0, x1, y1) bounds the part that
    turns, `rise` float32 says how far each of its pixels stands out, in pixels.
    """

    sprite: NDArray[np.uint8]
    eyes: tuple[float, float]
    size: float
    head: tuple[int, int, int, int]
    rise: NDArray[np.float32]


def cutouts(photo: Image, figure: Figure) -> tuple[Cutout, ...]:
    """The person in each of SIZES, largest first; `photo` is RGB uint8 (H, W, 3)."""
    whole = _premultiplied(photo, figure)
    return tuple(_at_size(whole, figure, size) for size in SIZES)


def turned(cutout: Cutout, yaw: float, rows: int) -> NDArray[np.uint8]:
    """The upper `rows` of the sprite, the head turned by `yaw` degrees about its vertical axis.

    Unlike a photograph that is turned, what stands out (the nose) moves further than what
    lies back (the ears): each pixel is taken from where the rotation brings it from,
    x - z sin(yaw).
    """
    shift = float(np.sin(np.radians(yaw)))
    if abs(shift) < 0.01:
        return cutout.sprite[:rows]
    x0, y0, x1, y1 = cutout.head
    columns = np.arange(x1 - x0, dtype=np.float32)[None, :] - shift * cutout.rise
    lines = np.arange(y1 - y0, dtype=np.float32)[:, None] + np.zeros_like(columns)
    sprite = cutout.sprite[: max(rows, y1)].copy()
    head = cutout.sprite[y0:y1, x0:x1]
    sprite[y0:y1, x0:x1] = cv2.remap(head, columns, lines, cv2.INTER_LINEAR)
    return sprite


def _premultiplied(photo: Image, figure: Figure) -> NDArray[np.uint8]:
    """Clothes and photograph in one RGBA picture of the photograph's scale, with a margin."""
    height, width = figure.height, photo.shape[1] + 2 * MARGIN
    colour = np.zeros((height, width, 3), np.float32)
    alpha = np.zeros((height, width, 1), np.float32)
    folds = _folds(height, width)
    for shade, outline in figure.clothes:
        mask = _mask(outline, height, width, feather=3.0)
        colour = colour * (1 - mask) + np.asarray(shade, np.float32) * folds * mask
        alpha = alpha * (1 - mask) + mask
    rows = min(height, photo.shape[0])
    flat = np.zeros_like(colour)
    flat[:rows] = cv2.copyMakeBorder(photo[:rows], 0, 0, MARGIN, MARGIN, cv2.BORDER_REPLICATE)
    mask = _mask(figure.outline, height, width, FEATHER)
    mask[rows:] = 0
    # The photograph fades into the painted clothes where it ends.
    fade = FADE_ROWS
    mask[rows - fade : rows] *= np.linspace(1, 0, fade, dtype=np.float32)[:, None, None]
    colour = colour * (1 - mask) + flat * mask
    alpha = alpha * (1 - mask) + mask
    joined: NDArray[np.float32] = np.concatenate([colour, alpha * 255], axis=2)
    return np.clip(joined, 0, 255).astype(np.uint8)


def _mask(
    outline: tuple[tuple[int, int], ...], height: int, width: int, feather: float
) -> NDArray[np.float32]:
    mask = np.zeros((height, width), np.uint8)
    points = np.array([(x + MARGIN, y) for x, y in outline], np.int32)
    cv2.fillPoly(mask, [points], 255, cv2.LINE_AA)
    soft = cv2.GaussianBlur(mask, (0, 0), feather)
    return np.asarray(soft, np.float32)[:, :, None] / np.float32(255)


def _folds(height: int, width: int) -> NDArray[np.float32]:
    """Brightness of plain cloth with long vertical folds, (H, W, 1) about 1."""
    grain = np.random.default_rng(7).normal(0, 1, (height // 4, width // 4)).astype(np.float32)
    soft = cv2.GaussianBlur(grain, (0, 0), 2.5, sigmaY=15)
    soft = cv2.resize(soft / soft.std(), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(1 + FOLDS * soft, np.float32)[:, :, None]


def _at_size(whole: NDArray[np.uint8], figure: Figure, size: float) -> Cutout:
    scale = size / figure.face_px
    shape = (round(whole.shape[1] * scale), round(whole.shape[0] * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    sprite: NDArray[np.uint8] = cv2.resize(whole, shape, interpolation=way).astype(np.uint8)
    eyes = ((figure.eyes[0] + MARGIN) * scale, figure.eyes[1] * scale)
    centre_x, centre_y, half_w, half_h = (value * scale for value in figure.head)
    centre_x += MARGIN * scale
    x0, x1 = max(0, int(centre_x - half_w)), min(shape[0], int(centre_x + half_w) + 1)
    y0, y1 = max(0, int(centre_y - half_h)), min(shape[1], int(centre_y + half_h) + 1)
    across = (np.arange(x0, x1, dtype=np.float32)[None, :] - centre_x) / half_w
    along = (np.arange(y0, y1, dtype=np.float32)[:, None] - centre_y) / half_h
    rise = TURN_DEPTH * half_w * np.clip(1 - across**2 - along**2, 0, 1)
    rise += _nose(eyes, size, (x0, y0, x1, y1))
    return Cutout(sprite, eyes, size, (x0, y0, x1, y1), rise.astype(np.float32))


def _nose(
    eyes: tuple[float, float], size: float, head: tuple[int, int, int, int]
) -> NDArray[np.float32]:
    """How far the nose stands out from a round head."""
    x0, y0, x1, y1 = head
    across = (np.arange(x0, x1, dtype=np.float32)[None, :] - eyes[0]) / (NOSE_AXES[0] * size)
    along = np.arange(y0, y1, dtype=np.float32)[:, None] - eyes[1] - NOSE_DOWN * size
    along /= NOSE_AXES[1] * size
    return np.asarray(NOSE_RISE * size * np.exp(-(across**2) - along**2), np.float32)
