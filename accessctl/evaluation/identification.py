"""Open-set identification: who is at the door, when it may be nobody enrolled.

FPIR: the share of strangers who are taken for somebody enrolled. FNIR: the share of enrolled
people who are not named, or named as somebody else (ISO/IEC 19795-1:2021; the candidate list
holds one). Every decision is that of `accessctl identify`: the gallery's own Matcher, the
threshold from the stated rate and the gallery's size, the margin over the second person, and
nobody named whose face is refused for its quality.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from accessctl.domain import PersonId
from accessctl.evaluation.gallery_draw import GalleryDraw, Rows
from accessctl.evaluation.probes import Floats, Probes
from accessctl.gallery.values import Template
from accessctl.policy.sure import sure
from accessctl.recognition.calibration import Calibration
from accessctl.recognition.matcher import Matcher
from accessctl.recognition.normalisation import Normaliser
from accessctl.recognition.pooling import pool
from accessctl.recognition.rates import comparison_fmr

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Searches:
    """One search a row (P,). `score`, `margin` and `upper` (the bound of the false-match rate)
    are those of the best person, `right` whether it is the probe's; `cosine` and
    `cosine_right` are the same by cosine alone. A probe without a usable face has score and
    cosine of minus infinity. `photo` (P,) is the probe's first row: it says who it is."""

    photo: Rows
    score: NDArray[np.float64]
    margin: NDArray[np.float64]
    upper: NDArray[np.float64]
    right: Bools
    cosine: NDArray[np.float64]
    cosine_right: Bools

    def named(self, max_fmr: float, min_margin: float) -> Bools:
        """Whether the product would name somebody: (P,)."""
        found: Bools = np.isfinite(self.score)
        return found & sure(self.upper, self.margin, max_fmr, min_margin)


@dataclass(frozen=True, slots=True, eq=False)
class GalleryOutcome:
    """The searches of one gallery of `people` enrolled people."""

    people: int
    mates: Searches
    strangers: Searches


def search_all(
    draw: GalleryDraw, faces: Probes, normaliser: Normaliser, calibration: Calibration
) -> GalleryOutcome:
    """Everybody of `draw` searched in its gallery.

    Whoever's enrolment photo shows no usable face stays out of the gallery, as `accessctl
    enroll` refuses it, and is missed whenever they come.
    """
    places = np.flatnonzero(faces.usable[draw.enrolled])
    rows = draw.enrolled[places]
    templates = [
        Template(PersonId(str(place)), faces.embeddings[row], float(faces.quality[row]))
        for place, row in zip(places, rows, strict=True)
    ]
    gallery = _Gallery(Matcher(templates, normaliser, calibration), faces.embeddings[rows], places)
    nobody = np.full(len(draw.strangers), -1)
    return GalleryOutcome(
        people=len(rows),
        mates=_searches(gallery, draw.mates, draw.own, faces),
        strangers=_searches(gallery, draw.strangers, nobody, faces),
    )


def decide(
    outcome: GalleryOutcome, target_fpir: float, min_margin: float
) -> tuple[Bools, Bools, Bools]:
    """Of mates (M,): missed, misidentified; of strangers (S,): accepted. FNIR counts both
    of the first."""
    max_fmr = comparison_fmr(target_fpir, outcome.people)
    named = outcome.mates.named(max_fmr, min_margin)
    wrong = named & ~outcome.mates.right
    return ~named, wrong, outcome.strangers.named(max_fmr, min_margin)


def joined(searches: Sequence[Searches]) -> Searches:
    """The searches of several galleries as one."""
    columns = {
        field.name: np.concatenate([getattr(one, field.name) for one in searches])
        for field in fields(Searches)
    }
    return Searches(**columns)


@dataclass(frozen=True, slots=True, eq=False)
class _Gallery:
    matcher: Matcher
    embeddings: Floats
    places: Rows


def _searches(gallery: _Gallery, probes: Rows, own: Rows, faces: Probes) -> Searches:
    count = len(probes)
    lowest = np.full(count, -np.inf)
    found = Searches(
        photo=probes[:, 0],
        score=lowest,
        margin=lowest.copy(),
        upper=np.ones(count),
        right=np.zeros(count, bool),
        cosine=lowest.copy(),
        cosine_right=np.zeros(count, bool),
    )
    for row, photos in enumerate(probes):
        usable = photos[faces.usable[photos]]
        if not len(usable) or not len(gallery.places):
            continue
        probe = pool(faces.embeddings[usable], faces.quality[usable])
        match = gallery.matcher.search(probe)
        if match is None:
            continue
        similarities = gallery.embeddings @ probe
        nearest = int(np.argmax(similarities))
        found.score[row], found.margin[row] = match.score, match.margin
        found.upper[row] = match.fmr_upper
        found.right[row] = match.person == str(own[row])
        found.cosine[row] = similarities[nearest]
        found.cosine_right[row] = gallery.places[nearest] == own[row]
    return found
