"""What clips.csv says of the films, and which pictures their people are enrolled from."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2

from accessctl.camera.source import Shot
from accessctl.camera.stream import VideoFileSource, usable_fps
from benchmarks.films.booth import Booth, Photo

SHORTEST_S = 3.0
"""Films that are shorter show a face for less than the door's patience allows to judge."""

LOOKED_AT = 12
"""Frames of a film of which the best becomes the enrolment photo."""

LAST = 0.8
"""From so far on, as a share of its frames, a film that must do for itself is enrolled from."""


@dataclass(frozen=True, slots=True)
class Clip:
    """`name` is the file's without its ending, `group` the kind of film: L self-recorded,
    F produced, G webcam-like; `face_px` is the median width of the face."""

    path: Path
    name: str
    living: bool
    person: str
    fps: float
    seconds: float
    hand_held: bool
    face_px: float

    @property
    def group(self) -> str:
        return self.name[0] if self.living else "replay"


@dataclass(frozen=True, slots=True, eq=False)
class Enrolled:
    """The photo somebody is enrolled from, and in words where it comes from."""

    photo: Photo
    origin: str


def read_clips(data: Path) -> list[Clip]:
    """The films that clips.csv in the folder `data` lists, and the replays that it does not."""
    with (data / "clips.csv").open(encoding="utf-8") as file:
        clips = [_clip(data, row) for row in csv.DictReader(file)]
    listed = {clip.path for clip in clips}
    unlisted = (path for path in sorted((data / "replay").iterdir()) if path not in listed)
    clips += [
        Clip(path, path.stem, False, path.stem, _rate(path), 0.0, True, 0.0) for path in unlisted
    ]
    return clips


def _rate(path: Path) -> float:
    capture = cv2.VideoCapture(str(path))
    try:
        return usable_fps(capture.get(cv2.CAP_PROP_FPS))
    finally:
        capture.release()


def _clip(data: Path, row: dict[str, str]) -> Clip:
    path = data / row["file"]
    return Clip(
        path=path,
        name=path.stem,
        living=row["cls"] == "live",
        person=row["person"],
        fps=float(row["fps"]),
        seconds=float(row["seconds"]),
        hand_held=row["camera_held"] == "hand",
        face_px=float(row["face_px_median"]),
    )


def long_enough(clips: Sequence[Clip]) -> list[Clip]:
    """The living films that count."""
    return [clip for clip in clips if clip.living and clip.seconds >= SHORTEST_S]


def enrolled(clip: Clip, clips: Sequence[Clip], booth: Booth) -> Enrolled | None:
    """The best photo of the person of `clip`: out of another film of theirs of the same class,
    else out of the last fifth of this one, else out of all of it; None where there is none."""
    others = [
        one
        for one in clips
        if one.person == clip.person and one != clip and one.living == clip.living
    ]
    for other in others:
        photo = best_photo(other.path, booth, since=0.0)
        if photo is not None:
            return Enrolled(photo, f"another film, {other.name}")
    for since, origin in ((LAST, "the film's last fifth"), (0.0, "the film itself")):
        photo = best_photo(clip.path, booth, since=since)
        if photo is not None:
            return Enrolled(photo, origin)
    return None


def best_photo(film: Path, booth: Booth, *, since: float) -> Photo | None:
    """Of frames spread evenly over the film from the share `since` on, the best that the
    product's own enrolment takes."""
    count = sum(1 for _ in shots(film))
    first = min(int(count * since), count - 1)
    step = max(1, (count - first) // LOOKED_AT)
    chosen = islice(shots(film), first, None, step)
    photos = [photo for shot in chosen if (photo := booth.examine(shot.image)) is not None]
    return max(photos, key=lambda photo: photo.quality, default=None)


def shots(film: Path) -> Iterator[Shot]:
    feed = VideoFileSource(film, fast=True).open()
    try:
        while (shot := feed.read()) is not None:
            yield shot
    finally:
        feed.close()
