"""From one photo to an enrolled person, and, with a new encoder, from the kept photos to new
templates: all or none.
"""

import logging
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol, TypeVar

import cv2
import numpy as np

from accessctl.config import PolicyConfig
from accessctl.domain import Embedding, Face, Image, Match, PersonId
from accessctl.errors import FaceError, StoreError
from accessctl.gallery.people import People, StoredPhoto
from accessctl.recognition.calibration import Yardstick
from accessctl.recognition.matcher import Roster
from accessctl.recognition.photo_fit import NEAR_THRESHOLD
from accessctl.recognition.recogniser import (
    BYSTANDER_WIDTH,
    Recogniser,
    bystanders,
    cut_out,
    only_face,
)

# Longest side of the photo that is kept; a crop for any encoder is cut from it again.
MAX_PHOTO_SIDE = 1024
JPEG_QUALITY = 95

log = logging.getLogger(__name__)

Progress = Callable[[Iterable[StoredPhoto], int], Iterator[StoredPhoto]]

Item = TypeVar("Item")
Result = TypeVar("Result")


class PhotoDetector(Protocol):
    def still(self, image: Image, narrowest: float = 0.0) -> list[Face]:
        """The faces of one photo; those less than `narrowest` times as wide as the widest may be
        missing."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class FoundFace:
    """The face that a photo of one person means, good enough to be enrolled; `origin` names the
    photo to people. So many `others` were in it, and plainly not meant."""

    image: Image
    face: Face
    origin: str
    others: int


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A face good enough to be enrolled: its embedding with the encoder's fingerprint, its quality
    in [0, 1] and the JPEG to keep.

    `origin` names the photo to people; by `yardstick` it is compared with those that are stored.
    So many `others` were in the photo, and plainly not meant.
    """

    embedding: Embedding
    fingerprint: str
    quality: float
    jpeg: bytes
    origin: str
    yardstick: Yardstick
    others: int = 0


class Enrolment:
    """Examines photos of whoever shall be enrolled; changes nothing itself."""

    def __init__(
        self,
        observer: PhotoDetector,
        recogniser: Recogniser,
        roster: Roster,
        target_fmr: float | None = None,
    ) -> None:
        """Up to a false-match rate of `target_fmr` two photos show the same person; None:
        verify's default."""
        self._observer = observer
        self._target_fmr = PolicyConfig().target_fmr if target_fmr is None else target_fmr
        self._recogniser = recogniser
        self.roster = roster

    def examine(self, image: Image, photo: str, *, strict: bool = False) -> Candidate:
        """Raises a FaceError that names `photo` when it cannot be used.

        `strict`: also where somebody else is in it, who is plainly not meant.
        """
        return self.embed(self.find(image, photo, strict=strict))

    def examine_each(
        self, read: Callable[[Item], tuple[Image, str]], items: Iterable[Item], *, strict: bool
    ) -> Generator[tuple[Item, "Future[Candidate]"]]:
        """Each of `items` with what `examine` makes of the photo and its name that `read` gives,
        in their order; `result()` raises what either raised.

        One photo is read and searched while the one before it is embedded, each in a thread of
        its own, and the caller has the one before that. Whoever stops early closes it, and then no
        thread is at work any more.
        """
        with (
            closing(prefetch(lambda one: self.find(*read(one), strict=strict), items)) as found,
            closing(prefetch(lambda pair: self.embed(pair[1].result()), found)) as embedded,
        ):
            for (item, _), candidate in embedded:
                yield item, candidate

    def find(self, image: Image, photo: str, *, strict: bool = False) -> FoundFace:
        """The first half of `examine`, which looks at the photo; in one thread at a time."""
        return find_face(self._observer, image, photo, strict=strict)

    def embed(self, found: FoundFace) -> Candidate:
        """The second half of `examine`; may be called from any thread."""
        return Candidate(
            self._recogniser.embed(found.image, [found.face])[0],
            self._recogniser.fingerprint,
            found.face.quality.score,
            portrait_of(found),
            found.origin,
            self.roster.yardstick(self._target_fmr),
            found.others,
        )

    def lookalike(self, candidate: Candidate, own: PersonId | None = None) -> Match | None:
        """Somebody else enrolled who comes near the threshold for this face, if anybody does."""
        self.roster.refresh()
        match = self.roster.matcher.search(candidate.embedding)
        if match is None or match.person == own:
            return None
        return match if match.fmr <= self.roster.max_fmr * NEAR_THRESHOLD else None


def find_face(
    observer: PhotoDetector, image: Image, photo: str, *, strict: bool = False
) -> FoundFace:
    """The face that a photo of one person means; a FaceError that names `photo` for one by which
    nobody can be enrolled. `strict`: also where somebody else is in it."""
    faces = observer.still(image, BYSTANDER_WIDTH)
    face = only_face(faces, photo, None if strict else size_of(image))
    return FoundFace(image, face, photo, len(bystanders(faces)))


def size_of(image: Image) -> tuple[int, int]:
    """Width and height in pixels of an image (H, W, 3)."""
    return image.shape[1], image.shape[0]


def alike(roster: Roster) -> Iterator[tuple[PersonId, PersonId, float]]:
    """Pairs of enrolled people who come near the threshold, with their similarity."""
    for pair in roster.matcher.pairs_within(roster.max_fmr * NEAR_THRESHOLD):
        yield pair.person, pair.other, pair.comparison.similarity


def portrait_of(found: FoundFace) -> bytes:
    """The JPEG that is kept of somebody who is enrolled by this face."""
    return encode_photo(cut_out(found.image, found.face))


def encode_photo(image: Image) -> bytes:
    """JPEG of an RGB image, shrunk to MAX_PHOTO_SIDE."""
    scale = MAX_PHOTO_SIDE / max(image.shape[:2])
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return jpeg.tobytes()


def reembed(
    gallery: People, observer: PhotoDetector, recogniser: Recogniser, progress: Progress
) -> int:
    """Bring all templates up to this encoder; returns how many photos were embedded.

    `progress` passes the photos on and may show how far it is; its second argument is their
    number. A photo in which the face is no longer found is kept, logged, and left without a
    template. Raises StoreError when a photo cannot be read or the gallery changed meanwhile;
    the old templates are then still in place.
    """
    fingerprint = recogniser.fingerprint
    outdated = gallery.outdated(fingerprint)
    if outdated == 0:
        return 0
    log.info("The encoder is new: embedding %d enrolment photos again.", outdated)
    fresh: dict[str, Embedding] = {}
    skipped: list[str] = []
    for photo in progress(gallery.photos(), outdated):
        if not photo.jpeg:
            # Its picture is the hub's, which tells what the new encoder makes of it.
            skipped.append(photo.id)
            continue
        try:
            fresh[photo.id] = _embed(photo, observer, recogniser)
        except FaceError as error:
            skipped.append(photo.id)
            log.warning("A kept photo cannot be used by this encoder. %s", error)
    gallery.replace_templates(fingerprint, fresh, skipped)
    return len(fresh)


def _embed(photo: StoredPhoto, observer: PhotoDetector, recogniser: Recogniser) -> Embedding:
    bgr = cv2.imdecode(np.frombuffer(photo.jpeg, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        raise StoreError(f"The kept photo {photo.id} is not a picture; remove and enrol again.")
    image = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)
    faces = observer.still(image, BYSTANDER_WIDTH)
    face = only_face(faces, f"Photo {photo.id}", size_of(image))
    embedding: Embedding = recogniser.embed(image, [face])[0]
    return embedding


def prefetch(
    work: Callable[[Item], Result], items: Iterable[Item]
) -> Generator[tuple[Item, Future[Result]]]:
    """Each of `items` with what `work` made of it, in their order, worked on one at a time.

    That happens in one thread beside the caller's, one item ahead: `result()` gives it, or
    raises what `work` raised. Whoever stops early waits for the item that is under way.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="prefetch") as beside:
        before: tuple[Item, Future[Result]] | None = None
        for item in items:
            current = item, beside.submit(work, item)
            if before is not None:
                yield before
            before = current
        if before is not None:
            yield before
