"""From a picture to what a camera delivers of it: the medium that shows it, and the camera.

A medium is paper or a screen, and what that does to colours. It takes float32 RGB (H, W, 3) in
[0, 1], the content at a size of its own, and gives the surface as it would look from straight
ahead: wider by a rim that is alike on opposite sides, and above 1 where it glares. Leads: CVPR
workshops 2024, "Simulated physical spoofing clues" (moire by resampling a pixel grid, colour
distortion by a smaller gamut); the rest is what prints and screens do.

A `Camera` is what a door's camera makes of what stands before it: light, lens, sensor and codec.
It is drawn once and applied to a living face and to its attack alike, so that nothing of it tells
the two apart. Images are float32 RGB (H, W, 3) in [0, 1] between the steps.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Image

Picture: TypeAlias = NDArray[np.float32]

CLEAN = 0.45
"""How often the camera is a good one in good light."""

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


@dataclass(frozen=True, slots=True)
class Camera:
    """`gain` and `gamma` of the exposure, `white` (3,) the colour of the light, `blur` a standard
    deviation in pixels of the sensor, `motion` a length in them and an angle in degrees, `noise` a
    standard deviation in [0, 1], `sharpen` an amount, `shrink` how many times coarser the sensor
    was than what is delivered, `qualities` of the JPEG passes, `seed` of the noise."""

    gain: float
    gamma: float
    white: tuple[float, float, float]
    blur: float
    motion: tuple[int, float]
    noise: float
    sharpen: float
    shrink: float
    qualities: tuple[int, ...]
    seed: int


def draw_camera(rng: np.random.Generator) -> Camera:
    """A camera as doors, laptops and phones have them, in ordinary and in poor light."""
    if rng.random() < CLEAN:
        return _clean(rng)
    dark = rng.random() < 0.12
    tint = rng.normal(0, 0.03 if rng.random() < 0.8 else 0.09, 3)
    passes = 1 + int(rng.random() < 0.3)
    return Camera(
        gain=float(rng.uniform(0.35, 0.7) if dark else np.exp(rng.normal(0, 0.15))),
        gamma=float(np.exp(rng.normal(0, 0.15))),
        white=(float(1 + tint[0]), float(1 + tint[1]), float(1 + tint[2])),
        blur=float(rng.exponential(0.3)),
        motion=(int(rng.integers(2, 7)) if rng.random() < 0.08 else 0, float(rng.uniform(0, 180))),
        noise=float(rng.exponential(0.02 if dark else 0.005)),
        sharpen=float(rng.uniform(0.2, 1.2)) if rng.random() < 0.3 else 0.0,
        shrink=float(rng.uniform(1.1, 1.8)) if rng.random() < 0.25 else 1.0,
        qualities=tuple(int(q) for q in rng.integers(35, 97, passes)),
        seed=int(rng.integers(2**31)),
    )


def _clean(rng: np.random.Generator) -> Camera:
    return Camera(
        gain=float(np.exp(rng.normal(0, 0.06))),
        gamma=float(np.exp(rng.normal(0, 0.05))),
        white=(1.0, 1.0, 1.0),
        blur=0.0,
        motion=(0, 0.0),
        noise=float(rng.exponential(0.003)),
        sharpen=0.0,
        shrink=1.0,
        qualities=(int(rng.integers(60, 98)),),
        seed=int(rng.integers(2**31)),
    )


def taken(picture: Picture, camera: Camera) -> Image:
    """The picture as the camera delivers it: uint8 RGB of the same size."""
    rng = np.random.default_rng(camera.seed)
    height, width = picture.shape[:2]
    if camera.shrink > 1:
        small = (max(8, round(width / camera.shrink)), max(8, round(height / camera.shrink)))
        picture = _resized(picture, small)
    picture = _lens(picture, camera)
    picture = np.power(np.clip(picture * np.array(camera.white, np.float32), 0, 4), camera.gamma)
    picture = picture * np.float32(camera.gain)
    # A shoulder keeps what is bright from being cut off at once, as cameras do.
    picture = np.where(picture > 0.8, 0.8 + 0.2 * np.tanh((picture - 0.8) / 0.2), picture)
    grain = rng.standard_normal(picture.shape, np.float32) * np.float32(camera.noise)
    picture = np.asarray(picture + grain, np.float32)
    if camera.sharpen:
        soft = cv2.GaussianBlur(picture, (0, 0), 1.2)
        picture = np.asarray(picture + camera.sharpen * (picture - soft), np.float32)
    if camera.shrink > 1:
        picture = _resized(picture, (width, height))
    image = np.asarray(np.clip(picture * 255, 0, 255), np.uint8)
    for quality in camera.qualities:
        image = _coded(image, quality)
    return image


def _lens(picture: Picture, camera: Camera) -> Picture:
    if camera.blur > 0.25:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), camera.blur), np.float32)
    length, angle = camera.motion
    if length:
        kernel = np.zeros((length * 2 + 1, length * 2 + 1), np.float32)
        step = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))]) * length
        start, end = np.round(length - step / 2), np.round(length + step / 2)
        cv2.line(kernel, start.astype(int).tolist(), end.astype(int).tolist(), 1.0)
        picture = np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()), np.float32)
    return picture


def _resized(picture: Picture, size: tuple[int, int]) -> Picture:
    shrinking = size[0] < picture.shape[1]
    how = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, size, interpolation=how), np.float32)


def _coded(image: Image, quality: int) -> Image:
    _, data = cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(decoded[:, :, ::-1])
