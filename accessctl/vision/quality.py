"""How far a face can be trusted for recognition, and what is wrong with it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.config import VisionConfig
from accessctl.domain import Image, Points, Pose, Quality
from accessctl.vision.alignment import warp
from accessctl.vision.landmarks import (
    REGION_SCALE,
    Mesh,
    Region,
    mesh_box,
    region_of,
    region_transform,
)

SAMPLE_SIZE = 48
"""Faces are measured at this size, so that sharpness does not depend on resolution."""

SAMPLE_SCALE = 0.9
"""The sample's side over the mesh's: most of the face, little background."""

REBLUR = 5
BLURRED, CRISP = 0.10, 0.50
"""Loss of gradient under re-blurring of a face blurred beyond use, and of a crisp one."""

TOO_DARK, TOO_BRIGHT = "too dark", "too bright"

MAX_OUTSIDE = 0.15
"""Share of the mesh that may lie over the frame's edge."""


@dataclass(frozen=True, slots=True)
class Measures:
    """`width` in pixels; the mesh's `presence` and the other shares in [0, 1]."""

    width: float
    presence: float
    sharpness: float
    brightness: float
    outside: float
    pose: Pose


def measure(image: Image, mesh: Mesh, pose: Pose) -> Measures:
    """What the quality of a face in `image` rests on."""
    landmarks = mesh.points
    grey = _sample(image, landmarks)
    height, width = image.shape[:2]
    x, y = landmarks[:, 0], landmarks[:, 1]
    outside = np.mean((x < 0) | (y < 0) | (x > width - 1) | (y > height - 1))
    return Measures(
        width=mesh_box(landmarks).w,
        presence=mesh.presence,
        sharpness=sharpness(grey),
        brightness=brightness(grey),
        outside=float(outside),
        pose=pose,
    )


def judge(measures: Measures, config: VisionConfig) -> Quality:
    """Score and reasons. The score is the product of size, sharpness, exposure and pose."""
    pose = measures.pose
    faults = {
        "unclear": measures.presence < config.new_face_presence,
        "too far": measures.width < config.min_face_px,
        TOO_DARK: measures.brightness < config.min_brightness,
        TOO_BRIGHT: measures.brightness > config.max_brightness,
        "too blurred": measures.sharpness < config.min_sharpness,
        "turned away": abs(pose.yaw) > config.max_yaw or abs(pose.pitch) > config.max_pitch,
        "cut off": measures.outside > MAX_OUTSIDE,
    }
    size = min(1.0, measures.width / (2 * config.min_face_px))
    turned = np.cos(np.radians(pose.yaw)) * np.cos(np.radians(pose.pitch))
    score = size * measures.sharpness * _exposure(measures.brightness, config) * max(0.0, turned)
    return Quality(float(score), tuple(reason for reason, wrong in faults.items() if wrong))


def assess(image: Image, mesh: Mesh, pose: Pose, config: VisionConfig) -> Quality:
    """The quality of the face that `mesh` shows in `image`."""
    return judge(measure(image, mesh, pose), config)


def sharpness(grey: NDArray[np.float32]) -> float:
    """How much gradient a further blur takes away, from 0 (blurred) to 1 (crisp).

    `grey` is float32 (S, S). After Crete et al., "The blur effect: perception and
    estimation with a new no-reference perceptual blur metric", SPIE 6492, 2007: the worse
    of the two directions counts, contrast does not. Other than there, the loss is shared
    by the mean gradient of both directions, because a direction that motion has wiped out
    holds only noise, which looks crisp.
    """
    before = [np.abs(np.diff(grey, axis=axis)) for axis in (0, 1)]
    kernels = ((1, REBLUR), (REBLUR, 1))
    lost = [
        np.maximum(0, gradient - np.abs(np.diff(cv2.blur(grey, kernel), axis=axis))).sum()
        for axis, (gradient, kernel) in enumerate(zip(before, kernels, strict=True))
    ]
    total = sum(float(gradient.sum()) for gradient in before) / 2
    share = float(min(lost)) / total if total else 0.0
    return float(np.clip((share - BLURRED) / (CRISP - BLURRED), 0, 1))


def brightness(grey: NDArray[np.float32]) -> float:
    """Mean luminance of the middle of a face sample in 0 to 255, as a share in [0, 1]."""
    edge = len(grey) // 6
    return float(grey[edge:-edge, edge:-edge].mean()) / 255


def _exposure(value: float, config: VisionConfig) -> float:
    """1 for ordinary skin, falling to 0.5 at the limits of what is usable."""
    below = (value - config.min_brightness) / 0.15
    above = (config.max_brightness - value) / 0.15
    return 0.5 + 0.5 * float(np.clip(min(below, above), -1, 1))


def _sample(image: Image, landmarks: Points) -> NDArray[np.float32]:
    region = region_of(landmarks)
    side = region.side / REGION_SCALE * SAMPLE_SCALE
    part = Region(region.x, region.y, max(side, 1.0), region.angle)
    patch = warp(image, region_transform(part, SAMPLE_SIZE), (SAMPLE_SIZE, SAMPLE_SIZE))
    return cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY).astype(np.float32)
