import json

import numpy as np
import pytest

from accessctl.errors import SourceError
from accessctl.evaluation.embedded import Probes
from accessctl.evaluation.pooled_rates import (
    KINDS,
    MOST,
    MOST_PEOPLE,
    PooledPairs,
    kept_when_pooled,
    pooled_pairs,
    record_of,
    slope_of,
    some_people,
)
from accessctl.gallery.fake import random_units
from accessctl.recognition.calibration import Calibration
from accessctl.recognition.normalisation import Normaliser
from accessctl.recognition.pooling import pool

STRANGERS = Normaliser(random_units(300, 16, seed=1), 30)
CALIBRATION = Calibration([-6.0, 4.0], [0.0, -4.0], [0.0, -4.0])
RANDOM = np.random.default_rng


def faces(people: int, photos: int, usable: np.ndarray | None = None) -> tuple[np.ndarray, Probes]:
    person = np.repeat(np.arange(people), photos)
    rows = random_units(people, 16, seed=2)[person] + random_units(len(person), 16, seed=3)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    found = np.ones(len(person), bool)
    quality = RANDOM(4).uniform(0.3, 1, len(person))
    return person, Probes(rows, quality, found, found if usable is None else usable)


def drawn(people: int, slope: float, sets: int = 6) -> PooledPairs:
    """A pair matches (scores 1) at a rate of 1 in 50, times 10 to the slope times its spread."""
    random = RANDOM(0)
    probe, template = random.uniform(0, 0.2, (2, sets, people))
    rate = 0.02 * 10 ** (slope * (probe[:, :, None] + template[:, None, :]))
    scores = (random.random(rate.shape) < rate).astype(np.float32)
    return PooledPairs(people, ((2, 2),) * sets, probe, template, tuple(scores))


def test_the_slope_is_the_maximum_of_the_likelihood() -> None:
    pairs = drawn(40, 2.7)
    apart = ~np.eye(40, dtype=bool)
    spread = pairs.probe[:, :, None] + pairs.template[:, None, :]
    matched = (np.stack(pairs.scores) > 0.5) & apart
    slopes = np.linspace(0, 6, 1201)
    likelihood = [
        slope * np.log(10) * spread[matched].sum()
        - matched.sum() * np.log((10 ** (slope * spread[:, apart])).sum())
        for slope in slopes
    ]
    found = slope_of(pairs, 0.5, RANDOM(1), replicates=5)
    assert found is not None
    assert found.value == pytest.approx(slopes[np.argmax(likelihood)], abs=0.006)


@pytest.mark.parametrize("slope", [0.0, 2.7])
def test_the_slope_by_which_matches_were_drawn_is_found(slope: float) -> None:
    found = slope_of(drawn(150, slope), 0.5, RANDOM(1), replicates=60)
    assert found is not None
    assert found.low < slope < found.high
    assert found.high - found.low < 1.5


def test_where_nobody_matches_there_is_no_slope() -> None:
    assert slope_of(drawn(20, 0.0), 2.0, RANDOM(1), replicates=5) is None


def test_pools_are_those_of_the_product_and_only_of_photos_that_can_be_used() -> None:
    usable = np.ones(25 * 6, bool)
    usable[3::6] = False
    person, own = faces(25, 6, usable)
    pairs = pooled_pairs(person, own, STRANGERS, draws=2, random=RANDOM(0))
    assert pairs.people == 25
    assert pairs.kind == KINDS * 2
    # Exactly five photos of each can be used, so a pool of five is known.
    last = pairs.kind.index((5, 5))
    for place in range(25):
        rows = np.flatnonzero((person == place) & usable)
        expected = pool(own.embeddings[rows], own.quality[rows]).spread
        assert pairs.probe[last, place] == pytest.approx(expected, abs=1e-6)
        assert pairs.template[last, place] == pytest.approx(expected, abs=1e-6)
    single = pairs.kind.index((1, 1))
    assert not pairs.probe[single].any()
    assert not pairs.template[single].any()


def test_rates_before_and_after_are_those_of_the_pairs() -> None:
    person, own = faces(30, MOST)
    pairs = pooled_pairs(person, own, STRANGERS, draws=2, random=RANDOM(0))
    (kept,) = kept_when_pooled(
        pairs, CALIBRATION, RANDOM(0), raise_by=1.0, stated=[1e-1], replicates=20
    )
    assert [row.name for row in kept.kinds] == [f"{one} with {other}" for one, other in KINDS]
    apart = ~np.eye(30, dtype=bool)
    for kind, row in zip(KINDS, kept.kinds, strict=True):
        places = [place for place, one in enumerate(pairs.kind) if one == kind]
        scores = np.stack([pairs.scores[place] for place in places])[:, apart]
        spread = np.stack(
            [pairs.probe[place][:, None] + pairs.template[place] for place in places]
        )[:, apart]
        assert row.pairs == scores.size == 2 * 30 * 29
        assert row.spread == pytest.approx(spread.mean())
        assert row.before.value == pytest.approx((scores >= -3.5).mean() / 0.1)
        # The score rises by 2.5 for each power of ten; thresholds are looked up in steps of 0.005.
        strict = (scores >= -3.5 + 2.5 * (spread + 0.005)).mean() / 0.1
        loose = (scores >= -3.5 + 2.5 * spread).mean() / 0.1
        assert strict - 1e-9 <= row.after.value <= loose + 1e-9
        assert row.before.low <= row.before.value <= row.before.high
    assert sum(row.pairs for row in kept.classes) == sum(row.pairs for row in kept.kinds)
    assert kept.classes[0].name == "single photos"
    assert kept.classes[0].before == kept.kinds[0].before
    assert kept.kinds[0].before == kept.kinds[0].after


def test_where_nobody_matches_the_interval_is_that_of_one_set() -> None:
    pairs = drawn(20, 0.0, sets=3)
    never = Calibration([10.0, 20.0], [-2.0, -4.0], [-2.0, -4.0])
    (kept,) = kept_when_pooled(pairs, never, RANDOM(0), stated=[1e-2], replicates=5)
    assert kept.slope is None
    (row,) = kept.kinds
    assert (row.before.value, row.before.low) == (0, 0)
    # None of 20 x 19: 1 - 0.025^(1 / 380).
    assert row.before.high == pytest.approx((1 - 0.025 ** (1 / 380)) / 1e-2, rel=1e-6)


def test_by_default_rates_are_raised_by_what_was_found() -> None:
    person, own = faces(30, MOST)
    pairs = pooled_pairs(person, own, STRANGERS, draws=1, random=RANDOM(0))
    (kept,) = kept_when_pooled(pairs, CALIBRATION, RANDOM(0), stated=[1e-1], replicates=20)
    assert kept.slope is not None
    assert kept.used == max(0.0, kept.slope.value)
    (told,) = json.loads(json.dumps(record_of([kept]), allow_nan=False))
    assert told["slope"]["value"] == round(kept.slope.value, 3)
    assert [row["pooled"] for row in told["by_number"]] == [row.name for row in kept.kinds]


def test_too_few_people_with_photos_enough() -> None:
    person, own = faces(30, MOST - 1)
    with pytest.raises(SourceError, match="0 people have 5 photos that can be used, and 20 are"):
        pooled_pairs(person, own, STRANGERS, draws=1, random=RANDOM(0))


def test_of_many_people_some_are_drawn_and_nobody_twice() -> None:
    rows = [np.array([place]) for place in range(MOST_PEOPLE + 50)]
    chosen = [int(own[0]) for own in some_people(rows, RANDOM(0))]
    assert len(set(chosen)) == len(chosen) == MOST_PEOPLE
    assert len(some_people(rows[:7], RANDOM(0))) == 7
