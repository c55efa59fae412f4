"""The face mesh: 468 points and how sure the network is that there is a face.

The network is MediaPipe's `face_landmark.tflite` (Kartynnik et al., "Real-time Facial
Surface Geometry from Monocular Video on Mobile GPUs", 2019), run in LiteRT: MediaPipe's
own FaceLandmarker task expects a newer file and misreads this one.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Box, Image, Points
from accessctl.errors import ModelError
from accessctl.runtime import FETCH, model_file, open_interpreter
from accessctl.vision.sampling import Affine, apply, invert, warp

MESH_FILE = "face_landmark.tflite"
INPUT_SIZE = 192
MESH_POINTS = 468
REGION_SCALE = 1.5
OUTER_EYE_CORNERS = (33, 263)
EYE_CORNERS = ((33, 133), (362, 263))

EYES_APART = 0.35
"""Detector and mesh may put an eye so far apart, in distances between the two eyes."""


@dataclass(frozen=True, slots=True)
class Region:
    """A square of the image, in pixels, turned clockwise by `angle` radians."""

    x: float
    y: float
    side: float
    angle: float

    def moved(self, dx: float, dy: float) -> "Region":
        return Region(self.x + dx, self.y + dy, self.side, self.angle)


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """`points` float32 (468, 3) in pixels of the image; `presence` in [0, 1]."""

    points: Points
    presence: float


def region_around(box: Box, left_eye: NDArray[Any], right_eye: NDArray[Any]) -> Region:
    """Where to look for the mesh of a detected face; eyes are (2,), in pixels."""
    x, y = box.centre
    return Region(x, y, REGION_SCALE * max(box.w, box.h), _level(left_eye, right_eye))


def region_of(points: Points) -> Region:
    """Where to look for a face whose mesh (468, 3) is known already."""
    left, right = OUTER_EYE_CORNERS
    angle = _level(points[left], points[right])
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    upright = points[:, :2] @ turn.T
    low, high = upright.min(axis=0), upright.max(axis=0)
    x, y = turn.T @ ((low + high) / 2)
    return Region(float(x), float(y), REGION_SCALE * float((high - low).max()), angle)


def _level(left_eye: NDArray[Any], right_eye: NDArray[Any]) -> float:
    across = right_eye[:2] - left_eye[:2]
    return float(np.arctan2(across[1], across[0]))


def region_transform(region: Region, size: int) -> Affine:
    """From image pixels to pixels of the upright `size` x `size` patch of `region`."""
    scale = size / region.side
    cos, sin = scale * np.cos(region.angle), scale * np.sin(region.angle)
    linear = np.array([[cos, sin], [-sin, cos]])
    return np.column_stack([linear, size / 2 - linear @ (region.x, region.y)])


def mesh_box(points: Points) -> Box:
    """The upright box around a mesh (468, 3)."""
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    return Box(float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1]))


def eyes_agree(points: Points, eyes: Points) -> bool:
    """Whether a mesh (468, 3) has both eyes about where they were detected, `eyes` (2, 2)."""
    laid = np.stack([points[list(corners), :2].mean(axis=0) for corners in EYE_CORNERS])
    apart = np.linalg.norm(laid - eyes, axis=1)
    return bool(apart.max() <= EYES_APART * np.linalg.norm(eyes[1] - eyes[0]))


class LandmarkModel:
    """The mesh network, for one thread. Raises ModelError when its file is missing or unfit."""

    def __init__(self, folder: Path) -> None:
        path = model_file(folder, MESH_FILE)
        self._network = open_interpreter(path, advice=FETCH)
        self._input = self._network.get_input_details()[0]
        outputs = {int(np.prod(o["shape"])): o["index"] for o in self._network.get_output_details()}
        expected = (1, INPUT_SIZE, INPUT_SIZE, 3)
        if tuple(self._input["shape"]) != expected or set(outputs) != {MESH_POINTS * 3, 1}:
            raise ModelError(f"{path} is not the face mesh with {MESH_POINTS} points; {FETCH}.")
        self._points, self._logit = outputs[MESH_POINTS * 3], outputs[1]

    def look(self, image: Image, region: Region) -> Mesh:
        """The mesh of the face in `region` of `image`, whether or not there is one."""
        transform = region_transform(region, INPUT_SIZE)
        patch = warp(image, transform, (INPUT_SIZE, INPUT_SIZE))
        self._network.set_tensor(
            self._input["index"], np.multiply(patch[None], np.float32(1 / 255), dtype=np.float32)
        )
        self._network.invoke()
        raw = self._network.get_tensor(self._points).reshape(MESH_POINTS, 3)
        logit = float(self._network.get_tensor(self._logit).reshape(()))
        points = np.empty((MESH_POINTS, 3), np.float32)
        points[:, :2] = apply(invert(transform), raw[:, :2])
        points[:, 2] = raw[:, 2] * (region.side / INPUT_SIZE)
        return Mesh(points, float(1 / (1 + np.exp(-np.clip(logit, -60, 60)))))
