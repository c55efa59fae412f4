from itertools import combinations

import numpy as np
import pytest

from accessctl.errors import InputError
from accessctl.evaluation import fairness as module
from accessctl.evaluation.group_counts import count, groups_of
from accessctl.evaluation.scorer import cosine
from accessctl.gallery.fake import random_units

N = 30


def test_groups_are_the_folders_above_people() -> None:
    names, group = groups_of(("old/ann", "young/bob", "old/cid", "old/deep/dan"))
    assert names == ("old", "old/deep", "young")
    assert group.tolist() == [0, 2, 0, 1]
    with pytest.raises(InputError, match="eve lies in no group"):
        groups_of(("old/ann", "eve"))


@pytest.mark.parametrize("block", [512, 7])
def test_every_pair_is_counted_once(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", block)
    random = np.random.default_rng(3)
    person = np.sort(random.integers(0, 9, N))
    group = np.array([0, 0, 0, 1, 1, 1, 1, 2, 2])
    found = random.random(N) > 0.1
    scorer = cosine(random_units(N, 5, seed=3), found)
    whole = scorer.block(slice(0, N), slice(0, N))
    counts = count(scorer, person, group, 0.3)
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
