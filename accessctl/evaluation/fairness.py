"""Does the door treat groups of people alike: FMR and FNMR of each at one threshold.

Comparisons are counted person by person, within groups of people and between them. Terms and the
ratio of worst to best: ISO/IEC 19795-10, "Quantifying biometric system performance variation
across demographic groups".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accessctl.errors import InputError
from accessctl.evaluation.data import person_of
from accessctl.evaluation.pairs import Scorer
from accessctl.evaluation.statistics import REPLICATES, Measured, clopper_pearson, interval, samples

BLOCK = 512

FEW_PEOPLE = 30
"""A group of fewer says little about its like, however many photos there are."""


@dataclass(frozen=True, slots=True, eq=False)
class GroupCounts:
    """Comparisons of people at a threshold.

    `photos` and `group` int64 (P,): of each person. `first` and `second` (M,) are the people
    of every impostor pair that matched, `genuine` and `missed` (P,) each person's genuine
    pairs and those of them that did not match.
    """

    photos: NDArray[np.int64]
    group: NDArray[np.int64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    genuine: NDArray[np.int64]
    missed: NDArray[np.int64]


def groups_of(people: Sequence[str]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """The groups' names and each person's group int64 (P,): the folder that the person's
    folder lies in. InputError for people without one."""
    outside = [person for person in people if person_of(person) == "."]
    if outside:
        raise InputError(
            f"{outside[0]} lies in no group; arrange the photos as group/person/photo."
        )
    names, group = np.unique([person_of(person) for person in people], return_inverse=True)
    return tuple(names.tolist()), group.astype(np.int64)


def count_groups(
    scorer: Scorer,
    person: NDArray[np.int64],
    group: NDArray[np.int64],
    threshold: float,
    at_once: int = BLOCK,
) -> GroupCounts:
    """Compare every pair of photos of the people `person` (N,), whose groups are (P,), `at_once`
    of them at a time with all."""
    first, second = [], []
    genuine, missed = np.zeros(len(group), np.int64), np.zeros(len(group), np.int64)
    for start in range(0, len(person), at_once):
        own, others = person[start : start + at_once], person[start:]
        match = scorer.block(slice(start, start + at_once), slice(start, len(person))) > threshold
        later = np.arange(len(others)) > np.arange(len(own))[:, None]
        same = (own[:, None] == others) & later
        rows, columns = np.nonzero(match & later & ~same)
        first.append(own[rows])
        second.append(others[columns])
        np.add.at(genuine, own, same.sum(axis=1))
        np.add.at(missed, own, (same & ~match).sum(axis=1))
    photos = np.bincount(person, minlength=len(group))
    return GroupCounts(
        photos, group, np.concatenate(first), np.concatenate(second), genuine, missed
    )


@dataclass(frozen=True, slots=True)
class GroupRates:
    """One group, or "between groups": a rate is None where there is no pair for it."""

    group: str
    people: int
    photos: int
    impostors: int
    genuine: int
    fmr: Measured | None
    fnmr: Measured | None

    @property
    def small(self) -> bool:
        """Too few people for its figures to be taken for the group's."""
        return self.people < FEW_PEOPLE


@dataclass(frozen=True, slots=True)
class Fairness:
    """`between` are impostor pairs of people of different groups; the ratios are the worst
    group's rate over the best one's, small groups left out (None without two groups or when
    the best rate is 0)."""

    groups: tuple[GroupRates, ...]
    between: GroupRates
    fmr_ratio: Measured | None
    fnmr_ratio: Measured | None


def compare(
    names: Sequence[str],
    counts: GroupCounts,
    random: np.random.Generator,
    replicates: int = REPLICATES,
) -> Fairness:
    """Each group's rates with intervals over samples of people, drawn group by group."""
    drawn = _drawn_by_group(counts.group, replicates, random)
    whole = np.ones((1, len(counts.group)))
    fmr, fnmr = _fmr(counts, len(names), whole), _fnmr(counts, len(names), whole)
    fmr_samples = _fmr(counts, len(names), drawn)
    fnmr_samples = _fnmr(counts, len(names), drawn)
    groups = tuple(
        _group(name, number, counts, (fmr[0], fmr_samples), (fnmr[0], fnmr_samples))
        for number, name in enumerate(names)
    )
    large = [number for number, group in enumerate(groups) if not group.small]
    return Fairness(
        groups,
        _between(counts, float(fmr[0, -1]), fmr_samples[:, -1]),
        _ratio(fmr[:, large], fmr_samples[:, large]),
        _ratio(fnmr[:, large], fnmr_samples[:, large]),
    )


def as_record(found: Fairness) -> dict[str, Any]:
    """For JSON; a rate that no pair tells of is null."""
    return {
        "groups": [_group_record(group) for group in found.groups],
        "between": _group_record(found.between),
        "fmr_worst_over_best": _rate_record(found.fmr_ratio),
        "fnmr_worst_over_best": _rate_record(found.fnmr_ratio),
    }


def _drawn_by_group(
    group: NDArray[np.int64], replicates: int, random: np.random.Generator
) -> NDArray[np.float64]:
    drawn = np.zeros((replicates, len(group)))
    for number in np.unique(group):
        members = np.flatnonzero(group == number)
        drawn[:, members] = samples(len(members), replicates, random)
    return drawn


def _fmr(counts: GroupCounts, groups: int, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """FMR (replicates, groups + 1) within each group and, last, between groups."""
    own = weights * counts.photos
    member = np.eye(groups)[counts.group]
    totals = own @ member
    within = (np.square(totals) - np.square(own) @ member) / 2
    everything = (np.square(own.sum(axis=1)) - np.square(own).sum(axis=1)) / 2
    trials = np.column_stack([within, everything - within.sum(axis=1)])
    same = counts.group[counts.first] == counts.group[counts.second]
    place = np.where(same, counts.group[counts.first], groups)
    matched = np.stack(
        [
            np.bincount(place, sample[counts.first] * sample[counts.second], groups + 1)
            for sample in weights
        ]
    )
    return _quotient(matched, trials)


def _fnmr(counts: GroupCounts, groups: int, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    member = np.eye(groups)[counts.group]
    return _quotient((weights * counts.missed) @ member, (weights * counts.genuine) @ member)


def _quotient(part: NDArray[Any], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    shares = np.full(part.shape, np.nan)
    np.divide(part, whole, out=shares, where=whole > 0.5)
    return shares


def _group(
    name: str,
    number: int,
    counts: GroupCounts,
    fmr: tuple[NDArray[np.float64], NDArray[np.float64]],
    fnmr: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> GroupRates:
    members = counts.group == number
    photos = counts.photos[members]
    impostors = int((photos.sum() ** 2 - np.square(photos).sum()) // 2)
    genuine = int(counts.genuine[members].sum())
    return GroupRates(
        name,
        int(members.sum()),
        int(photos.sum()),
        impostors,
        genuine,
        _measured(float(fmr[0][number]), fmr[1][:, number], impostors),
        _measured(float(fnmr[0][number]), fnmr[1][:, number], genuine),
    )


def _between(counts: GroupCounts, fmr: float, replicates: NDArray[np.float64]) -> GroupRates:
    totals = np.bincount(counts.group, counts.photos)
    pairs = round(float(totals.sum() ** 2 - np.square(totals).sum()) / 2)
    photos, people = int(counts.photos.sum()), len(counts.photos)
    measured = _measured(fmr, replicates, pairs)
    return GroupRates("between groups", people, photos, pairs, 0, measured, None)


def _measured(value: float, replicates: NDArray[np.float64], trials: int) -> Measured | None:
    """Without an event all samples agree; then the exact interval of so many trials."""
    if trials == 0:
        return None
    return interval(value, replicates) if value > 0 else Measured(0, *clopper_pearson(0, trials))


def _ratio(rates: NDArray[np.float64], replicates: NDArray[np.float64]) -> Measured | None:
    known = np.isfinite(rates[0])
    if known.sum() < 2 or rates[0, known].min() == 0:
        return None
    best, worst = replicates[:, known].min(axis=1), replicates[:, known].max(axis=1)
    ratios = np.divide(worst, best, out=np.full(len(best), np.nan), where=best > 0)
    return interval(float(rates[0, known].max() / rates[0, known].min()), ratios)


def _group_record(group: GroupRates) -> dict[str, Any]:
    return {
        "group": group.group,
        "people": group.people,
        "photos": group.photos,
        "small": group.small,
        "impostor_pairs": group.impostors,
        "genuine_pairs": group.genuine,
        "fmr": _rate_record(group.fmr),
        "fnmr": _rate_record(group.fnmr),
    }


def _rate_record(rate: Measured | None) -> dict[str, Any] | None:
    if rate is None:
        return None
    ends = [float(f"{v:.4g}") if np.isfinite(v) else None for v in (rate.low, rate.high)]
    return {"value": float(f"{rate.value:.4g}"), "interval_95": ends}
