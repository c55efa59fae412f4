"""Light at a door: too little of it, from behind, or none that has colour (infrared)."""

import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Image

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of red, green and blue in brightness, ITU-R BT.601."""


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
