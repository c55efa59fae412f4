"""The live counterpart of a moved photograph: the same face as a solid head that turns."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.demo.sheet import Sheet
from accessctl.domain import Frame, Image, Points
from accessctl.evaluation.moved_photo import Hand, as_seen

HEAD_REACH = (0.68, 0.85)
"""Half axes of the head's outline in widths and heights of the mesh."""

SETTLE = 8
"""Rounds in which the pixel that a turn brings to a place is found."""


def depth_map(shape: tuple[int, int], landmarks: Points) -> NDArray[np.float32]:
    """How far each pixel (H, W) of a photo stands out towards the camera, in its pixels.

    Interpolated from the mesh (468, 3) inside it; beyond, the head falls away to the
    depth of the mesh's outermost points.
    """
    from scipy.interpolate import LinearNDInterpolator

    height, width = shape
    y, x = np.mgrid[0:height, 0:width]
    back = float(np.percentile(landmarks[:, 2], 97))
    rise = LinearNDInterpolator(landmarks[:, :2].astype(np.float64), back - landmarks[:, 2], 0.0)
    field = np.asarray(rise(x, y), np.float32)
    spread = float(np.ptp(landmarks[:, 0])) * 0.03
    return np.asarray(cv2.GaussianBlur(np.maximum(field, 0), (0, 0), spread), np.float32)


def turned_head(
    photo: Image,
    landmarks: Points,
    backdrop: Image,
    rest: Sheet,
    hand: Hand,
    *,
    frames: int,
    fps: float,
    seed: int,
    blur: float = 0.8,
    noise: float = 3.0,
) -> Iterator[Frame]:
    """As `moved_photo`, with the head of `photo` cut out and solid (orthographic).

    `rest.width` is the width that the whole photo would have.
    """
    rise = depth_map((photo.shape[0], photo.shape[1]), landmarks)
    low, high = landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)
    middle = (low + high) / 2
    mask = np.zeros(photo.shape[:2], np.uint8)
    axes = (high - low) * HEAD_REACH
    cv2.ellipse(
        mask, (int(middle[0]), int(middle[1])), (int(axes[0]), int(axes[1])), 0, 0, 360, 255, -1
    )
    random = np.random.default_rng(seed)
    for index in range(frames):
        at = hand.at(index / fps, rest)
        picture = lay_relief(backdrop, Relief(photo, rise, mask, middle), at)
        yield Frame(as_seen(picture, random, blur, noise), index / fps, index)


@dataclass(frozen=True, slots=True, eq=False)
class Relief:
    """Something solid: `photo` uint8 (H, W, 3) is how it looks from the front, `rise` float32
    (H, W) how far each pixel stands out, in its pixels, `mask` uint8 (H, W) where it is at all,
    and `middle` (x, y) what it turns about."""

    photo: Image
    rise: NDArray[np.float32]
    mask: NDArray[np.uint8]
    middle: NDArray[np.floating]


def lay_relief(backdrop: Image, relief: Relief, at: Sheet) -> Image:
    """A picture of `relief` before `backdrop`, turned and placed as `at` says (orthographic)."""
    columns, lines = _sources(
        backdrop.shape[:2], relief.photo.shape[1], relief.rise, relief.middle, at
    )
    layer = cv2.remap(relief.photo, columns, lines, cv2.INTER_LINEAR)
    cover = cv2.remap(relief.mask, columns, lines, cv2.INTER_LINEAR)[:, :, None].astype(np.uint16)
    mixed = (layer.astype(np.uint16) * cover + backdrop * (255 - cover) + 127) // 255
    return np.asarray(mixed, np.uint8)


def _sources(
    shape: tuple[int, ...],
    photo_width: int,
    rise: NDArray[np.float32],
    middle: NDArray[np.floating],
    at: Sheet,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Which pixel of the photo each pixel of the picture shows."""
    scale = at.width / photo_width
    yaw, pitch, roll = np.radians([at.yaw, at.pitch, at.roll])
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    across, along = (x - at.x) / scale, (y - at.y) / scale
    u = np.cos(roll) * across + np.sin(roll) * along
    v = -np.sin(roll) * across + np.cos(roll) * along
    columns, lines = u + middle[0], v + middle[1]
    # What stands out moves further: x' = x cos(yaw) + z sin(yaw), solved for x by iteration.
    for _ in range(SETTLE):
        z = cv2.remap(rise, columns.astype(np.float32), lines.astype(np.float32), cv2.INTER_LINEAR)
        columns = (u - z * np.sin(yaw)) / np.cos(yaw) + middle[0]
        lines = (v + z * np.sin(pitch)) / np.cos(pitch) + middle[1]
    return columns.astype(np.float32), lines.astype(np.float32)
