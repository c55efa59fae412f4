"""Recognition on single images: who is in this picture, are these two the same."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Embedding, Face, Image, Match, PersonId, Reason
from accessctl.policy.decide import rare_enough, sure
from accessctl.recognition.enrolment import PhotoDetector
from accessctl.recognition.matcher import Matcher
from accessctl.recognition.recogniser import Recogniser, only_face
from accessctl.recognition.roster import Roster

POOR_QUALITY = "poor_quality"


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
    face = only_face(observer.still(image), photo, (image.shape[1], image.shape[0]))
    embedding: Embedding = recogniser.embed(image, [face])[0]
    return embedding


def stack(embeddings: Sequence[Embedding | None], dimension: int) -> NDArray[np.float32]:
    """Float32 (N, D) with rows of NaN where there is no embedding."""
    missing = np.full(dimension, np.nan, np.float32)
    rows = [missing if row is None else row for row in embeddings]
    return np.stack(rows) if rows else np.empty((0, dimension), np.float32)
