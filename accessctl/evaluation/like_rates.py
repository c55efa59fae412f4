"""What rates like strangers see: observed over stated false-match rate, group by group.

Comparisons are made within a group only. A rate is told of a group where at least EXPECTED false
matches are expected at it; of fewer pairs it says nothing. Intervals come from bootstrap samples of
people, who count in every pair as often as they are drawn (see `statistics`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accessctl.errors import SourceError
from accessctl.evaluation.statistics import Measured, clopper_pearson, interval, samples
from accessctl.recognition.calibration import Calibration
from accessctl.recognition.normalisation import Normaliser

Floats = NDArray[np.float32]

EXPECTED = 10
"""False matches that a group's pairs must be expected to hold at a stated rate."""

STATED = (1e-2, 1e-3, 1e-4)

MANY = 4000
"""More photos of a group than this are too many to be compared with each other at once."""


@dataclass(frozen=True, slots=True, eq=False)
class LikeFaces:
    """A group's unit embeddings (N, D), each of `person` (N,)."""

    embeddings: Floats
    person: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class GroupKept:
    """Of one group, {stated rate: observed over stated FMR}, None where its pairs are too few."""

    group: str
    people: int
    photos: int
    pairs: int
    ratios: Mapping[float, Measured | None]


def kept_by_groups(
    groups: Mapping[str, LikeFaces],
    normaliser: Normaliser,
    calibration: Calibration,
    random: np.random.Generator,
    replicates: int = 300,
    stated: Sequence[float] = STATED,
) -> list[GroupKept]:
    """Each group at the thresholds that the product takes for the `stated` rates, by name.

    SourceError for a group of too many photos.
    """
    thresholds = {rate: calibration.threshold(rate) for rate in stated}
    return [
        _kept(name, faces, normaliser, thresholds, random, replicates)
        for name, faces in sorted(groups.items())
    ]


def _kept(
    name: str,
    faces: LikeFaces,
    normaliser: Normaliser,
    thresholds: Mapping[float, float],
    random: np.random.Generator,
    replicates: int,
) -> GroupKept:
    if len(faces.embeddings) > MANY:
        raise SourceError(
            f"{name} has {len(faces.embeddings)} photos; name at most {MANY} of a group."
        )
    sides = normaliser.sides(faces.embeddings)
    scores = normaliser.scores(sides, sides)
    others = (faces.person[:, None] != faces.person).astype(np.float32)
    known, member = np.unique(faces.person, return_inverse=True)
    drawn = samples(len(known), replicates, random)[:, member].astype(np.float32)
    pairs = int(others.sum()) // 2
    everything = np.einsum("rn,rn->r", drawn @ others, drawn)
    ratios: dict[float, Measured | None] = {}
    for rate, threshold in thresholds.items():
        if pairs * rate < EXPECTED or not np.isfinite(threshold):
            ratios[rate] = None
            continue
        matched = others * (scores >= threshold)
        count = int(matched.sum()) // 2
        if not count:
            low, high = clopper_pearson(0, pairs)
            ratios[rate] = Measured(0.0, low / rate, high / rate)
            continue
        found = np.einsum("rn,rn->r", drawn @ matched, drawn)
        shares = np.divide(found, everything, out=np.full(replicates, np.nan), where=everything > 0)
        ratios[rate] = interval(count / pairs / rate, shares.astype(np.float64) / rate)
    return GroupKept(name, len(known), len(member), pairs, ratios)


def worst(kept: Sequence[GroupKept], rate: float) -> GroupKept | None:
    """The group that exceeds that stated rate most; None where no group tells of it."""
    told = [(found.value, one) for one in kept if (found := one.ratios[rate]) is not None]
    return max(told, key=lambda item: item[0])[1] if told else None


def record_of(kept: Sequence[GroupKept]) -> list[dict[str, Any]]:
    """For JSON and a card; a rate that too few pairs tell of is null."""
    return [
        {
            "group": one.group,
            "people": one.people,
            "photos": one.photos,
            "impostor_pairs": one.pairs,
            "observed_over_stated": {
                f"{rate:.0e}": None
                if found is None
                else {
                    "value": round(found.value, 3),
                    "interval_95": [round(found.low, 3), round(found.high, 3)],
                }
                for rate, found in one.ratios.items()
            },
        }
        for one in kept
    ]
