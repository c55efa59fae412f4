"""Lay a face onto the template that an encoder was trained on, and cut the crop.

A crop, like every rotated or scaled patch, is sampled once and without aliasing (`warp`).
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.domain import CropGeometry, Image, Points
from accessctl.shrinking import shrunk

Affine = NDArray[np.float64]

MAX_SHRINK = 2.0
"""Bilinear sampling skips pixels beyond this; the source is averaged down first."""

LEFT_EYE = (33, 133)
RIGHT_EYE = (362, 263)
NOSE_TIP = 1
MOUTH_CORNERS = (61, 291)


def apply(transform: Affine, points: NDArray[np.floating]) -> NDArray[np.float64]:
    """`points` (N, 2) carried through the affine `transform` (2, 3)."""
    moved: NDArray[np.float64] = points[:, :2] @ transform[:, :2].T + transform[:, 2]
    return moved


def invert(transform: Affine) -> Affine:
    """The affine transform (2, 3) that undoes `transform`."""
    (a, b, x), (c, d, y) = transform.tolist()
    area = a * d - b * c
    if area == 0:
        raise np.linalg.LinAlgError("A transform that flattens the plane cannot be undone.")
    a, b, c, d = d / area, -b / area, -c / area, a / area
    return np.array([[a, b, -a * x - b * y], [c, d, -c * x - d * y]])


def compose(after: Affine, before: Affine) -> Affine:
    """The affine transform (2, 3) that applies `before`, then `after`."""
    return np.column_stack(
        [after[:, :2] @ before[:, :2], after[:, :2] @ before[:, 2] + after[:, 2]]
    )


def warp(image: Image, transform: Affine, size: tuple[int, int]) -> Image:
    """The patch of `size` (width, height) that `transform` (2, 3) maps `image` onto.

    Pixel centres have whole coordinates. Pixels outside the image repeat its edge.
    """
    (a, b), (c, d) = transform[:, :2].tolist()
    scale = math.sqrt(abs(a * d - b * c))
    if scale * MAX_SHRINK < 1:
        image, transform = _reduced(image, transform, size, int(1 / scale))
    patch = cv2.warpAffine(
        image, transform, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return patch.astype(np.uint8, copy=False)


def _reduced(
    image: Image, transform: Affine, size: tuple[int, int], factor: int
) -> tuple[Image, Affine]:
    """The part of `image` that the patch needs, averaged over `factor` x `factor` blocks."""
    height, width = image.shape[:2]
    corners = np.array([[0, 0], [size[0], 0], [0, size[1]], [size[0], size[1]]], np.float64)
    reach = apply(invert(transform), corners)
    low = np.clip(np.floor(reach.min(axis=0)) - factor, 0, None).astype(int)
    high = np.clip(np.ceil(reach.max(axis=0)) + factor, 0, (width, height)).astype(int)
    columns, rows = (high - low) // factor
    if columns < 1 or rows < 1:
        return image, transform
    part: Image = image[low[1] : low[1] + rows * factor, low[0] : low[0] + columns * factor]
    reduced = shrunk(part, factor)
    # The centre of a block of `factor` pixels lies (factor - 1) / 2 past its first pixel.
    to_image = np.array(
        [[factor, 0, low[0] + (factor - 1) / 2], [0, factor, low[1] + (factor - 1) / 2]]
    )
    return reduced, compose(transform, to_image)


def five_points(landmarks: Points) -> Points:
    """Left eye, right eye, nose tip, left and right mouth corner as seen in the image.

    `landmarks` is float32 (468, 3), the mesh in pixels; returns float32 (5, 2). An eye's
    centre is the mean of its two corners.
    """
    mesh = landmarks[:, :2]
    return np.stack(
        [
            mesh[list(LEFT_EYE)].mean(axis=0),
            mesh[list(RIGHT_EYE)].mean(axis=0),
            mesh[NOSE_TIP],
            mesh[MOUTH_CORNERS[0]],
            mesh[MOUTH_CORNERS[1]],
        ]
    ).astype(np.float32)


def umeyama(source: NDArray[np.floating], target: NDArray[np.floating]) -> Affine:
    """The similarity transform (2, 3) that lays `source` (N, 2) onto `target` (N, 2).

    Least squares over rotation, uniform scale and translation, reflections excluded:
    Umeyama, "Least-squares estimation of transformation parameters between two point
    patterns", IEEE PAMI 13(4), 1991, equations 40 to 42. Raises ValueError when the
    source points all coincide.
    """
    source = np.asarray(source, np.float64)
    target = np.asarray(target, np.float64)
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    centred = source - source_mean
    variance = (centred**2).sum() / len(source)
    if variance == 0:
        raise ValueError("Points that all coincide have no similarity transform.")
    covariance = (target - target_mean).T @ centred / len(source)
    left, singular, right = np.linalg.svd(covariance)
    signs = np.array([1.0, np.sign(np.linalg.det(left) * np.linalg.det(right)) or 1.0])
    rotation = (left * signs) @ right
    linear = rotation * ((singular * signs).sum() / variance)
    return np.column_stack([linear, target_mean - linear @ source_mean])


def crop_transform(landmarks: Points, geometry: CropGeometry) -> Affine:
    """The transform (2, 3) from image pixels to pixels of the crop."""
    to_canvas = umeyama(five_points(landmarks), np.array(geometry.template))
    x0, y0, x1, y1 = geometry.region
    x_scale, y_scale = geometry.size / (x1 - x0), geometry.size / (y1 - y0)
    to_crop = np.array([[x_scale, 0, -x0 * x_scale], [0, y_scale, -y0 * y_scale]])
    return compose(to_crop, to_canvas)


def cut(image: Image, landmarks: Points, geometry: CropGeometry) -> Image:
    """The aligned crop, RGB uint8 (S, S, 3), sampled once from `image`.

    `landmarks` is the mesh (468, 3) in pixels of `image`; where the crop reaches over
    the image's edge, the edge is repeated.

    >>> import accessctl
    >>> from accessctl.bundled import asset
    >>> with accessctl.open_engine() as engine:
    ...     image = engine.read(asset("grace_hopper.jpg"))
    ...     [face] = engine.detect(image)
    >>> encoder = accessctl.load_encoder("dlib")
    >>> accessctl.cut(image, face.landmarks, encoder.card.crop_geometry).shape
    (150, 150, 3)
    """
    return warp(image, crop_transform(landmarks, geometry), (geometry.size, geometry.size))
