"""The face mesh: 468 points, how sure the network is of a face, where the head points, and
whether it stands on its head.

The network is MediaPipe's `face_landmark.tflite` (Kartynnik et al., "Real-time Facial
Surface Geometry from Monocular Video on Mobile GPUs", 2019), run in LiteRT: MediaPipe's
own FaceLandmarker task expects a newer file and misreads this one. The pose is read from the
mesh alone.

The network was made for upright faces and lays an upright mesh over a face that is upside down,
with full presence. Turned by half a circle and laid again, it is the surer the right way up. Of a
face whose lower half is covered it is not sure either way; so it must be much surer
(`UPSIDE_DOWN_ODDS`) before a face is said to stand on its head.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from math import pi
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Box, Image, Points, Pose
from accessctl.errors import ModelError
from accessctl.runtime import FETCH, model_file, open_interpreter
from accessctl.vision.alignment import Affine, apply, invert, warp

MESH_FILE = "face_landmark.tflite"
INPUT_SIZE = 192
MESH_POINTS = 468
REGION_SCALE = 1.5
OUTER_EYE_CORNERS = (33, 263)
EYE_CORNERS = ((33, 133), (362, 263))

EYES_APART = 0.35
"""Detector and mesh may put an eye so far apart, in distances between the two eyes."""

STABLE_POINTS = (33, 133, 362, 263, 127, 356, 10, 168, 1, 2)
"""Eye corners, temples, forehead, nose bridge, nose tip and base: no expression moves them."""

FRONTAL = np.array(
    [
        [-0.500, -0.162, 0.029],
        [-0.194, -0.147, -0.030],
        [0.194, -0.147, -0.030],
        [0.500, -0.162, 0.029],
        [-0.788, -0.115, 0.574],
        [0.788, -0.115, 0.574],
        [0.000, -0.754, -0.173],
        [0.000, -0.204, -0.218],
        [0.000, 0.285, -0.441],
        [0.000, 0.354, -0.268],
    ]
)
"""Those points of a face that looks into the camera; outer eye corners 1 apart.

The mean of 1,500 meshes of press photographs after generalised Procrustes alignment, made
symmetric, turned so that the median photograph has pitch 0. x points right, y down, z away
from the camera.
"""

UPSIDE_DOWN = "upside down"
"""The reason for which a face that stands on its head is not used."""

ON_ITS_SIDE = (60.0, 120.0)
"""A face that is turned by so many degrees in the picture, either way, lies on its side."""

AGAIN_S = 1.0
"""A face that seemed to be upside down is looked at again after so many seconds."""

SETTLES = 2
"""Times that each mesh is laid for it, from where it lay before."""

UPSIDE_DOWN_ODDS = 50.0
"""So many times as large the odds of a face must be when it is turned. What other bounds do to
masked faces, and to bare ones on their heads: docs/decisions/covered-faces.md."""


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


def head_pose(landmarks: Points) -> Pose:
    """Yaw, pitch and roll in degrees of a mesh, float32 (468, 3).

    The rotation is the least squares one from `FRONTAL` (Kabsch, "A solution for the best
    rotation to relate two sets of vectors", Acta Cryst. A32, 1976), taken apart as roll
    in the face's own plane first, then pitch, then yaw.
    """
    seen = landmarks[list(STABLE_POINTS)].astype(np.float64)
    rotation = kabsch(FRONTAL - FRONTAL.mean(axis=0), seen - seen.mean(axis=0))
    forward = -rotation[:, 2]
    yaw = np.arctan2(forward[0], -forward[2])
    pitch = np.arcsin(np.clip(-forward[1], -1, 1))
    level = _looking(yaw, pitch)
    spin = level.T @ rotation
    roll = np.arctan2(spin[1, 0], spin[0, 0])
    return Pose(*(float(angle) for angle in np.degrees([yaw, pitch, roll])))


def rotation_of(pose: Pose) -> NDArray[np.float64]:
    """The rotation (3, 3) that turns a frontal mesh into `pose`."""
    roll = np.radians(pose.roll)
    spin = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    turned: NDArray[np.float64] = _looking(np.radians(pose.yaw), np.radians(pose.pitch)) @ spin
    return turned


def kabsch(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rotation (3, 3) that best turns centred `source` (N, 3) onto centred `target`."""
    left, _, right = np.linalg.svd(target.T @ source)
    handedness = np.sign(np.linalg.det(left @ right))
    rotation: NDArray[np.float64] = (left * np.array([1.0, 1.0, handedness])) @ right
    return rotation


def _looking(yaw: float, pitch: float) -> NDArray[np.float64]:
    """The rotation that takes the line of sight to `yaw` and `pitch`, in radians."""
    turn = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
    nod = np.array(
        [[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]]
    )
    product: NDArray[np.float64] = turn @ nod
    return product


def lies_on_its_side(pose: Pose) -> bool:
    """Whether a face is turned by about a quarter of a circle in the picture: no head tilts so far,
    so the picture does."""
    return ON_ITS_SIDE[0] <= abs(pose.roll) <= ON_ITS_SIDE[1]


def is_upside_down(lay: Callable[[Region], Mesh], mesh: Mesh) -> bool:
    """Whether the face of `mesh` is much surer when it is turned by half a circle; `lay` gives the
    mesh in a region of the picture. Four looks of the mesh network."""
    region = region_of(mesh.points)
    upright, turned = (
        _presence(lay, replace(region, angle=region.angle + angle)) for angle in (0.0, pi)
    )
    # Odds are p / (1 - p); multiplied out, because a presence may be a whole 1.
    return turned * (1 - upright) > UPSIDE_DOWN_ODDS * upright * (1 - turned)


def _presence(lay: Callable[[Region], Mesh], region: Region) -> float:
    for _ in range(SETTLES - 1):
        region = region_of(lay(region).points)
    return lay(region).presence


class UprightMemory:
    """What each track was found to be; one that is upright stays so."""

    def __init__(self) -> None:
        self._found: dict[int, tuple[bool, float]] = {}

    def forget_but(self, tracks: Collection[int]) -> None:
        """Of all other tracks nothing is known any more."""
        self._found = {track: said for track, said in self._found.items() if track in tracks}

    def judge(self, track: int, now: float, look: Callable[[], bool]) -> bool:
        """Whether the face of that track is upside down; `look` tells, if it has to be asked."""
        known = self._found.get(track)
        if known is not None and (not known[0] or 0 <= now - known[1] < AGAIN_S):
            return known[0]
        self._found[track] = look(), now
        return self._found[track][0]
