"""Recordings of people and of attacks, seen as the door would see them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from accessctl.camera.source import Source
from accessctl.camera.video_file import VideoFileSource
from accessctl.domain import Box, Embedding, Face, Frame
from accessctl.encoder.base import Encoder
from accessctl.errors import InputError
from accessctl.liveness.combine import MIN_SEEN, Liveness
from accessctl.liveness.evidence import gather
from accessctl.liveness.examiner import Examiner
from accessctl.liveness.result import CueVerdict
from accessctl.liveness.texture_network import TextureScorer
from accessctl.liveness.texture_sampling import TextureSampler
from accessctl.vision.alignment import cut
from accessctl.vision.observer import Observer

VIDEOS = {".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v"}
SLACK_S = 0.005
SHORTEST_S = 1.0
"""A face seen for less long is no presentation."""

ONLY_FACE = 1.35
"""With `only_face`, so many face sizes around the face are left of the picture."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """How recordings are looked at: frames a second as the door's camera gives them, and the
    options of `liveness.examiner.Examiner`; `only_face` cuts away all that surrounds the face;
    `texture` is the network that is asked about the pictures, if one is."""

    fps: float = 15.0
    window_s: float = 3.0
    every_s: float = 0.5
    min_seen: float = MIN_SEEN
    only_face: bool = False
    texture: TextureScorer | None = None


@dataclass(frozen=True, slots=True)
class Presentation:
    """One followed face of one recording.

    `accepted` when a passive door would have taken it for live at any moment, `verdict` in
    the end; `cues` holds the strongest word of every cue.
    """

    recording: str
    track: int
    seconds: float
    accepted: bool
    verdict: Liveness
    cues: dict[str, CueVerdict]


def recordings(place: Path) -> list[Path]:
    """The video `place`, or all videos in that folder, by name; raises InputError without any."""
    if place.is_dir():
        found = sorted(path for path in place.iterdir() if path.suffix.lower() in VIDEOS)
    else:
        found = [place] if place.is_file() else []
    if not found:
        raise InputError(f"{place} is no video and holds none; name a video or a folder of videos.")
    return found


def presentations(
    path: Path, observer: Observer, encoder: Encoder | None, conditions: Conditions
) -> list[Presentation]:
    """Every face that one video shows for long enough; raises CameraError for no video."""
    visits: dict[int, _Visit] = {}
    for frame in frames_at(VideoFileSource(path, fast=True), conditions.fps):
        for face in observer.observe(frame):
            visit = visits.setdefault(face.track, _Visit(conditions, frame.captured))
            visit.see(frame, face, _embedding(frame, face, encoder))
    return [
        visit.outcome(path.name, track)
        for track, visit in visits.items()
        if visit.seconds >= SHORTEST_S
    ]


def _embedding(frame: Frame, face: Face, encoder: Encoder | None) -> Embedding | None:
    if encoder is None or not face.quality.usable:
        return None
    crop = cut(frame.image, face.landmarks, encoder.card.crop_geometry)
    return np.asarray(encoder.embed(crop[None])[0], np.float32)


class _Visit:
    def __init__(self, conditions: Conditions, since: float) -> None:
        self._only_face = conditions.only_face
        self._examiner = Examiner(
            window_s=conditions.window_s,
            every_s=conditions.every_s,
            min_seen=conditions.min_seen,
        )
        self._sampler = TextureSampler(conditions.texture)
        self._since = self._last = since
        self._accepted = False

    @property
    def seconds(self) -> float:
        return self._last - self._since

    def see(self, frame: Frame, face: Face, embedding: Embedding | None) -> None:
        self._last = frame.captured
        if self._only_face:
            frame, face = only_face(frame, face)
        self._examiner.add(self._sampler.sample(frame.image, gather(frame, face, embedding)))
        self._accepted |= self._examiner.verdict.verdict is Liveness.LIVE

    def outcome(self, recording: str, track: int) -> Presentation:
        verdict = self._examiner.verdict
        cues = {result.cue: result.verdict for result in verdict.results}
        return Presentation(recording, track, self.seconds, self._accepted, verdict.verdict, cues)


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
