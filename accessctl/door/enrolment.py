"""From one photo to an enrolled person."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import cv2

from accessctl.domain import Embedding, Face, Image, Match, Person, PersonId
from accessctl.door.portrait import cut_out, only_face
from accessctl.door.recogniser import Recogniser
from accessctl.door.roster import Roster
from accessctl.gallery.values import People

# Longest side of the photo that is kept; a crop for any encoder is cut from it again.
MAX_PHOTO_SIDE = 1024
JPEG_QUALITY = 95
# Somebody whose false-match rate comes within this factor of the threshold is worth a warning.
NEAR_THRESHOLD = 10.0


class StillObserver(Protocol):
    def still(self, image: Image) -> list[Face]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A face fit to be enrolled: its embedding, quality in [0, 1] and the JPEG to keep."""

    embedding: Embedding
    quality: float
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The person enrolled and, when somebody else looks alike, who."""

    person: Person
    lookalike: Match | None


class Enrolment:
    """Examines photos and adds people; `now` is the epoch time written down."""

    def __init__(
        self,
        observer: StillObserver,
        recogniser: Recogniser,
        gallery: People,
        roster: Roster,
        now: Callable[[], float],
    ) -> None:
        self._observer = observer
        self._recogniser = recogniser
        self._gallery = gallery
        self.roster = roster
        self._now = now

    def examine(self, image: Image, photo: str) -> Candidate:
        """Raises a FaceError that names `photo` when it cannot be used."""
        face = only_face(self._observer.still(image), photo)
        embedding = self._recogniser.embed(image, [face])[0]
        return Candidate(embedding, face.quality.score, encode_photo(cut_out(image, face)))

    def enrol(self, name: str, image: Image, photo: str) -> Enrolled:
        """Add a new person; NameTakenError, BadNameError or FaceError leave nothing behind."""
        candidate = self.examine(image, photo)
        lookalike = self._lookalike(candidate, None)
        person = self._gallery.add_person(
            name,
            candidate.jpeg,
            candidate.embedding,
            self._recogniser.fingerprint,
            candidate.quality,
            self._now(),
        )
        return Enrolled(person, lookalike)

    def add_photo(self, name: str, image: Image, photo: str) -> Enrolled:
        """Add another photo of somebody enrolled; UnknownPersonError or FaceError otherwise."""
        person = self._gallery.person(name)
        candidate = self.examine(image, photo)
        lookalike = self._lookalike(candidate, person.id)
        updated = self._gallery.add_photo(
            person.id,
            candidate.jpeg,
            candidate.embedding,
            self._recogniser.fingerprint,
            candidate.quality,
            self._now(),
        )
        return Enrolled(updated, lookalike)

    def _lookalike(self, candidate: Candidate, own: PersonId | None) -> Match | None:
        self.roster.refresh()
        match = self.roster.matcher.search(candidate.embedding)
        if match is None or match.person == own:
            return None
        return match if match.fmr <= self.roster.max_fmr * NEAR_THRESHOLD else None


def encode_photo(image: Image) -> bytes:
    """JPEG of an RGB image, shrunk to MAX_PHOTO_SIDE."""
    scale = MAX_PHOTO_SIDE / max(image.shape[:2])
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return jpeg.tobytes()
