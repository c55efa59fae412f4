"""An observer that has seen it all before: for tests and rehearsals without models."""

from collections.abc import Iterable, Sequence

import numpy as np

from accessctl.domain import Box, Face, Frame, Image, Points, Pose, Quality
from accessctl.vision.landmarks import MESH_POINTS

FEATURES = {
    33: (0.18, 0.36),
    133: (0.38, 0.37),
    362: (0.62, 0.37),
    263: (0.82, 0.36),
    1: (0.5, 0.59),
    61: (0.32, 0.76),
    291: (0.68, 0.76),
}
"""Eye corners, nose tip and mouth corners as shares of a face's box."""


class FakeObserver:
    """Plays a script: one list of faces for each call of `observe`, then empty lists.

    `photos` is the same for `still`; the last entry of it is repeated.
    """

    def __init__(
        self, script: Iterable[Sequence[Face]] = (), photos: Iterable[Sequence[Face]] = ()
    ) -> None:
        self._script = iter(script)
        self._photos = iter(photos)
        self._photo: Sequence[Face] = ()
        self.frames: list[Frame] = []
        self.closed = False
        self.timings: dict[str, float] = {"search": 0.0, "track": 0.0, "landmarks": 0.0}

    def observe(self, frame: Frame) -> list[Face]:
        self.frames.append(frame)
        return list(next(self._script, ()))

    def still(self, image: Image, narrowest: float = 0.0) -> list[Face]:
        del image, narrowest
        self._photo = next(self._photos, self._photo)
        return list(self._photo)

    def close(self) -> None:
        self.closed = True


def fake_face(
    track: int = 1,
    *,
    box: Box | None = None,
    quality: Quality | None = None,
    pose: Pose | None = None,
) -> Face:
    """A usable face that looks into the camera, 100 pixels wide unless told otherwise.

    Its mesh is flat: the five points that `cut` needs are where a face has them, all the
    others lie in a grid over the box.
    """
    box = box or Box(100, 100, 100, 120)
    return Face(
        box=box,
        score=0.9,
        presence=1.0,
        landmarks=fake_mesh(box),
        pose=pose or Pose(0, 0, 0),
        quality=quality or Quality(0.8),
        track=track,
    )


def fake_mesh(box: Box) -> Points:
    """A mesh (468, 3) of z = 0 that spans `box`."""
    columns = 26
    index = np.arange(MESH_POINTS)
    share = np.stack([index % columns / (columns - 1), index // columns / 17], axis=1)
    for point, place in FEATURES.items():
        share[point] = place
    mesh = np.zeros((MESH_POINTS, 3), np.float32)
    mesh[:, :2] = share * (box.w, box.h) + (box.x, box.y)
    return mesh
