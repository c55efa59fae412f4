"""Visits of living people to a door with many people enrolled: who is let in, and how soon.

Films go through the real door (`trial_door`), frame by frame, once for every gallery: the frames
of a visit are pooled, searched and decided on as they are at a door. Life is not asked for, so that
what is counted is recognition. A visitor who is enrolled is enrolled from another film of theirs,
or, where there is only one, from the other half of it: that is an easy photo, and counted apart. A
visitor who is not enrolled is a stranger to the same galleries.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from accessctl.camera.stream import VideoFileSource
from accessctl.domain import Decision, Embedding, Face, Frame, Image, Outcome
from accessctl.errors import InputError
from accessctl.evaluation.presentation import frames_at
from accessctl.evaluation.statistics import PeopleRate, rate_over_people
from accessctl.evaluation.trial_door import DoorParts, TrialDoor
from accessctl.gallery.fake import MemoryGallery
from accessctl.gallery.people import NewPhoto
from accessctl.recognition.matcher import Roster
from accessctl.recognition.recogniser import Recogniser

VISITOR = "visitor"

LONGEST_S = 8.0
"""So much of a film is a visit; every decision falls long before."""

FPS = 15.0


@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """What a door sees of the one face of a film: `shown` are its frames with the face in each,
    `enrolment` the embedding and quality that enrolling from its best frame gives and `later` the
    same of its second half (None: no frame is good enough)."""

    name: str
    person: str
    shown: tuple[tuple[Frame, Face], ...]
    enrolment: tuple[Embedding, float] | None
    later: tuple[Embedding, float] | None = None

    @property
    def first_half(self) -> "Film":
        """What comes before the frames that `later` is taken from."""
        return replace(self, shown=self.shown[: len(self.shown) // 2])


@dataclass(frozen=True, slots=True)
class VisitOutcome:
    """One visit to a gallery of `people` people: `mate` where the visitor is one of them."""

    person: str
    film: str
    people: int
    mate: bool
    same_film: bool
    granted: bool
    as_another: bool
    seconds: float | None
    frames: int


class RememberingRecogniser(Recogniser):
    """Cuts and embeds a face of a frame once, however many doors see it; told apart by its mesh."""

    def __init__(self, recogniser: Recogniser) -> None:
        self._inner = recogniser
        self._cut: dict[bytes, Image] = {}
        self._kept: dict[tuple[bytes, int], NDArray[np.float32]] = {}

    @property
    def fingerprint(self) -> str:
        return self._inner.fingerprint

    @property
    def dimension(self) -> int:
        return self._inner.dimension

    @property
    def device(self) -> str:
        return self._inner.device

    def embed(self, image: Image, faces: Sequence[Face]) -> NDArray[np.float32]:
        return self._inner.embed(image, faces)

    def crops(self, image: Image, faces: Sequence[Face]) -> Image:
        if not faces:
            return self._inner.crops(image, faces)
        rows = []
        for face in faces:
            mesh = face.landmarks.tobytes()
            if mesh not in self._cut:
                self._cut[mesh] = self._inner.crops(image, [face])[0]
            rows.append(self._cut[mesh])
        return np.stack(rows)

    def embed_crops(self, crops: Image, turns: Sequence[int]) -> NDArray[np.float32]:
        if not len(crops):
            return self._inner.embed_crops(crops, turns)
        rows = []
        for crop, turn in zip(crops, turns, strict=True):
            key = hashlib.sha256(crop.tobytes()).digest(), turn % 2
            if key not in self._kept:
                self._kept[key] = self._inner.embed_crops(crop[None], [turn])[0]
            rows.append(self._kept[key])
        return np.stack(rows)


def look_through(
    path: Path, person: str, observe: Callable[[Frame], list[Face]], recogniser: Recogniser
) -> Film | None:
    """The face of a film that is seen longest, in its first LONGEST_S; None without a face.

    Raises CameraError for no video.
    """
    tracks: dict[int, list[tuple[Frame, Face]]] = {}
    for frame in frames_at(VideoFileSource(path, fast=True), FPS):
        if frame.captured > LONGEST_S:
            break
        for face in observe(frame):
            tracks.setdefault(face.track, []).append((frame, face))
    if not tracks:
        return None
    shown = max(tracks.values(), key=len)
    seen = tuple(_without_picture(frame, face, recogniser) for frame, face in shown)
    later = _enrolment(shown[len(shown) // 2 :], recogniser)
    return Film(path.name, person, seen, _enrolment(shown, recogniser), later)


def _without_picture(frame: Frame, face: Face, recogniser: Recogniser) -> tuple[Frame, Face]:
    """The pictures of all films would fill the memory: the face is cut out, which the recogniser
    remembers, and the picture goes."""
    recogniser.crops(frame.image, [face])
    nothing = np.broadcast_to(np.zeros((1, 1, 1), np.uint8), frame.image.shape)
    return replace(frame, image=nothing), face


def _enrolment(
    shown: Sequence[tuple[Frame, Face]], recogniser: Recogniser
) -> tuple[Embedding, float] | None:
    usable = [(frame, face) for frame, face in shown if face.quality.usable]
    if not usable:
        return None
    frame, face = max(usable, key=lambda one: one[1].quality.score)
    return recogniser.embed(frame.image, [face])[0], face.quality.score


@dataclass(frozen=True, slots=True, eq=False)
class Others:
    """People who fill a gallery: unit embeddings (N, D) and their quality (N,)."""

    embeddings: NDArray[np.float32]
    quality: NDArray[np.floating]


def visits(
    films: Sequence[Film],
    parts: DoorParts,
    others: Others,
    sizes: Sequence[int],
    draws: int,
    random: np.random.Generator,
) -> Iterator[VisitOutcome]:
    """Every film to `draws` galleries of each of `sizes` people, as a stranger and, where it can be
    enrolled, as one of them. InputError when there are too few others."""
    if max(sizes) > len(others.embeddings):
        raise InputError(
            f"A gallery of {max(sizes)} needs as many people to fill it; these are "
            f"{len(others.embeddings)}: name a larger set with --gallery, or smaller --sizes."
        )
    mates = [mate for film in films if (mate := _mate_of(film, films)) is not None]
    for size in sizes:
        for _ in range(draws):
            drawn = random.permutation(len(others.embeddings))[:size]
            fill = [(others.embeddings[row], float(others.quality[row])) for row in drawn]
            gallery = MemoryGallery()
            for number, other in enumerate(fill):
                last = gallery.add_person(f"other {number}", _photo(parts, *other))
            # A door looks into its gallery anew, so that it must not change during a visit.
            stranger = parts.roster(gallery)
            for film in films:
                yield _visit(film, parts, stranger, size, mate=False, same_film=False)
            # Whoever is enrolled takes somebody's place, so that as many are.
            gallery.remove(last.name)
            for coming, enrolment, same in mates:
                own = gallery.add_person(VISITOR, _photo(parts, *enrolment))
                known = parts.roster(gallery)
                yield _visit(coming, parts, known, size, mate=True, same_film=same)
                gallery.remove(own.name)


def _mate_of(
    film: Film, films: Sequence[Film]
) -> tuple[Film, tuple[Embedding, float], bool] | None:
    for other in films:
        if other.person == film.person and other.name != film.name and other.enrolment is not None:
            return film, other.enrolment, False
    return None if film.later is None else (film.first_half, film.later, True)


def _photo(parts: DoorParts, embedding: Embedding, quality: float) -> NewPhoto:
    fingerprint = parts.recogniser.fingerprint
    return NewPhoto(
        jpeg=b"", embedding=embedding, fingerprint=fingerprint, quality=quality, added=0.0
    )


def _visit(
    film: Film, parts: DoorParts, roster: Roster, size: int, *, mate: bool, same_film: bool
) -> VisitOutcome:
    door = TrialDoor(parts, roster)
    for frame, face in film.shown:
        if door.decision is not None:
            break
        door.step(frame, face)
    if film.shown:
        door.close(film.shown[-1][0].captured)
    decision: Decision | None = door.decision
    granted = decision is not None and decision.outcome is Outcome.GRANTED
    name = None if decision is None or decision.person is None else roster.names[decision.person]
    return VisitOutcome(
        film.person,
        film.name,
        size,
        mate,
        same_film,
        granted,
        granted and name != VISITOR,
        None if decision is None else decision.latency_ms / 1000,
        0 if decision is None else decision.frames,
    )


@dataclass(frozen=True, slots=True)
class VisitRow:
    """Galleries of one size. FPIR counts strangers who are let in, FNIR those enrolled who are
    not, or as somebody else; `apart` is FNIR without those who were enrolled from the same film.
    Seconds and frames are quartiles over those who were let in as themselves."""

    people: int
    fpir: PeopleRate
    fnir: PeopleRate | None
    apart: PeopleRate | None
    seconds: tuple[float, float, float] | None
    frames: tuple[float, float, float] | None


def row_of(outcomes: Sequence[VisitOutcome], random: np.random.Generator) -> VisitRow:
    """Of one size; ValueError without a stranger. Intervals come from samples of people."""
    strangers = [one for one in outcomes if not one.mate]
    mates = [one for one in outcomes if one.mate]
    let_in = [one for one in mates if one.granted and not one.as_another]
    return VisitRow(
        outcomes[0].people,
        _rate(strangers, lambda one: one.granted, random),
        _rate(mates, _missed, random) if mates else None,
        _rate(others, _missed, random)
        if (others := [one for one in mates if not one.same_film])
        else None,
        _quartiles([one.seconds for one in let_in if one.seconds is not None]),
        _quartiles([float(one.frames) for one in let_in]),
    )


def _missed(outcome: VisitOutcome) -> bool:
    return not outcome.granted or outcome.as_another


def _rate(
    outcomes: Sequence[VisitOutcome],
    event: Callable[[VisitOutcome], bool],
    random: np.random.Generator,
) -> PeopleRate:
    _, person = np.unique([one.person for one in outcomes], return_inverse=True)
    return rate_over_people(np.array([event(one) for one in outcomes]), person, random)


def _quartiles(values: Sequence[float]) -> tuple[float, float, float] | None:
    if not values:
        return None
    low, middle, high = np.percentile(values, [25, 50, 75]).tolist()
    return low, middle, high


def people_of_films(names: Sequence[str], table: Mapping[str, str]) -> dict[str, str]:
    """Who is in each film: what `table` says of it, or else somebody of its own."""
    return {name: table.get(name, name) for name in names}
