from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from accessctl.config import VisionConfig
from accessctl.demo.scene import empty_room
from accessctl.domain import Face, Frame, Image
from accessctl.liveness.evidence import LivenessFrame, gather
from accessctl.vision.observer import Observer

MODELS = Path(__file__).parents[2] / "models/cache/mediapipe"


@pytest.fixture(scope="session")
def backdrop() -> Image:
    return cv2.resize(empty_room(0), (640, 360), interpolation=cv2.INTER_AREA).astype(np.uint8)


class Eyes:
    """The door's own eyes: mesh, pose and evidence of the one face in view."""

    def __init__(self) -> None:
        self.observer = Observer(VisionConfig(models=MODELS))

    def still_face(self, photo: Image) -> Face:
        return self.observer.still(photo)[0]

    def watch(self, frames: Iterable[Frame]) -> list[LivenessFrame]:
        # A face of an earlier clip must not be followed into this one.
        self.observer.observe(Frame(np.zeros((360, 640, 3), np.uint8), -100.0, 0))
        tracks: dict[int, list[LivenessFrame]] = {}
        for frame in frames:
            for face in self.observer.observe(frame):
                tracks.setdefault(face.track, []).append(gather(frame, face))
        return max(tracks.values(), key=len)


@pytest.fixture(scope="session")
def eyes() -> Iterator[Eyes]:
    eyes = Eyes()
    yield eyes
    eyes.observer.close()
