"""From one photo to an enrolled person."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2

from accessctl.audit.recorder import Recorder, recorder_of
from accessctl.domain import Embedding, Face, Image, Match, Person, PersonId
from accessctl.gallery.values import NewPhoto, People
from accessctl.recognition.recogniser import Recogniser
from accessctl.recognition.roster import Roster
from accessctl.recognition.single_face import cut_out, only_face

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


class Enrolment:
    """Examines photos, adds people and writes that down first; `now` is epoch time."""

    def __init__(
        self,
        observer: StillObserver,
        recogniser: Recogniser,
        gallery: People,
        roster: Roster,
        audit: Recorder,
        now: Callable[[], float],
    ) -> None:
        self._observer = observer
        self._recogniser = recogniser
        self._gallery = gallery
        self.roster = roster
        self._audit = audit
        self._now = now

    def examine(self, image: Image, photo: str) -> Candidate:
        """Raises a FaceError that names `photo` when it cannot be used."""
        face = only_face(self._observer.still(image), photo)
        embedding = self._recogniser.embed(image, [face])[0]
        return Candidate(embedding, face.quality.score, encode_photo(cut_out(image, face)))

    def enrol(self, name: str, photos: Sequence[Candidate]) -> Person:
        """Add a new person with one or more photos; NameTakenError or BadNameError otherwise.

        StoreError when gallery or log cannot be written: nobody is enrolled without a record.
        """
        first, *others = photos
        record = recorder_of(self._audit, "enrolled", self._now)
        person = self._gallery.add_person(name, self._to_keep(first), record=record)
        return self._add(person, others)

    def extend(self, name: str, photos: Sequence[Candidate]) -> Person:
        """Add photos to somebody enrolled; UnknownPersonError otherwise."""
        return self._add(self._gallery.person(name), photos)

    def lookalike(self, candidate: Candidate, own: PersonId | None = None) -> Match | None:
        """Somebody else enrolled who comes near the threshold for this face, if anybody does."""
        self.roster.refresh()
        match = self.roster.matcher.search(candidate.embedding)
        if match is None or match.person == own:
            return None
        return match if match.fmr <= self.roster.max_fmr * NEAR_THRESHOLD else None

    def _add(self, person: Person, photos: Sequence[Candidate]) -> Person:
        record = recorder_of(self._audit, "photo_added", self._now)
        for photo in photos:
            person = self._gallery.add_photo(person.id, self._to_keep(photo), record=record)
        return person

    def _to_keep(self, candidate: Candidate) -> NewPhoto:
        return NewPhoto(
            jpeg=candidate.jpeg,
            embedding=candidate.embedding,
            fingerprint=self._recogniser.fingerprint,
            quality=candidate.quality,
            added=self._now(),
        )


def alike(roster: Roster) -> Iterator[tuple[PersonId, PersonId, float]]:
    """Pairs of enrolled people who come near the threshold, with their similarity."""
    return roster.matcher.pairs_within(roster.max_fmr * NEAR_THRESHOLD)


def encode_photo(image: Image) -> bytes:
    """JPEG of an RGB image, shrunk to MAX_PHOTO_SIDE."""
    scale = MAX_PHOTO_SIDE / max(image.shape[:2])
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return jpeg.tobytes()
