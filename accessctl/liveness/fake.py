"""A visit that is exactly as lively as a test wants it to be."""

import numpy as np

from accessctl.domain import Box, Embedding, Image, PersonId, Points, Pose
from accessctl.liveness.evidence import (
    AROUND_SIZE,
    FACE_SIZE,
    LEFT_EYE,
    MOUTH,
    RIGHT_EYE,
    CueResult,
    CueVerdict,
    FramePatch,
    LivenessFrame,
)
from accessctl.liveness.examiner import LivenessVerdict, combine

FRONTAL = Pose(0.0, 0.0, 0.0)
MIDDLE = Box(100.0, 100.0, 100.0, 120.0)


class FakeVisitCues:
    """Stands in for `VisitCues`: keeps the frames, and says what it is told to say."""

    def __init__(self, *results: CueResult) -> None:
        self.results = results
        self.frames: list[LivenessFrame] = []

    @property
    def verdict(self) -> LivenessVerdict:
        return LivenessVerdict(combine(self.results), self.results)

    def add(self, frame: LivenessFrame) -> bool:
        self.frames.append(frame)
        return True


class FakeTexture:
    """Stands in for `TextureNetwork`: gives `value`, or raises `fault`, and keeps the boxes."""

    confirm, doubt = 0.9, 0.1

    def __init__(self, value: float = 0.95) -> None:
        self.value = value
        self.fault: Exception | None = None
        self.boxes: list[Box] = []

    def score(self, image: Image, box: Box) -> float:
        del image
        self.boxes.append(box)
        if self.fault is not None:
            raise self.fault
        return self.value


def fake_frame(
    captured: float,
    *,
    track: int = 1,
    pose: Pose = FRONTAL,
    box: Box = MIDDLE,
    opening: float = 0.3,
    embedding: Embedding | None = None,
    person: PersonId | None = None,
    texture: float = float("nan"),
) -> LivenessFrame:
    """A frame of a featureless face whose eyes have the aspect ratio `opening`."""
    landmarks = np.zeros((468, 3), np.float32)
    landmarks[:, :2] = box.centre
    for eye, x in ((LEFT_EYE, 0.3), (RIGHT_EYE, 0.7)):
        outer = np.array([box.x + (x - 0.1) * box.w, box.y + 0.35 * box.h])
        width, lift = 0.2 * box.w, opening * 0.1 * box.w
        places = ((0, 0), (0.3, -1), (0.7, -1), (1, 0), (0.7, 1), (0.3, 1))
        for index, (along, up) in zip(eye, places, strict=True):
            landmarks[index, :2] = outer + np.array([along * width, up * lift])
    grey = np.full((FACE_SIZE, FACE_SIZE), 128, np.uint8)
    colour = np.full((AROUND_SIZE, AROUND_SIZE, 3), 128, np.uint8)
    return LivenessFrame(
        captured=captured,
        track=track,
        landmarks=landmarks,
        pose=pose,
        box=box,
        face=FramePatch(grey, box.x, box.y, FACE_SIZE / box.h, 1.0),
        around=FramePatch(colour, box.x - box.w, box.y - box.h, AROUND_SIZE / (3 * box.h), 1.0),
        embedding=embedding,
        person=person,
        texture=texture,
    )


def speaking(landmarks: Points, number: int, *, width: float = 100.0) -> Points:
    """The mesh (468, 3) of the frame of that number, of a face so wide in pixels, whose lips are
    open by 0.06 of it in two frames and closed in the next three."""
    opened = landmarks.copy()
    opened[list(MOUTH), 1] += 0.06 * width * (number % 5 < 2)
    return opened


def fake_result(cue: str, verdict: CueVerdict) -> CueResult:
    return CueResult(cue, verdict, 0.5, 0.5)
