"""What is to be shown to the door, one task a presentation, and how a task is made."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from accessctl.camera.source import Source
from accessctl.camera.stream import VideoFileSource
from accessctl.domain import Face, Image
from accessctl.evaluation.disturbed import Change, Disturbed
from benchmarks.films import conditions, eyes, flip_books, sheets
from benchmarks.films.booth import Booth, Photo, Seen
from benchmarks.films.clips import Clip, enrolled, long_enough, read_clips
from benchmarks.films.cut import around, face_places

KINDS = ("live", "replay", "sheet", "flipbook", "eyes")
FRONTAL = 15.0
"""A portrait that is turned further, degrees, is no face to turn as a head."""

QUICK_FILMS, QUICK_OTHERS, QUICK_S = 4, 6, 8.0


@dataclass(frozen=True, slots=True)
class Task:
    """One presentation: `name` of the `kind`, under `condition`."""

    kind: str
    name: str
    condition: str = conditions.FULL

    @property
    def key(self) -> str:
        """A file's name."""
        words = (self.kind, self.name, self.condition)
        return "-".join(word.replace("/", "_").replace(" ", "_") for word in words)


@dataclass(frozen=True, slots=True)
class Row:
    """A task and what the door made of it. `person` is who is shown, `group` the kind of film
    or of attack, `origin` what they were enrolled from; `seen` is a booth's Seen."""

    task: dict[str, str]
    person: str
    group: str
    origin: str
    seen: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A task that is ready to be played."""

    source: Source
    photo: Photo
    person: str
    group: str
    origin: str


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is asked for."""

    kinds: Sequence[str]
    conditions: Sequence[str]
    films: Sequence[str] = ()
    quick: bool = False
    limit_s: float = 30.0


def groups_of_tasks(data: Path, extent: Extent) -> list[list[Task]]:
    """Tasks that share a film or a photo stand together, so that it is prepared once."""
    clips = read_clips(data)
    living = long_enough(clips)
    if extent.quick:
        living = sorted(living, key=lambda clip: clip.seconds)[:: len(living) // QUICK_FILMS]
    found: list[list[Task]] = []
    if "live" in extent.kinds:
        found += [_of_film(clip, "live", extent) for clip in living]
    if "replay" in extent.kinds:
        replays = [clip for clip in clips if not clip.living]
        found += [_of_film(clip, "replay", extent) for clip in replays]
    if "sheet" in extent.kinds:
        names = sheets.photo_names(data)
        found += [
            [Task("sheet", f"{name}:{kind}") for kind in sheets.kinds_of(number)]
            for number, name in enumerate(_some(names, extent))
        ]
    if "flipbook" in extent.kinds:
        numbers = range(flip_books.COUNT)
        found += [[Task("flipbook", str(number))] for number in _some(numbers, extent)]
    if "eyes" in extent.kinds:
        behind = [clip.name for clip in living if clip.face_px >= eyes.LEAST_PX]
        names = sheets.photo_names(data)[:: max(1, 150 // eyes.PHOTOS)]
        found += [
            [Task("eyes", f"{name}:{motion}:{behind[(number + step) % len(behind)]}")]
            for number, name in enumerate(_some(names, extent))
            for step, motion in enumerate(eyes.MOTIONS)
            if behind
        ]
    wanted = [
        [task for task in group if not extent.films or _name_of(task) in extent.films]
        for group in found
    ]
    return [group for group in wanted if group]


def _some(everything: Sequence[Any], extent: Extent) -> Sequence[Any]:
    step = max(1, len(everything) // QUICK_OTHERS) if extent.quick else 1
    return everything[::step]


def _name_of(task: Task) -> str:
    return task.name.partition(":")[0]


def _of_film(clip: Clip, kind: str, extent: Extent) -> list[Task]:
    """A film under all conditions that make it poorer; a replay whole and cut to the face."""
    parts = ("whole", "cut") if kind == "replay" else ("",)
    return [
        Task(kind, f"{clip.name}:{part}" if part else clip.name, condition)
        for condition in extent.conditions
        if conditions.applies(condition, fps=clip.fps, face_px=clip.face_px)
        for part in parts
    ]


class Stage:
    """Makes tasks of the films and photos in the folder `data`."""

    def __init__(self, data: Path, booth: Booth, extent: Extent) -> None:
        self._data = data
        self._booth = booth
        self._limit_s = QUICK_S if extent.quick else extent.limit_s
        self._clips = read_clips(data)
        self._by_name = {clip.name: clip for clip in self._clips}
        # Each is asked for by tasks that stand together: few need to be kept.
        self._enrolled = lru_cache(4)(self._enrol_of)
        self._places = lru_cache(4)(self._places_of)
        self._portrait = lru_cache(4)(self._portrait_of)
        self._looks = lru_cache(4)(self._looks_of)

    def rows(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Row]]:
        """A presentation for which nobody can be enrolled has the outcome "not enrolled"."""
        for task in tasks:
            shown = self._shown(task)
            if shown is None:
                seen, shown_as = Seen(outcome="not enrolled"), ("", "", "")
            else:
                seen = self._booth.present(shown.source, shown.photo)
                shown_as = (shown.person, shown.group, shown.origin)
            yield task, Row(asdict(task), *shown_as, asdict(seen))

    def _shown(self, task: Task) -> Shown | None:
        if task.kind in ("live", "replay"):
            return self._film(task)
        return {"sheet": self._sheet, "flipbook": self._flip_book, "eyes": self._eyes}[task.kind](
            task.name
        )

    def _film(self, task: Task) -> Shown | None:
        name, _, part = task.name.partition(":")
        clip = self._by_name[name]
        found = self._enrolled(name)
        if found is None:
            return None
        cut: tuple[Change, ...] = (around(*self._places(name)),) if part == "cut" else ()
        size = clip.face_px or self._places(name)[1]
        poorer = conditions.changes(task.condition, name, self._limit_s, size)
        source = Disturbed(VideoFileSource(clip.path, fast=True), (*cut, *poorer))
        group = f"replay, {part}" if part else clip.group
        return Shown(source, found.photo, clip.person, group, found.origin)

    def _sheet(self, name: str) -> Shown | None:
        photo, _, kind = name.partition(":")
        portrait = self._portrait(photo)
        if portrait is None:
            return None
        image, face, enrolment = portrait
        source = sheets.presented(image, face, kind, zlib.crc32(name.encode()))
        return Shown(source, enrolment, photo, f"sheet, {kind}", "the photograph")

    def _flip_book(self, name: str) -> Shown | None:
        number = int(name)
        book = flip_books.flip_book(number)
        person, image, face = f"drawn {number}", None, None
        if not book.drawn:
            frontal = self._frontal(number)
            if frontal is None:
                return None
            person, (image, face, _) = frontal
        stills = flip_books.stills_of(book, image, face)
        photos = [photo for still in stills if (photo := self._booth.examine(still)) is not None]
        best = max(photos, key=lambda photo: photo.quality, default=None)
        if best is None:
            return None
        source = flip_books.presented(book, stills)
        return Shown(source, best, person, f"flip-book, {book.kind}", "its best still")

    def _eyes(self, name: str) -> Shown | None:
        photo, motion, film = name.split(":")
        portrait = self._portrait(photo)
        looks = self._looks(film)
        if portrait is None or not looks:
            return None
        image, face, enrolment = portrait
        source = eyes.presented(image, face, looks, motion, zlib.crc32(name.encode()))
        return Shown(source, enrolment, photo, f"cut-out eyes, {motion}", "the photograph")

    def _frontal(self, number: int) -> tuple[str, tuple[Image, Face, Photo]] | None:
        """The next portrait from that number on whose face looks ahead."""
        names = sheets.photo_names(self._data)
        start = int(np.random.default_rng((8, number)).integers(len(names)))
        for name in (*names[start:], *names[:start]):
            portrait = self._portrait(name)
            if portrait is not None and abs(portrait[1].pose.yaw) < FRONTAL:
                return name, portrait
        return None

    def _portrait_of(self, name: str) -> tuple[Image, Face, Photo] | None:
        image = sheets.read_photo(self._data, name)
        photo = self._booth.examine(image)
        if photo is None:
            return None
        return image, self._booth.observer.still(image)[0], photo

    def _enrol_of(self, name: str) -> Any:
        return enrolled(self._by_name[name], self._clips, self._booth)

    def _places_of(self, name: str) -> Any:
        observer = self._booth.fresh_observer()
        try:
            return face_places(self._by_name[name].path, observer)
        finally:
            observer.close()

    def _looks_of(self, film: str) -> Any:
        observer = self._booth.fresh_observer()
        try:
            return eyes.looks_of(self._by_name[film].path, observer)
        finally:
            observer.close()
