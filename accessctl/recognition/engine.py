"""Everything that recognises people, opened as the configuration says; what it says of single
images: who is in this picture, are these two the same; and how many threads the native libraries
of a process that is a door may use.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from accessctl.config import Config, EncoderConfig, GalleryConfig, VisionConfig
from accessctl.domain import Embedding, Face, Image, Match, PersonId, Reason
from accessctl.encoder.base import Encoder
from accessctl.encoder.card import Card
from accessctl.encoder.choose import load_encoder
from accessctl.gallery.people import People
from accessctl.gallery.store import open_gallery
from accessctl.policy.decide import rare_enough, sure
from accessctl.recognition.calibration import Calibration, scoring_of
from accessctl.recognition.enrolment import Enrolment, PhotoDetector, Progress, reembed, size_of
from accessctl.recognition.matcher import Matcher, Roster
from accessctl.recognition.normalisation import Normaliser
from accessctl.recognition.recogniser import BYSTANDER_WIDTH, Recogniser, only_face
from accessctl.vision.observer import Observer

POOR_QUALITY = "poor_quality"


@dataclass(frozen=True, slots=True)
class Engine:
    """Everything that recognises people: eyes, encoder, the enrolled."""

    config: Config
    observer: Observer
    recogniser: Recogniser
    gallery: People
    roster: Roster

    def enrolment(self) -> Enrolment:
        """What examines photos for this engine."""
        target_fmr = self.config.policy.target_fmr
        return Enrolment(self.observer, self.recogniser, self.roster, target_fmr)


class ClosingPeople(People, Protocol):
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class EngineMakers:
    """What makes the parts of an engine from their sections of the configuration."""

    encoder: Callable[[EncoderConfig], Encoder] = load_encoder
    gallery: Callable[[GalleryConfig, Mapping[str, str]], ClosingPeople] = open_gallery
    observer: Callable[[VisionConfig], Observer] = Observer
    scoring: Callable[[Card], tuple[Normaliser, Calibration]] = scoring_of


USUAL = EngineMakers()


@contextmanager
def open_engine(
    config: Config, progress: Progress, makers: EngineMakers = USUAL
) -> Iterator[Engine]:
    """Load models and gallery; templates of another encoder are made anew first.

    ModelError for models that are not there or unfit, StoreError for a gallery that cannot be
    opened. The process's own settings stay as they are; see `one_thread_each`.
    """
    with ExitStack() as stack:
        encoder = makers.encoder(config.encoder)
        recogniser = Recogniser(encoder)
        gallery = makers.gallery(config.gallery, os.environ)
        stack.callback(gallery.close)
        observer = makers.observer(config.vision)
        stack.callback(observer.close)
        reembed(gallery, observer, recogniser, progress)
        normaliser, calibration = makers.scoring(encoder.card)
        roster = Roster(gallery, recogniser.fingerprint, normaliser, calibration, config.policy)
        yield Engine(config, observer, recogniser, gallery, roster)


def one_thread_each() -> None:
    """Keep OpenCV and BLAS to the thread that calls them, for the rest of the process.

    A door's products and pictures are small, and the loop, the reader and the look for life
    share two cores already: a second thread was measured to save a fraction of a millisecond
    on an idle machine, and to cost ten and more on a busy one, where each call waits until
    the other thread gets a core. The encoder has its own setting, `encoder.threads`.

    For the entry of a process that is a door, or a command: nothing else calls it, because the
    setting is the whole process's and so that of whoever else lives in it.
    """
    cv2.setNumThreads(1)
    threadpool_limits(limits=1, user_api="blas")


@dataclass(frozen=True, slots=True, eq=False)
class Identification:
    """A face and who it is; `person` is None for "unknown", `match` the nearest all the same.

    `reason` says why it is unknown, None where somebody is named: `no_match` for nobody near
    enough, `ambiguous` for two people who are both near, `poor_quality` for a face that is judged
    by nobody.
    """

    face: Face
    person: PersonId | None
    match: Match | None
    reason: str | None


def identify(
    image: Image,
    observer: PhotoDetector,
    recogniser: Recogniser,
    roster: Roster,
    min_margin: float,
) -> list[Identification]:
    """Every face of the image from left to right; one of too poor a quality is never named."""
    faces = sorted(observer.still(image), key=lambda face: face.box.x)
    embeddings = recogniser.embed(image, faces)
    found: list[Identification] = []
    for face, embedding in zip(faces, embeddings, strict=True):
        match = roster.matcher.search(embedding)
        reason = _why_unknown(face, match, roster.max_fmr, min_margin)
        person = match.person if match is not None and reason is None else None
        found.append(Identification(face, person, match, reason))
    return found


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether two faces are of one person, as far as two photos can say.

    `fmr` is the false-match rate that their similarity stands for, `fmr_upper` its upper 95 %
    bound, which is what `same` rests on; `threshold` is the similarity that these two faces would
    need, infinite where none would do.
    """

    same: bool
    similarity: float
    fmr: float
    fmr_upper: float
    threshold: float


def verify(a: Embedding, b: Embedding, matcher: Matcher, target_fmr: float) -> Verification:
    """Compare two unit embeddings float32 (D,): the same person at a false-match rate of at most
    `target_fmr`?"""
    compared = matcher.compare(a, b)
    return Verification(
        same=rare_enough(compared.fmr_upper, target_fmr),
        similarity=compared.similarity,
        fmr=compared.fmr,
        fmr_upper=compared.fmr_upper,
        threshold=compared.similarity_at(matcher.threshold(target_fmr)),
    )


def _why_unknown(face: Face, match: Match | None, max_fmr: float, min_margin: float) -> str | None:
    if not face.quality.usable:
        return POOR_QUALITY
    if match is None:
        return Reason.NO_MATCH.value
    if sure(match.fmr_upper, match.margin, max_fmr, min_margin):
        return None
    # Near enough, were it not for the other.
    is_near = rare_enough(match.fmr_upper, max_fmr)
    return (Reason.AMBIGUOUS if is_near else Reason.NO_MATCH).value


def embed_portrait(
    image: Image, photo: str, observer: PhotoDetector, recogniser: Recogniser
) -> Embedding:
    """Unit embedding float32 (D,) of the one person in `photo`; FaceError otherwise."""
    face = only_face(observer.still(image, BYSTANDER_WIDTH), photo, size_of(image))
    embedding: Embedding = recogniser.embed(image, [face])[0]
    return embedding


def stack(embeddings: Sequence[Embedding | None], dimension: int) -> NDArray[np.float32]:
    """Float32 (N, D) with rows of NaN where there is no embedding."""
    missing = np.full(dimension, np.nan, np.float32)
    rows = [missing if row is None else row for row in embeddings]
    return np.stack(rows) if rows else np.empty((0, dimension), np.float32)
