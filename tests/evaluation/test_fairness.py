from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from accessctl.errors import InputError
from accessctl.evaluation.fairness import (
    FEW_PEOPLE,
    GroupCounts,
    as_record,
    compare,
    count_groups,
    groups_of,
)
from accessctl.evaluation.pairs import cosine
from accessctl.evaluation.statistics import clopper_pearson
from accessctl.gallery.fake import random_units

N = 30


def test_groups_are_the_folders_above_people() -> None:
    names, group = groups_of(("old/ann", "young/bob", "old/cid", "old/deep/dan"))
    assert names == ("old", "old/deep", "young")
    assert group.tolist() == [0, 2, 0, 1]
    with pytest.raises(InputError, match="eve lies in no group"):
        groups_of(("old/ann", "eve"))


@pytest.mark.parametrize("block", [512, 7])
def test_every_pair_is_counted_once(block: int) -> None:
    random = np.random.default_rng(3)
    person = np.sort(random.integers(0, 9, N))
    group = np.array([0, 0, 0, 1, 1, 1, 1, 2, 2])
    found = random.random(N) > 0.1
    scorer = cosine(random_units(N, 5, seed=3), found)
    whole = scorer.block(slice(0, N), slice(0, N))
    counts = count_groups(scorer, person, group, 0.3, block)
    matched, genuine, missed = [], np.zeros(9, int), np.zeros(9, int)
    for i, j in combinations(range(N), 2):
        if person[i] == person[j]:
            genuine[person[i]] += 1
            missed[person[i]] += not whole[i, j] > 0.3
        elif whole[i, j] > 0.3:
            matched.append((person[i], person[j]))
    assert sorted(zip(counts.first.tolist(), counts.second.tolist(), strict=True)) == sorted(
        matched
    )
    assert counts.genuine.tolist() == genuine.tolist()
    assert counts.missed.tolist() == missed.tolist()
    assert counts.photos.tolist() == np.bincount(person, minlength=9).tolist()
    assert missed.sum() > 0


NAMES = ("few", "one", "two")


def counts() -> GroupCounts:
    """Two groups of 40 people with 2 photos each, and one of 5 people with 2 photos."""
    group = np.repeat([1, 2, 0], [40, 40, 5])
    first = np.array([0, 0, 1, 40, 0, 3])
    second = np.array([1, 2, 2, 41, 50, 60])
    missed = np.zeros(85, np.int64)
    missed[[4, 5, 6, 7]] = 1  # group one
    missed[[44, 84]] = 1  # groups two and few
    return GroupCounts(np.full(85, 2), group, first, second, np.ones(85, np.int64), missed)


def random() -> np.random.Generator:
    return np.random.default_rng(0)


def test_rates_by_hand() -> None:
    found = compare(NAMES, counts(), random(), 200)
    few, one, two = found.groups
    assert [g.group for g in found.groups] == ["few", "one", "two"]
    assert (one.people, one.photos) == (40, 80)
    pairs = 4 * 40 * 39 // 2  # two photos on each side
    assert one.impostors == two.impostors == pairs
    assert one.fmr is not None
    assert two.fmr is not None
    assert one.fmr.value == pytest.approx(3 / pairs)
    assert two.fmr.value == pytest.approx(1 / pairs)
    assert one.fnmr is not None
    assert one.fnmr.value == pytest.approx(4 / 40)
    assert one.fnmr.low < 4 / 40 < one.fnmr.high
    between = 4 * (40 * 40 + 40 * 5 + 40 * 5)
    assert found.between.impostors == between
    assert found.between.fmr is not None
    assert found.between.fmr.value == pytest.approx(2 / between)
    assert found.between.fnmr is None
    assert few.impostors == 4 * 10


def test_worst_over_best_leaves_small_groups_out() -> None:
    found = compare(NAMES, counts(), random(), 200)
    assert [group.small for group in found.groups] == [True, False, False]
    assert found.groups[0].people < FEW_PEOPLE
    assert found.fmr_ratio is not None
    assert found.fnmr_ratio is not None
    assert found.fmr_ratio.value == pytest.approx(3)
    assert found.fnmr_ratio.value == pytest.approx(4)


def test_no_false_match_is_not_no_risk() -> None:
    found = compare(NAMES, counts(), random(), 50)
    few = found.groups[0]
    assert few.fmr is not None
    assert (few.fmr.value, few.fmr.low) == (0, 0)
    assert few.fmr.high == clopper_pearson(0, 40)[1]


def test_there_is_no_ratio_to_nothing() -> None:
    one = counts()
    found = compare(NAMES, replace(one, first=one.first[:3], second=one.second[:3]), random(), 50)
    assert found.fmr_ratio is None, "group two has no false match"


def test_a_photo_a_person_tells_of_no_misses() -> None:
    one = counts()
    nothing = np.zeros_like(one.genuine)
    found = compare(NAMES, replace(one, genuine=nothing, missed=nothing), random(), 50)
    assert all(group.fnmr is None for group in found.groups)
    assert found.fnmr_ratio is None
    record = as_record(found)
    assert record["fnmr_worst_over_best"] is None
    assert record["groups"][1]["fnmr"] is None
    assert record["groups"][0]["small"] is True
    assert record["groups"][1]["fmr"]["value"] == pytest.approx(3 / 3120, rel=1e-3)
    assert record["between"]["impostor_pairs"] == 8000


def test_intervals_cover_the_rate_of_the_world() -> None:
    """In many worlds with a known FNMR, the interval holds it about as often as it says."""
    held = 0
    for seed in range(60):
        draw = np.random.default_rng(seed)
        missed = (draw.random(200) < 0.2).astype(np.int64)
        world = GroupCounts(
            np.full(200, 2),
            np.zeros(200, np.int64),
            np.array([], np.int64),
            np.array([], np.int64),
            np.ones(200, np.int64),
            missed,
        )
        rate = compare(("all",), world, draw, 200).groups[0].fnmr
        assert rate is not None
        held += rate.low <= 0.2 <= rate.high
    assert 50 <= held <= 60
