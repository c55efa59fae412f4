"""The second stage: the network is asked about pictures that nobody has seen, and so are the
teachers, at once.

Samples that were labelled once are learnt by heart; a teacher that labels each distorted and
mixed picture anew is copied as a function (Beyer et al., "Knowledge distillation: a good teacher
is patient and consistent", CVPR 2022).
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.training.spoof.optics import Picture
from accessctl.training.spoof.teachers import Teacher
from accessctl.training.spoof.twins import REACHES

MIXED, PATCHED, BLURRED, NOISY = 0.5, 0.25, 0.2, 0.3
"""How often two samples are laid over each other, one shows through a window in the other, and a
sample is blurred or made noisy."""

SHIFT, ZOOM = 4.0, 0.08


def distorted(
    crops: NDArray[np.uint8], living: NDArray[np.float32], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Other pictures of uint8 (N, K, S, S, 3), float32 in [0, 1], and how much of each lives."""
    count = len(crops)
    pictures = np.stack([_moved(one, rng) for one in crops]).astype(np.float32) / np.float32(255)
    pictures = _lit(pictures, rng)
    other = rng.permutation(count)
    share = np.where(rng.random(count) < MIXED, rng.uniform(0, 1, count), 1).astype(np.float32)
    weight = share[:, None, None, None, None]
    mixed = pictures * weight + pictures[other] * (1 - weight)
    lives = living * share + living[other] * (1 - share)
    for index in np.flatnonzero(rng.random(count) < PATCHED):
        lives[index] = (
            _patched(mixed[index], pictures[other[index]], rng)
            * (living[other[index]] - lives[index])
            + lives[index]
        )
    return np.asarray(np.clip(mixed, 0, 1), np.float32), np.asarray(lives, np.float32)


def asked(
    pictures: NDArray[np.float32], teachers: Sequence[Teacher]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Teachers' logits (N, T, 3) and last layers (N, T, 128) on pictures (N, K, S, S, 3)."""
    says, holds = [], []
    for teacher in teachers:
        cut = pictures[:, REACHES.index(teacher.reach), :, :, ::-1]
        said, held = teacher(np.ascontiguousarray(cut) * np.float32(255))
        says.append(said)
        holds.append(held)
    return np.stack(says, axis=1), np.stack(holds, axis=1)


def _moved(crops: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Each cut shifted and zoomed a little, all of them mirrored at times, some blurred."""
    size = crops.shape[1]
    moved = np.empty_like(crops)
    blurred = float(rng.uniform(0.4, 1.2)) if rng.random() < BLURRED else 0.0
    for index, crop in enumerate(crops):
        zoom = float(np.exp(rng.normal(0, ZOOM)))
        turn = cv2.getRotationMatrix2D((size / 2, size / 2), float(rng.normal(0, 3)), zoom)
        turn = turn + np.array([[0, 0, 1]]) * rng.normal(0, SHIFT / 2, (2, 1))
        crop = cv2.warpAffine(crop, turn, (size, size), borderMode=cv2.BORDER_REFLECT)
        moved[index] = cv2.GaussianBlur(crop, (0, 0), blurred) if blurred else crop
    return moved[:, :, ::-1] if rng.random() < 0.5 else moved


def _lit(pictures: Picture, rng: np.random.Generator) -> Picture:
    """Other light, contrast and colour, and at times noise."""
    shape = (len(pictures), 1, 1, 1, 1)
    gamma = np.exp(rng.normal(0, 0.2, shape)).astype(np.float32)
    gain = np.exp(rng.normal(0, 0.12, shape)) * np.exp(rng.normal(0, 0.05, (*shape[:4], 3)))
    lit = np.power(pictures, gamma) * gain.astype(np.float32)
    amount = np.where(rng.random(shape) < NOISY, rng.exponential(0.015, shape), 0)
    noise = rng.standard_normal(pictures.shape, np.float32)
    return np.asarray(lit + noise * amount.astype(np.float32), np.float32)


def _patched(below: Picture, above: Picture, rng: np.random.Generator) -> float:
    """Lay a window of one sample's cuts (K, S, S, 3) into another's; the share that it covers."""
    size = below.shape[1]
    width, height = int(size * rng.uniform(0.2, 0.7)), int(size * rng.uniform(0.2, 0.7))
    left, top = int(rng.integers(0, size - width)), int(rng.integers(0, size - height))
    window = (slice(None), slice(top, top + height), slice(left, left + width))
    below[window] = above[window]
    return float(width * height / size**2)
