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
from accessctl.evaluation.like_groups import is_mixed, is_young
from accessctl.evaluation.statistics import Measured, clopper_pearson, interval, samples
from accessctl.recognition.calibration import Calibration
from accessctl.recognition.normalisation import Normaliser

Floats = NDArray[np.float32]

EXPECTED = 10
"""False matches that a group's pairs must be expected to hold at a stated rate."""

STATED = (1e-2, 1e-3, 1e-4)

TOGETHER = "within any of them"

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
    """Each group at the thresholds that the product takes for the `stated` rates, by name; and
    last, where there are several, the pairs within all groups of grown people together.

    SourceError for a group of too many photos.
    """
    thresholds = {rate: calibration.threshold(rate) for rate in stated}
    counted = [
        _count(name, faces, normaliser, thresholds, random, replicates)
        for name, faces in sorted(groups.items())
    ]
    grown = [one for one in counted if not (is_young(one.group) or is_mixed(one.group))]
    whole = [_together(grown)] if len(grown) > 1 else []
    return [_kept(one) for one in (*counted, *whole)]


@dataclass(frozen=True, slots=True, eq=False)
class _Counted:
    """Of one group: `matched` pairs at each stated rate, and in every bootstrap sample (R,) the
    weight of those and of all pairs."""

    group: str
    people: int
    photos: int
    pairs: int
    matched: Mapping[float, tuple[int, NDArray[np.float64]]]
    everything: NDArray[np.float64]


def _count(
    name: str,
    faces: LikeFaces,
    normaliser: Normaliser,
    thresholds: Mapping[float, float],
    random: np.random.Generator,
    replicates: int,
) -> _Counted:
    if len(faces.embeddings) > MANY:
        raise SourceError(
            f"{name} has {len(faces.embeddings)} photos; name at most {MANY} of a group."
        )
    sides = normaliser.sides(faces.embeddings)
    scores = normaliser.scores(sides, sides)
    others = (faces.person[:, None] != faces.person).astype(np.float32)
    known, member = np.unique(faces.person, return_inverse=True)
    drawn = samples(len(known), replicates, random)[:, member].astype(np.float32)

    def weight(pairs: Floats) -> NDArray[np.float64]:
        total: NDArray[np.float64] = np.einsum("rn,rn->r", drawn @ pairs, drawn, dtype=np.float64)
        return total

    reached = {
        rate: others * (scores >= np.float32(threshold)) for rate, threshold in thresholds.items()
    }
    return _Counted(
        name,
        len(known),
        len(member),
        int(others.sum(dtype=np.float64)) // 2,
        {
            rate: (int(pairs.sum(dtype=np.float64)) // 2, weight(pairs))
            for rate, pairs in reached.items()
        },
        weight(others),
    )


def _together(groups: Sequence[_Counted]) -> _Counted:
    """All pairs within a group, whichever it is."""
    rates = groups[0].matched
    return _Counted(
        TOGETHER,
        sum(one.people for one in groups),
        sum(one.photos for one in groups),
        sum(one.pairs for one in groups),
        {
            rate: (
                sum(one.matched[rate][0] for one in groups),
                np.sum([one.matched[rate][1] for one in groups], axis=0),
            )
            for rate in rates
        },
        np.sum([one.everything for one in groups], axis=0),
    )


def _kept(counted: _Counted) -> GroupKept:
    ratios = {
        rate: _ratio(count, found, counted, rate)
        for rate, (count, found) in counted.matched.items()
    }
    return GroupKept(counted.group, counted.people, counted.photos, counted.pairs, ratios)


def _ratio(
    count: int, found: NDArray[np.float64], counted: _Counted, rate: float
) -> Measured | None:
    if counted.pairs * rate < EXPECTED:
        return None
    if not count:
        low, high = clopper_pearson(0, counted.pairs)
        return Measured(0.0, low / rate, high / rate)
    shares = np.full(len(found), np.nan)
    np.divide(found, counted.everything, out=shares, where=counted.everything > 0)
    return interval(count / counted.pairs / rate, shares / rate)


def worst(kept: Sequence[GroupKept], rate: float) -> GroupKept | None:
    """The group that exceeds that stated rate most; None where no group tells of it."""
    told = [
        (found.value, one)
        for one in kept
        if one.group != TOGETHER and (found := one.ratios[rate]) is not None
    ]
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
