"""What is lost when the face at the door is worse than the one that was enrolled.

People are enrolled from an untouched photo; another photo of theirs, and those of strangers,
are degraded before anything looks at them. Nothing is dropped: a face that is not found, or
that the product refuses for its quality, is a failure.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accessctl.evaluation.counted import Count, count
from accessctl.evaluation.gallery_draw import GalleryDraw
from accessctl.evaluation.identification import decide, search_all
from accessctl.evaluation.people_interval import PeopleRate, rate_over_people
from accessctl.evaluation.probes import Probes
from accessctl.recognition.calibration import Calibration
from accessctl.recognition.normalisation import Normaliser

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class RobustnessRules:
    """What the product asks for, and how it is tried: `draws` galleries of `gallery` people."""

    target_fmr: float
    target_fpir: float
    min_margin: float
    gallery: int
    draws: int


@dataclass(frozen=True, slots=True)
class ConditionLoss:
    """One condition. Of probes: `faceless`, `refused` (found, but not good enough), `tar` at
    the stated rate, and `tar_unjudged` if nothing were refused. `false_matches` of how many
    pairs of strangers with usable faces. Then identification: not named or wrongly, named as
    somebody else, and strangers who were named."""

    condition: str
    faceless: Count
    refused: Count
    tar: Count
    tar_unjudged: Count
    false_matches: int
    stranger_pairs: int
    fnir: PeopleRate
    misidentified: PeopleRate
    fpir: PeopleRate


def loss(
    condition: str,
    enrolled: Probes,
    coming: Probes,
    normaliser: Normaliser,
    calibration: Calibration,
    rules: RobustnessRules,
    seed: int,
) -> ConditionLoss:
    """`coming` holds a probe of each of the `enrolled`, in their order. Whoever is left out of a
    gallery comes to it as a stranger."""
    scores = pair_scores(enrolled, coming, normaliser)
    passed = scores >= calibration.threshold(rules.target_fmr)
    usable = enrolled.usable[:, None] & coming.usable
    strangers = usable & ~np.eye(len(enrolled), dtype=bool)
    genuine = np.diag(passed)
    random = np.random.default_rng(seed)
    tried = _identification(enrolled, coming, normaliser, calibration, rules, random)
    return ConditionLoss(
        condition=condition,
        faceless=count(~coming.found),
        refused=count(coming.found & ~coming.usable),
        tar=count(genuine & np.diag(usable)),
        tar_unjudged=count(genuine),
        false_matches=int((passed & strangers).sum()),
        stranger_pairs=int(strangers.sum()),
        fnir=rate_over_people(tried.missed | tried.wrong, tried.mates, random),
        misidentified=rate_over_people(tried.wrong, tried.mates, random),
        fpir=rate_over_people(tried.accepted, tried.strangers, random),
    )


def pair_scores(one: Probes, other: Probes, normaliser: Normaliser) -> Floats:
    """Normalised scores (N, M), minus infinity where either shows no face."""
    a, b = (np.where(s.found[:, None], s.embeddings, np.float32(0)) for s in (one, other))
    scores = normaliser.scores(normaliser.sides(a), normaliser.sides(b))
    seen = one.found[:, None] & other.found
    return np.where(seen, scores, -np.inf).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Tried:
    """Over all draws: mates (M,) `missed` or named `wrong`, strangers (S,) `accepted`, and the
    rows of `mates` and `strangers` whose trials those were."""

    missed: NDArray[np.bool_]
    wrong: NDArray[np.bool_]
    accepted: NDArray[np.bool_]
    mates: NDArray[np.int64]
    strangers: NDArray[np.int64]


def _identification(
    enrolled: Probes,
    coming: Probes,
    normaliser: Normaliser,
    calibration: Calibration,
    rules: RobustnessRules,
    random: np.random.Generator,
) -> _Tried:
    people = len(enrolled)
    faces = enrolled.then(coming)
    outcomes, events = [], []
    for _ in range(rules.draws):
        order = random.permutation(people)
        inside, outside = order[: rules.gallery], order[rules.gallery :]
        draw = GalleryDraw(
            enrolled=inside,
            mates=people + inside[:, None],
            own=np.arange(len(inside)),
            strangers=people + outside[:, None],
        )
        outcome = search_all(draw, faces, normaliser, calibration)
        outcomes.append(outcome)
        events.append(decide(outcome, rules.target_fpir, rules.min_margin))
    missed, wrong, accepted = (np.concatenate(kind) for kind in zip(*events, strict=True))
    return _Tried(
        missed,
        wrong,
        accepted,
        np.concatenate([outcome.mates.photo for outcome in outcomes]),
        np.concatenate([outcome.strangers.photo for outcome in outcomes]),
    )
