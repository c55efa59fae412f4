"""What a door's camera makes of what stands before it: light, lens, sensor and codec.

A `Camera` is drawn once and applied to a living face and to its attack alike, so that nothing of
it tells the two apart. Images are float32 RGB (H, W, 3) in [0, 1] between the steps.
"""

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Image

Picture: TypeAlias = NDArray[np.float32]

CLEAN = 0.45
"""How often the camera is a good one in good light."""


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
