"""Recordings of people and of attacks, shown to the door.

Each face that a recording shows for long enough is a presentation: it stands alone before a door
of its own (`trial_door`), where the best frame of it is enrolled. The door decides once, as it
does for a visitor; what the recording shows after that counts no more.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from accessctl.camera.source import Source
from accessctl.camera.video_file import VideoFileSource
from accessctl.domain import Box, Face, Frame, Image
from accessctl.errors import InputError
from accessctl.evaluation.trial_door import DoorParts, TrialDoor
from accessctl.liveness.combine import Liveness
from accessctl.liveness.result import CueVerdict

VIDEOS = {".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v"}
SLACK_S = 0.005
SHORTEST_S = 1.0
"""A face seen for less long is no presentation."""

ONLY_FACE = 1.35
"""With `only_face`, so many face sizes around the face are left of the picture."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """How recordings are shown: at most so many frames a second, as the door's camera gives
    them; `only_face` cuts away all that surrounds the face."""

    fps: float = 15.0
    only_face: bool = False

    def shown(self, frame: Frame, face: Face) -> tuple[Frame, Face]:
        return only_face(frame, face) if self.only_face else (frame, face)


@dataclass(frozen=True, slots=True)
class Presentation:
    """One followed face of one recording, seen for `seconds`.

    `accepted` when the door let it in, `verdict` what the door's decision says of life, and
    `cues` the last word of every cue when it decided.
    """

    recording: str
    track: int
    seconds: float
    accepted: bool
    verdict: Liveness
    cues: dict[str, CueVerdict]


@dataclass(frozen=True, slots=True, eq=False)
class BestFrame:
    """The frame that shows a face best."""

    image: Image
    face: Face


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """What was seen in a film: the faces of each frame, and of each track that is ever fit to
    be enrolled the frame that shows it best."""

    faces: list[list[Face]]
    best: dict[int, BestFrame]


def recordings(place: Path) -> list[Path]:
    """The video `place`, or all videos in that folder, by name; raises InputError without any."""
    if place.is_dir():
        found = sorted(path for path in place.iterdir() if path.suffix.lower() in VIDEOS)
    else:
        found = [place] if place.is_file() else []
    if not found:
        raise InputError(f"{place} is no video and holds none; name a video or a folder of videos.")
    return found


def watched(frames: Iterable[Frame], observe: Callable[[Frame], list[Face]]) -> Watched:
    """Look through a film once; its frames are not kept, but for the best ones."""
    seen = Watched([], {})
    for frame in frames:
        faces = observe(frame)
        seen.faces.append(faces)
        for face in faces:
            before = seen.best.get(face.track)
            better = before is None or face.quality.score > before.face.quality.score
            if face.quality.usable and better:
                seen.best[face.track] = BestFrame(frame.image, face)
    return seen


def presentations(
    path: Path,
    observe: Callable[[Frame], list[Face]],
    parts: DoorParts,
    conditions: Conditions,
) -> list[Presentation]:
    """Every face that one video shows for long enough; raises CameraError for no video.

    `observe` follows the faces from frame to frame, as `vision.observer.Observer.observe` does.
    """

    def film() -> Iterator[Frame]:
        return frames_at(VideoFileSource(path, fast=True), conditions.fps)

    seen = watched(film(), observe)
    trials: dict[int, _RecordedTrack] = {}
    for frame, faces in zip(film(), seen.faces, strict=True):
        for face in faces:
            if face.track not in trials:
                trials[face.track] = _RecordedTrack(
                    parts, frame.captured, seen.best.get(face.track)
                )
            trials[face.track].show(*conditions.shown(frame, face))
    return [
        trial.outcome(path.name, track)
        for track, trial in trials.items()
        if trial.seconds >= SHORTEST_S
    ]


class _RecordedTrack:
    """One track at a door of its own. Who is never fit to be enrolled is known to nobody."""

    def __init__(self, parts: DoorParts, since: float, best: BestFrame | None) -> None:
        self._door = TrialDoor(parts)
        self._since = self._last = since
        if best is not None:
            self._door.enrol(best.image, best.face)

    @property
    def seconds(self) -> float:
        return self._last - self._since

    def show(self, frame: Frame, face: Face) -> None:
        self._last = frame.captured
        if self._door.decision is None:
            self._door.step(frame, face)

    def outcome(self, recording: str, track: int) -> Presentation:
        door = self._door
        door.close(self._last)
        cues = {result.cue: result.verdict for result in door.results}
        return Presentation(recording, track, self.seconds, door.accepted, door.liveness, cues)


def only_face(frame: Frame, face: Face) -> tuple[Frame, Face]:
    """The picture cut down to the face, and the face in it."""
    height, width = frame.image.shape[:2]
    side = ONLY_FACE * max(face.box.w, face.box.h)
    x, y = face.box.centre
    left, top = int(np.clip(x - side / 2, 0, width - 2)), int(np.clip(y - side / 2, 0, height - 2))
    right = int(np.clip(x + side / 2, left + 2, width))
    bottom = int(np.clip(y + side / 2, top + 2, height))
    part = frame.image[top:bottom, left:right]
    box = Box(face.box.x - left, face.box.y - top, face.box.w, face.box.h)
    landmarks = face.landmarks - np.array([left, top, 0], np.float32)
    return Frame(part, frame.captured, frame.sequence), replace(face, box=box, landmarks=landmarks)


def frames_at(source: Source, fps: float) -> Iterator[Frame]:
    """The frames of a recording, at most `fps` a second."""
    feed = source.open()
    try:
        due, sequence = 0.0, 0
        while (shot := feed.read()) is not None:
            media = shot.media or 0.0
            if media < due - SLACK_S:
                continue
            due = max(due + 1 / fps, media)
            yield Frame(shot.image, media, sequence)
            sequence += 1
    finally:
        feed.close()
