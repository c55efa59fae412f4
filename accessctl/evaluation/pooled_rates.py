"""What pooling does to a false-match rate: strangers whose photos are pooled match more often.

Every person's photos are drawn into pools of several sizes, and each pool is compared with a pool
of every other person. The rate is taken to rise with the spreads of both sides (see
recognition.pooling) as 10 to the power of `slope` times their sum. The slope is the maximum
likelihood estimate where matches are counts with that mean (a Poisson regression, whose intercept
drops out): at it, the pairs that match have the spread on average that all pairs have, each
weighted by the factor by which its rate rises. Intervals come from samples of people, who count in
every pair as often as they are drawn (see `statistics`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accessctl.errors import SourceError
from accessctl.evaluation.embedded import Probes
from accessctl.evaluation.statistics import Measured, clopper_pearson, interval, samples
from accessctl.recognition.calibration import Calibration
from accessctl.recognition.normalisation import Normaliser, Sides
from accessctl.recognition.pooling import pool, pooled_sides

STATED = (1e-2, 1e-3)
KINDS = ((1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (2, 2), (3, 3), (5, 5))
"""How many photos are pooled at the door, and how many of each person enrolled."""

MOST = max(max(kind) for kind in KINDS)
EDGES = (0.0, 1e-9, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 2.0)
"""Of the classes of spread, both sides together; the first is of single photos alone."""

STEEPEST = 40.0
"""Slopes are looked for between minus and plus this."""

FEWEST_PEOPLE, MOST_PEOPLE = 20, 400
"""Of more people so many are drawn: what is compared grows with their square."""

Rows = NDArray[np.int64]
Figures = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PooledPairs:
    """Comparisons of pools of the `people` with each other, in sets: probes of one `kind` (C,)
    with templates. `probe` and `template` (C, P) are the spreads of each person's pool."""

    people: int
    kind: tuple[tuple[int, int], ...]
    probe: Figures
    template: Figures
    scores: tuple[NDArray[np.float32], ...]


@dataclass(frozen=True, slots=True)
class PooledRow:
    """Of one kind or class: how many comparisons, their mean spread, both sides together, and
    observed over stated FMR before and after rates are raised."""

    name: str
    pairs: int
    spread: float
    before: Measured
    after: Measured


@dataclass(frozen=True, slots=True)
class PooledRates:
    """At one `stated` rate: the `slope`, None where nothing matches; the rows by kind and by class
    of spread, raised by `used`."""

    stated: float
    slope: Measured | None
    used: float
    kinds: tuple[PooledRow, ...]
    classes: tuple[PooledRow, ...]


def pooled_pairs(
    person: Rows, faces: Probes, normaliser: Normaliser, draws: int, random: np.random.Generator
) -> PooledPairs:
    """Of people of `person` (N,) with MOST usable photos, `draws` sets of each of KINDS.

    Probes and templates of one set are drawn apart; nobody is compared with themselves.
    SourceError for fewer than FEWEST_PEOPLE.
    """
    usable = [np.flatnonzero(faces.usable & (person == one)) for one in np.unique(person)]
    able = [own for own in usable if len(own) >= MOST]
    if len(able) < FEWEST_PEOPLE:
        raise SourceError(
            f"{len(able)} people have {MOST} photos that can be used, and {FEWEST_PEOPLE} are "
            "needed; name more photos."
        )
    able = some_people(able, random)
    kinds, probes, templates, scores = [], [], [], []
    for _ in range(draws):
        chosen = [[random.permutation(own)[:MOST] for own in able] for _ in range(2)]
        for kind in KINDS:
            one, other = (
                _sides(side, number, faces, normaliser)
                for side, number in zip(chosen, kind, strict=True)
            )
            kinds.append(kind)
            probes.append(one.spread)
            templates.append(other.spread)
            scores.append(normaliser.scores(one, other))
    return PooledPairs(
        len(able), tuple(kinds), np.stack(probes), np.stack(templates), tuple(scores)
    )


def some_people(photos: Sequence[Rows], random: np.random.Generator) -> list[Rows]:
    """The photos of at most MOST_PEOPLE of them."""
    if len(photos) <= MOST_PEOPLE:
        return list(photos)
    chosen = random.choice(len(photos), MOST_PEOPLE, replace=False)
    return [photos[place] for place in chosen]


def _sides(chosen: Sequence[Rows], number: int, faces: Probes, normaliser: Normaliser) -> Sides:
    rows = [own[:number] for own in chosen]
    return pooled_sides(
        normaliser, [pool(faces.embeddings[own], faces.quality[own]) for own in rows]
    )


def slope_of(
    pairs: PooledPairs,
    threshold: float,
    random: np.random.Generator,
    replicates: int,
) -> Measured | None:
    """How much the log10 of the rate at which strangers reach `threshold` rises with spread."""
    matches = _matches(pairs, threshold)
    if not len(matches.spread):
        return None
    found = [
        _slope(pairs, matches, weights)
        for weights in (np.ones(pairs.people), *samples(pairs.people, replicates, random))
    ]
    return interval(found[0], np.array(found[1:]))


@dataclass(frozen=True, slots=True, eq=False)
class _Matches:
    """The people `first` and `second` (M,) of each match, and its `spread` (M,)."""

    first: Rows
    second: Rows
    spread: Figures


def _matches(pairs: PooledPairs, threshold: float) -> _Matches:
    first, second, spread = [], [], []
    for probe, template, scores in zip(pairs.probe, pairs.template, pairs.scores, strict=True):
        rows, columns = np.nonzero(scores >= threshold)
        apart = rows != columns
        first.append(rows[apart])
        second.append(columns[apart])
        spread.append(probe[rows[apart]] + template[columns[apart]])
    return _Matches(np.concatenate(first), np.concatenate(second), np.concatenate(spread))


def _slope(pairs: PooledPairs, matches: _Matches, weights: Figures) -> float:
    """NaN where nobody who was drawn matches."""
    from scipy.optimize import brentq

    own = weights[matches.first] * weights[matches.second]
    if not own.any():
        return float("nan")
    wanted = float(own @ matches.spread / own.sum())

    def short_of_it(slope: float) -> float:
        return wanted - _mean_spread(pairs, slope, weights)

    # The mean rises with the slope.
    if short_of_it(-STEEPEST) <= 0:
        return -STEEPEST
    if short_of_it(STEEPEST) >= 0:
        return STEEPEST
    return float(brentq(short_of_it, -STEEPEST, STEEPEST, xtol=1e-3))


def _mean_spread(pairs: PooledPairs, slope: float, weights: Figures) -> float:
    """Of all pairs of two people, each as often as it is expected to match by that slope.

    A pair's weight is a product of its two sides', so sums over pairs are products of sums.
    """
    one, other = (weights * 10 ** (slope * side) for side in (pairs.probe, pairs.template))
    first, second = one * pairs.probe, other * pairs.template
    total = one.sum(axis=1) * other.sum(axis=1) - (one * other).sum(axis=1)
    spread = first.sum(axis=1) * other.sum(axis=1) - (first * other).sum(axis=1)
    spread += one.sum(axis=1) * second.sum(axis=1) - (one * second).sum(axis=1)
    return float(spread.sum() / total.sum())


def kept_when_pooled(
    pairs: PooledPairs,
    calibration: Calibration,
    random: np.random.Generator,
    *,
    raise_by: float | None = None,
    stated: Sequence[float] = STATED,
    replicates: int = 300,
) -> list[PooledRates]:
    """At each of the `stated` rates; rates are raised by the slope `raise_by`, None: by that which
    is found here. A slope below 0 raises nothing."""
    kept = []
    for rate in stated:
        slope = slope_of(pairs, calibration.threshold(rate), random, replicates)
        found = 0.0 if slope is None else max(0.0, slope.value)
        used = found if raise_by is None else raise_by
        needed = _needed(calibration, rate, used)
        kinds, classes = _tallied(pairs, needed, samples(pairs.people, replicates, random))
        kept.append(PooledRates(rate, slope, used, _rows(kinds, rate), _rows(classes, rate)))
    return kept


STEPS = 400
"""Thresholds are looked up so finely from one end of EDGES to the other."""


def _needed(calibration: Calibration, rate: float, slope: float) -> Figures:
    """The thresholds (STEPS + 1,) by spread that keep `rate` once rates are raised."""
    spreads = np.linspace(0, EDGES[-1], STEPS + 1)
    return np.array([calibration.threshold(rate, slope * spread) for spread in spreads])


Tallies = dict[str, list["_Tally"]]


def _tallied(pairs: PooledPairs, needed: Figures, drawn: Figures) -> tuple[Tallies, Tallies]:
    """By kind, and by class of spread."""
    kinds: Tallies = {}
    classes: Tallies = {_class_name(*ends): [] for ends in pairwise(EDGES)}
    apart = ~np.eye(pairs.people, dtype=bool)
    for kind, probe, template, scores in zip(
        pairs.kind, pairs.probe, pairs.template, pairs.scores, strict=True
    ):
        spread = probe[:, None] + template
        # Thresholds rise with spread: the next one of the grid is never below a pair's own.
        own = needed[np.ceil(spread / EDGES[-1] * STEPS).astype(int)]
        passed = (scores >= needed[0], scores >= own)
        name = f"{kind[0]} with {kind[1]}"
        kinds.setdefault(name, []).append(_tally(apart, spread, passed, drawn))
        for low, high in pairwise(EDGES):
            counted = apart & (spread >= low) & (spread < high)
            if counted.any():
                tally = _tally(counted, spread, passed, drawn)
                classes[_class_name(low, high)].append(tally)
    return kinds, {name: own for name, own in classes.items() if own}


def _class_name(low: float, high: float) -> str:
    return "single photos" if low == 0 else f"{round(low, 3):g} to {high:g}"


@dataclass(frozen=True, slots=True, eq=False)
class _Tally:
    """Of a number of `pairs`: their `spread` in all, how many passed before and after (2,), and
    in each sample of people (R,) the weight of all and of those that passed (2, R)."""

    pairs: int
    spread: float
    passed: Rows
    everything: Figures
    found: Figures


def _tally(
    counted: NDArray[np.bool_],
    spread: Figures,
    passed: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    drawn: Figures,
) -> _Tally:
    def weight(pairs: NDArray[np.bool_]) -> Figures:
        total: Figures = np.einsum("rn,rn->r", drawn @ pairs.astype(np.float64), drawn)
        return total

    matched = [counted & one for one in passed]
    return _Tally(
        int(counted.sum()),
        float(spread[counted].sum()),
        np.array([one.sum() for one in matched]),
        weight(counted),
        np.stack([weight(one) for one in matched]),
    )


def _rows(tallies: Mapping[str, Sequence[_Tally]], rate: float) -> tuple[PooledRow, ...]:
    rows = []
    for name, own in tallies.items():
        pairs = sum(one.pairs for one in own)
        everything = np.sum([one.everything for one in own], axis=0)
        found = np.sum([one.found for one in own], axis=0)
        passed = np.sum([one.passed for one in own], axis=0)
        shares = np.full(found.shape, np.nan)
        np.divide(found, everything, out=shares, where=everything > 0)
        # Sets repeat the same people: where none matches, only one of them counts as trials.
        once = max(1, pairs // len(own))
        before, after = (
            interval(float(number) / pairs / rate, share / rate)
            if number
            else Measured(0.0, 0.0, clopper_pearson(0, once)[1] / rate)
            for number, share in zip(passed, shares, strict=True)
        )
        rows.append(PooledRow(name, pairs, sum(one.spread for one in own) / pairs, before, after))
    return tuple(rows)


def record_of(kept: Sequence[PooledRates]) -> list[dict[str, Any]]:
    """For JSON and a card."""
    return [
        {
            "stated_fmr": one.stated,
            "slope": None if one.slope is None else _measured(one.slope),
            "raised_by": round(one.used, 3),
            "by_number": [_row_record(row) for row in one.kinds],
            "by_spread": [_row_record(row) for row in one.classes],
        }
        for one in kept
    ]


def _row_record(row: PooledRow) -> dict[str, Any]:
    return {
        "pooled": row.name,
        "pairs": row.pairs,
        "mean_spread": round(row.spread, 4),
        "before": _measured(row.before),
        "after": _measured(row.after),
    }


def _measured(found: Measured) -> dict[str, Any]:
    return {
        "value": round(found.value, 3),
        "interval_95": [
            round(end, 3) if np.isfinite(end) else None for end in (found.low, found.high)
        ],
    }
