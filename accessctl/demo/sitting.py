"""The demo's stranger, who sits for an operator that enrols her by the demo door's camera: she
steps up when it begins, turns as she is asked, and goes when it is over. Otherwise the demo plays
on, again and again.
"""

import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from accessctl.camera.source import Shot
from accessctl.demo.scene import Scene
from accessctl.demo.script import DOOR_X, EYE_Y, LENGTH_S, NEAR_PX, Stance, ease
from accessctl.door.shot import PortraitPose

TURN_S = 0.8
"""How long she takes to turn her head."""

YAWS: Mapping[PortraitPose, float] = MappingProxyType(
    {PortraitPose.FRONT: 0.0, PortraitPose.LEFT: 16.0, PortraitPose.RIGHT: -16.0}
)
"""Degrees as in script.Stance: her left is the picture's right."""


class Sitting:
    """How she is asked to look; told by any thread, seen by the camera's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pose: PortraitPose | None = None

    def __call__(self, pose: PortraitPose | None) -> None:
        """See service.enrolling.Seated."""
        with self._lock:
            self._pose = pose

    @property
    def pose(self) -> PortraitPose | None:
        """None while nobody sits."""
        with self._lock:
            return self._pose


def sitting_stance(yaw: float, since_s: float) -> Stance:
    """Where she stands `since_s` seconds after she stepped up: nobody stands quite still."""
    return Stance(
        size=NEAR_PX + 3 * math.sin(1.3 * since_s),
        x=DOOR_X + 4 * math.sin(2.1 * since_s),
        y=EYE_Y + 2 * math.sin(1.7 * since_s),
        yaw=yaw,
    )


class SittingFeed:
    """The demo's pictures, which she interrupts."""

    def __init__(self, scene: Scene, fps: float, pose: Callable[[], PortraitPose | None]) -> None:
        self._scene = scene
        self._fps = fps
        self._pose = pose
        self._index = self._played = self._sat = 0
        self._asked = PortraitPose.FRONT
        self._turning_from, self._turning_since = 0.0, 0

    def read(self) -> Shot | None:
        media = self._index / self._fps
        self._index += 1
        pose = self._pose()
        if pose is None:
            self._sat = 0
            self._played += 1
            return Shot(self._scene.render((self._played - 1) / self._fps % LENGTH_S), media)
        if self._sat == 0:
            self._asked, self._turning_from, self._turning_since = PortraitPose.FRONT, 0.0, 0
        if pose is not self._asked:
            self._turning_from, self._turning_since = self._yaw(), self._sat
            self._asked = pose
        stance = sitting_stance(self._yaw(), self._sat / self._fps)
        self._sat += 1
        return Shot(self._scene.sitting(stance, media), media)

    def close(self) -> None:
        self._index = self._played = self._sat = 0

    def _yaw(self) -> float:
        done = ease((self._sat - self._turning_since) / self._fps / TURN_S)
        return self._turning_from + (YAWS[self._asked] - self._turning_from) * done


@dataclass(frozen=True, slots=True, eq=False)
class SittingSource:
    """1280x720 at `fps`, in real time, for as long as somebody looks. The scene is drawn before it
    is opened: a camera must not take long for that."""

    fps: float
    sitting: Sitting
    scene: Scene
    endless: bool = True
    live: bool = True
    description: str = "the demo"

    def open(self) -> SittingFeed:
        return SittingFeed(self.scene, self.fps, lambda: self.sitting.pose)
