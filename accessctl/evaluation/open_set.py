"""Open-set identification over many galleries: what is stated, what is observed.

Each row of the result is a gallery's size, or a number of photos pooled into a probe, tried
with several galleries drawn at random; see identification for the terms.

The trade between the two errors of a search, when the threshold is moved, is the DET curve:
Martin et al., "The DET curve in assessment of detection task performance", Eurospeech 1997.
Unlike a door, whoever draws it knows the strangers: it says what a score is worth, not what
a threshold keeps.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accessctl.evaluation.calibration_table import score_at_rate
from accessctl.evaluation.embedded import Probes
from accessctl.evaluation.identification import (
    GalleryOutcome,
    Searches,
    decide,
    draw_gallery,
    joined,
    search_all,
)
from accessctl.evaluation.statistics import PeopleRate, rate_over_people
from accessctl.recognition.calibration import Calibration
from accessctl.recognition.normalisation import Normaliser

Scores = NDArray[np.float64]

Person = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class DrawPlan:
    """How often galleries are drawn, and how many strangers come to each."""

    draws: int
    strangers: int
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """All that was searched in galleries of `size` people with `photos` photos a probe."""

    size: int
    photos: int
    outcomes: tuple[GalleryOutcome, ...]

    @property
    def mates(self) -> Searches:
        return joined([outcome.mates for outcome in self.outcomes])

    @property
    def strangers(self) -> Searches:
        return joined([outcome.strangers for outcome in self.outcomes])


@dataclass(frozen=True, slots=True)
class OpenSetRow:
    """What the product does for `target_fpir`: `fnir` counts those not named and the
    `misidentified`, `fpir` the strangers who were named.

    What the scores are worth apart from any threshold: FNIR where just the target's share of
    these very strangers passes, `fnir_normalised` and `fnir_cosine`. `fpir_one_threshold` is
    the FPIR of a cosine threshold that keeps the target in another gallery, not derived from
    this one's size; None where none was given.
    """

    size: int
    photos: int
    target_fpir: float
    fnir: PeopleRate
    misidentified: PeopleRate
    fpir: PeopleRate
    fnir_normalised: float
    fnir_cosine: float
    fpir_one_threshold: float | None


def try_sizes(
    person: Person,
    faces: Probes,
    sizes: Sequence[int],
    normaliser: Normaliser,
    calibration: Calibration,
    plan: DrawPlan,
) -> list[Tried]:
    """One photo against one photo, in galleries of each size; SourceError for too few people."""
    return [
        Tried(
            size,
            1,
            tuple(
                search_all(
                    draw_gallery(person, size, 1, plan.strangers, random),
                    faces,
                    normaliser,
                    calibration,
                )
                for random in _generators(plan, size, 1)
            ),
        )
        for size in sizes
    ]


def try_pooling(
    person: Person,
    faces: Probes,
    size: int,
    photos: Sequence[int],
    normaliser: Normaliser,
    calibration: Calibration,
    plan: DrawPlan,
) -> list[Tried]:
    """So many photos pooled into a probe, as a visit's frames are: the same people and photos
    in every row, the fewer the first of the more. SourceError for too few people."""
    most = max(photos)
    draws = [
        draw_gallery(person, size, most, plan.strangers, random)
        for random in _generators(plan, size, most)
    ]
    return [
        Tried(
            size,
            count,
            tuple(search_all(draw.first(count), faces, normaliser, calibration) for draw in draws),
        )
        for count in photos
    ]


def row(
    tried: Tried,
    target_fpir: float,
    min_margin: float,
    person: Person,
    random: np.random.Generator,
    one_threshold: float | None = None,
) -> OpenSetRow:
    """The decisions of one try; `one_threshold` is a cosine, see `cosine_threshold`."""
    mates, strangers = tried.mates, tried.strangers
    decisions = [decide(outcome, target_fpir, min_margin) for outcome in tried.outcomes]
    missed, wrong, accepted = (np.concatenate(kind) for kind in zip(*decisions, strict=True))
    who, others = person[mates.photo], person[strangers.photo]
    return OpenSetRow(
        size=tried.size,
        photos=tried.photos,
        target_fpir=target_fpir,
        fnir=rate_over_people(missed | wrong, who, random),
        misidentified=rate_over_people(wrong, who, random),
        fpir=rate_over_people(accepted, others, random),
        fnir_normalised=fnir_at(mates.score, mates.right, strangers.score, target_fpir),
        fnir_cosine=fnir_at(mates.cosine, mates.cosine_right, strangers.cosine, target_fpir),
        fpir_one_threshold=None
        if one_threshold is None
        else fpir_of_threshold(strangers.cosine, one_threshold),
    )


def cosine_threshold(tried: Sequence[Tried], size: int, target_fpir: float) -> float | None:
    """The one cosine that keeps the target among the strangers of the galleries of `size`."""
    for one in tried:
        if one.size == size:
            return threshold_for(one.strangers.cosine, target_fpir)
    return None


def _generators(plan: DrawPlan, size: int, photos: int) -> list[np.random.Generator]:
    """One for each draw; a row does not depend on which other rows are asked for."""
    return [np.random.default_rng([plan.seed, size, photos, draw]) for draw in range(plan.draws)]


def fnir_at(mates: Scores, right: NDArray[np.bool_], strangers: Scores, fpir: float) -> float:
    """FNIR where exactly so many strangers pass that `fpir` is not exceeded.

    `mates` (M,) and `strangers` (S,) are best scores, `right` (M,) whether the best is the
    probe's own. Who passes lies strictly above the threshold.
    """
    descending = np.sort(strangers)[::-1]
    allowed = int(fpir * len(strangers) + 1e-9)
    threshold = descending[allowed] if allowed < len(descending) else -np.inf
    return float(1 - (right & (mates > threshold)).mean())


def det_curve(
    mates: Scores, right: NDArray[np.bool_], strangers: Scores, points: int = 200
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """FPIR from one stranger's share up to 1, and FNIR at each: float64 (R,) both."""
    rates = np.unique(np.geomspace(1 / len(strangers), 1, points))
    return rates, np.array([fnir_at(mates, right, strangers, float(rate)) for rate in rates])


def fpir_of_threshold(strangers: Scores, threshold: float) -> float:
    """The share of strangers (S,) whose best score is `threshold` or more."""
    return float((strangers >= threshold).mean())


def threshold_for(strangers: Scores, fpir: float) -> float:
    """The score that the share `fpir` of the strangers (S,) reaches."""
    return score_at_rate(np.sort(strangers)[::-1], fpir)
