"""The aligned crop as a detector that errs a little would have cut it."""

from dataclasses import dataclass

import numpy as np

from accessctl.domain import CropGeometry, Image
from accessctl.evaluation.pack import CANVAS_TEMPLATE
from accessctl.vision.alignment import Affine, compose, umeyama, warp


@dataclass(frozen=True, slots=True)
class Jitter:
    """Standard deviations: shift in canvas pixels, rotation in degrees, scale as a share."""

    shift: float = 1.5
    rotation: float = 3.0
    scale: float = 0.03


def jittered(jitter: Jitter, centre: tuple[float, float], draw: np.random.Generator) -> Affine:
    """A similarity (2, 3) near the identity that turns about `centre`, cut off at 2 deviations."""
    x, y, turn, grow = np.clip(draw.standard_normal(4), -2, 2)
    angle = np.radians(jitter.rotation * turn)
    scale = 1 + jitter.scale * grow
    linear = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.array(centre)
    shift = middle - linear @ middle + jitter.shift * np.array([x, y])
    return np.column_stack([linear, shift])


def cut_jittered(
    canvas: Image, geometry: CropGeometry, jitter: Jitter, draw: np.random.Generator
) -> Image:
    """The crop (S, S, 3) of a canvas (128, 128, 3), misaligned, sampled once."""
    x0, y0, x1, y1 = geometry.region
    x_scale, y_scale = geometry.size / (x1 - x0), geometry.size / (y1 - y0)
    to_crop = np.array([[x_scale, 0, -x0 * x_scale], [0, y_scale, -y0 * y_scale]])
    to_template = umeyama(np.array(CANVAS_TEMPLATE), np.array(geometry.template))
    wobble = jittered(jitter, ((x0 + x1) / 2, (y0 + y1) / 2), draw)
    transform = compose(to_crop, compose(wobble, to_template))
    return warp(canvas, transform, (geometry.size, geometry.size))
