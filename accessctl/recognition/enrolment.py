"""From one photo to an enrolled person."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import cv2

from accessctl.domain import Embedding, Face, Image, Match, PersonId
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
    """A face fit to be enrolled: its embedding with the encoder's fingerprint, its quality in
    [0, 1] and the JPEG to keep."""

    embedding: Embedding
    fingerprint: str
    quality: float
    jpeg: bytes


class Enrolment:
    """Examines photos of whoever shall be enrolled; changes nothing itself."""

    def __init__(self, observer: StillObserver, recogniser: Recogniser, roster: Roster) -> None:
        self._observer = observer
        self._recogniser = recogniser
        self.roster = roster

    def examine(self, image: Image, photo: str) -> Candidate:
        """Raises a FaceError that names `photo` when it cannot be used."""
        face = only_face(self._observer.still(image), photo)
        embedding = self._recogniser.embed(image, [face])[0]
        jpeg = encode_photo(cut_out(image, face))
        return Candidate(embedding, self._recogniser.fingerprint, face.quality.score, jpeg)

    def lookalike(self, candidate: Candidate, own: PersonId | None = None) -> Match | None:
        """Somebody else enrolled who comes near the threshold for this face, if anybody does."""
        self.roster.refresh()
        match = self.roster.matcher.search(candidate.embedding)
        if match is None or match.person == own:
            return None
        return match if match.fmr <= self.roster.max_fmr * NEAR_THRESHOLD else None


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
