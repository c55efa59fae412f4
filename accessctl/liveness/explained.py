"""One view of a face predicted from an earlier one, as if all went with the face, and as if
nothing moved but the camera."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.liveness.evidence import LivenessFrame, View
from accessctl.liveness.points import FLAT


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """For each pixel of the second of two views: the error, in grey levels, if it went with
    the face and if it stayed, and whether the first view shows it either way. `stay` (3, 3)
    takes pixels of the first view to those of the second for what stays."""

    wrong_going: NDArray[np.float32]
    wrong_staying: NDArray[np.float32]
    seen: NDArray[np.bool_]
    stay: NDArray[np.float64]


def explain(
    first: LivenessFrame, second: LivenessFrame, camera: NDArray[np.float64]
) -> Explained | None:
    """How wrong each pixel of the second view is when predicted from the first one; `camera`
    (3, 3) is how the frame moved, as `camera_motion` measures it. None without a face to go by."""
    plane = _face_plane(first, second)
    if plane is None:
        return None
    before, after = _grey(first.around), _grey(second.around)
    # The camera's exposure may have changed in between.
    before *= float(after.mean() / max(float(before.mean()), 1.0))
    stay = _placed(second.around) @ camera @ np.linalg.inv(_placed(first.around))
    seen = _inside(first.around, second.around, plane) & _inside(first.around, second.around, stay)
    size = (after.shape[1], after.shape[0])
    going, staying = (
        np.abs(cv2.warpPerspective(before, way, size) - after) for way in (plane, stay)
    )
    return Explained(going, staying, seen, stay)


def _face_plane(first: LivenessFrame, second: LivenessFrame) -> NDArray[np.float64] | None:
    """From pixels of the first view to those of the second for a plane through the face (3, 3);
    the mesh has no strays, so least squares do."""
    start, end = (f.around.from_frame(f.landmarks[list(FLAT)]) for f in (first, second))
    plane, _ = cv2.findHomography(start, end, 0)
    return None if plane is None else np.asarray(plane, np.float64)


def _grey(view: View) -> NDArray[np.float32]:
    grey = cv2.cvtColor(view.image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), 1.0), np.float32)


def _placed(view: View) -> NDArray[np.float64]:
    """From pixels of the frame to those of the view (3, 3)."""
    scale = view.scale
    return np.array([[scale, 0, -view.left * scale], [0, scale, -view.top * scale], [0, 0, 1.0]])


def _inside(first: View, second: View, way: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where the first view has something to say about the second one."""
    size = second.image.shape[:2]
    there = np.full(first.image.shape[:2], 255, np.uint8)
    return np.asarray(cv2.warpPerspective(there, way, size[::-1]) == 255, np.bool_)
