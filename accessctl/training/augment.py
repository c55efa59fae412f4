"""What happens to faces at a door, done to training faces.

Each change is a pure function of an image and a `numpy.random.Generator`; `Augmentation` says
which ones a face gets, and how often. The aligned crop is cut as a detector that errs a little
would have cut it. Masks, sunglasses and hats are drawn from the geometry of the template: the five
points of a canvas are where the template puts them, so no landmarks are needed. They are crude on
purpose: what counts is which part of the face is hidden. Light is too little, from behind, or has
no colour (infrared); detail is lost to few pixels, motion, defocus and a camera's compression.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.domain import CropGeometry, Image
from accessctl.evaluation.data import CANVAS_TEMPLATE
from accessctl.vision.alignment import Affine, compose, umeyama, warp

Change = Callable[[Image, np.random.Generator], Image]
Changes = tuple[tuple[Change, float], ...]
"""What is done, and how often."""

Strength = Literal["none", "light", "door"]

MIRROR = 0.5

WEAR = 0.08

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of red, green and blue in brightness, ITU-R BT.601."""

LEFT_EYE, RIGHT_EYE, NOSE, LEFT_MOUTH, RIGHT_MOUTH = (np.array(p) for p in CANVAS_TEMPLATE)

EYE_DISTANCE = float(np.linalg.norm(RIGHT_EYE - LEFT_EYE))


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


def something_worn(canvas: Image, draw: np.random.Generator) -> Image:
    """A mask, sunglasses or a hat, each as likely."""
    return (mask, sunglasses, hat)[int(draw.integers(3))](canvas, draw)


def mask(canvas: Image, draw: np.random.Generator) -> Image:
    """A face mask: from the bridge of the nose down to the chin, from cheek to cheek."""
    top = NOSE[1] - draw.uniform(0.1, 0.45) * EYE_DISTANCE
    bottom = LEFT_MOUTH[1] + draw.uniform(0.6, 0.9) * EYE_DISTANCE
    half = draw.uniform(0.85, 1.05) * EYE_DISTANCE
    x = NOSE[0]
    outline = [
        (x - half, top + 0.2 * EYE_DISTANCE),
        (x, top),
        (x + half, top + 0.2 * EYE_DISTANCE),
        (x + 0.85 * half, bottom - 0.35 * EYE_DISTANCE),
        (x, bottom),
        (x - 0.85 * half, bottom - 0.35 * EYE_DISTANCE),
    ]
    return _painted(canvas, [outline], _cloth(draw))


def sunglasses(canvas: Image, draw: np.random.Generator) -> Image:
    """Two dark lenses and the bridge between them."""
    wide, high = draw.uniform(0.32, 0.44) * EYE_DISTANCE, draw.uniform(0.22, 0.34) * EYE_DISTANCE
    colour = tuple(int(v) for v in draw.integers(0, 50, 3))
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    lenses = [
        [(x + wide * np.cos(a), y + high * np.sin(a)) for a in angles]
        for x, y in (LEFT_EYE, RIGHT_EYE)
    ]
    y = (LEFT_EYE[1] + RIGHT_EYE[1]) / 2
    bar = [(LEFT_EYE[0], y - 3), (RIGHT_EYE[0], y - 3), (RIGHT_EYE[0], y), (LEFT_EYE[0], y)]
    return _painted(canvas, [*lenses, bar], colour)


def hat(canvas: Image, draw: np.random.Generator) -> Image:
    """Everything above a brim that sits between hairline and brows."""
    brim = LEFT_EYE[1] - draw.uniform(0.35, 0.7) * EYE_DISTANCE
    tilt = draw.uniform(-0.1, 0.1) * EYE_DISTANCE
    width = canvas.shape[1]
    area = [(0, 0), (width, 0), (width, brim + tilt), (0, brim - tilt)]
    return _painted(canvas, [area], _cloth(draw))


def _cloth(draw: np.random.Generator) -> tuple[int, ...]:
    return tuple(int(v) for v in draw.integers(0, 256, 3))


def _painted(
    canvas: Image, outlines: list[list[tuple[float, float]]], colour: tuple[int, ...]
) -> Image:
    painted = canvas.copy()
    polygons = [np.rint(np.array(outline)).astype(np.int32) for outline in outlines]
    for polygon in polygons:
        cv2.fillPoly(painted, [polygon], colour, lineType=cv2.LINE_AA)
    return painted


def dark(image: Image, draw: np.random.Generator, darkest: float = 0.15) -> Image:
    """A share of the light, `darkest` to 0.7 of it, with the sensor noise that comes with it.

    Shot noise grows with the root of the light that arrives, read noise stays; both are
    then lifted again by the camera's gain to half of what was lost.
    """
    light = draw.uniform(darkest, 0.7)
    gain = (1 / light) ** draw.uniform(0, 0.7)
    arrived = image.astype(np.float32) * np.float32(light)
    noise = draw.standard_normal(image.shape, np.float32)
    noisy = arrived + noise * np.sqrt(arrived * 0.25 + 1.0)
    return _bytes(noisy * np.float32(gain))


def backlit(image: Image, draw: np.random.Generator) -> Image:
    """A bright background: the face sinks towards the dark, one side is washed out."""
    height, width = image.shape[:2]
    angle = draw.uniform(0, 2 * np.pi)
    x = np.linspace(-1, 1, width, dtype=np.float32)
    y = np.linspace(-1, 1, height, dtype=np.float32)
    across = (np.cos(angle) * x + np.sin(angle) * y[:, None]).astype(np.float32)
    glare = np.clip(across - np.float32(draw.uniform(0.2, 0.8)), 0, None)[..., None]
    dimmed = image.astype(np.float32) * np.float32(draw.uniform(0.35, 0.8))
    return _bytes(dimmed + 200 * glare)


def exposure(image: Image, draw: np.random.Generator) -> Image:
    """Brightness, contrast and gamma a little off, and the white balance with them."""
    unit = image.astype(np.float32) / 255
    unit = unit ** np.float32(np.exp(draw.uniform(-0.35, 0.35)))
    tint = (1 + draw.uniform(-0.08, 0.08, 3)).astype(np.float32)
    contrast = np.float32(draw.uniform(0.75, 1.25))
    level = np.float32(draw.uniform(-0.08, 0.08))
    return _bytes(255 * (((unit - 0.5) * contrast + 0.5 + level) * tint))


def grey(image: Image, draw: np.random.Generator) -> Image:  # noqa: ARG001 one shape for all
    """Brightness only, as an infrared or black-and-white camera sees it."""
    level = (image.astype(np.float32) @ LUMA)[..., None]
    return _bytes(np.repeat(level, 3, axis=2))


def _bytes(values: NDArray[np.floating]) -> Image:
    clipped: Image = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return clipped


def low_resolution(image: Image, draw: np.random.Generator, smallest: int = 40) -> Image:
    """The image as if the face crop had been only `smallest` pixels or more wide.

    The width is drawn evenly in its logarithm between `smallest` and the image's own, then
    averaged down and enlarged bilinearly, as a door enlarges a far face.
    """
    height, width = image.shape[:2]
    if width <= smallest:
        return image
    small = round(float(np.exp(draw.uniform(np.log(smallest), np.log(width)))))
    size = (small, max(1, round(small * height / width)))
    reduced = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    back = cv2.resize(reduced, (width, height), interpolation=cv2.INTER_LINEAR)
    return back.astype(np.uint8, copy=False)


def defocus(image: Image, draw: np.random.Generator, strongest: float = 2.5) -> Image:
    """Gaussian blur, deviation 0.5 pixels up to `strongest` for an image 150 pixels wide."""
    sigma = draw.uniform(0.5, strongest) * image.shape[1] / 150
    return cv2.GaussianBlur(image, (0, 0), sigma).astype(np.uint8, copy=False)


def motion(image: Image, draw: np.random.Generator, longest: int = 11) -> Image:
    """Blur along a line of 3 up to `longest` pixels in any direction."""
    length = int(draw.integers(3, longest + 1))
    angle = draw.uniform(0, np.pi)
    kernel = np.zeros((length, length), np.float32)
    middle = (length - 1) / 2
    reach = middle * np.array([np.cos(angle), np.sin(angle)])
    ends = [tuple(round(float(v)) for v in middle + sign * reach) for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0)
    blurred = cv2.filter2D(image, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)
    return blurred.astype(np.uint8, copy=False)


def compressed(image: Image, draw: np.random.Generator, worst: int = 15) -> Image:
    """Written as JPEG of quality `worst` to 90 and read back."""
    quality = int(draw.integers(worst, 91))
    _, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    read = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(read[..., ::-1])


# In the order in which light, lens, sensor and codec act.
DOOR: Changes = (
    (exposure, 0.5),
    (backlit, 0.06),
    (motion, 0.06),
    (defocus, 0.10),
    (low_resolution, 0.30),
    (dark, 0.12),
    (grey, 0.08),
    (compressed, 0.20),
)

LIGHT: Changes = (
    (low_resolution, 0.20),
    (exposure, 0.30),
    (grey, 0.05),
)

DEFAULT_JITTER = Jitter()


@dataclass(frozen=True, slots=True)
class Augmentation:
    """From a canvas (128, 128, 3) to a training crop (S, S, 3), both RGB uint8.

    `none` only cuts; `light` adds mirroring, misalignment and mild changes; `door` all that
    a door's camera does to a face (`door`), and what people wear there.
    """

    geometry: CropGeometry
    strength: Strength = "door"
    jitter: Jitter = DEFAULT_JITTER
    door: Changes = DOOR

    def crop(self, canvas: Image, draw: np.random.Generator) -> Image:
        if self.strength == "none":
            return cut_jittered(canvas, self.geometry, Jitter(0, 0, 0), draw)
        if self.strength == "door" and draw.random() < WEAR:
            canvas = something_worn(canvas, draw)
        crop = cut_jittered(canvas, self.geometry, self.jitter, draw)
        if draw.random() < MIRROR:
            crop = np.ascontiguousarray(crop[:, ::-1])
        for change, share in self.door if self.strength == "door" else LIGHT:
            if draw.random() < share:
                crop = change(crop, draw)
        return crop
