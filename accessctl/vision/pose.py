"""Where a head points, from its mesh."""

import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Points, Pose

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
