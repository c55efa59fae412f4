from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from accessctl.evaluation.balanced_cohort import (
    BEGINNING,
    CHILDREN,
    LEAST,
    MOST,
    ROUNDS,
    balanced,
)

GROUPS = {
    "a": np.arange(0, 1000),
    "b": np.arange(1000, 2000),
    "c children": np.arange(2000, 3000),
    "few": np.arange(3000, 3010),
}


def counts(chosen: NDArray[np.int64]) -> dict[str, int]:
    return {name: int(np.isin(chosen, places).sum()) for name, places in GROUPS.items()}


def test_all_begin_alike_and_children_count_less() -> None:
    chosen = balanced(GROUPS, lambda _: {}, np.random.default_rng(0))
    # Four groups make a cohort of a thousand.
    assert counts(chosen) == {"a": 250, "b": 250, "c children": 250 * CHILDREN, "few": 10}
    assert chosen.tolist() == sorted(set(chosen.tolist()))


def test_whose_strangers_match_more_often_gets_more_faces() -> None:
    asked = []

    def excess(cohort: NDArray[np.int64]) -> Mapping[str, float]:
        asked.append(counts(cohort))
        return {"a": 3.0, "b": 1.0}

    found = counts(balanced(GROUPS, excess, np.random.default_rng(0)))
    assert len(asked) == ROUNDS
    # Of a mean of 2: 250 x 1.5 x 1.5 x 1.5, and 250 x 0.5 x 0.5 x 0.5 but not below the least.
    assert (asked[1]["a"], asked[1]["b"]) == (375, 125)
    assert (found["a"], found["b"]) == (843, 250 * LEAST)
    assert found["c children"] == 250 * CHILDREN


def test_no_group_fills_the_cohort() -> None:
    found = counts(balanced(GROUPS, lambda _: {"a": 90.0, "b": 0.1}, np.random.default_rng(0)))
    assert found["a"] == 250 * MOST


def test_many_groups_begin_with_as_many_each() -> None:
    groups = {f"g{n:02}": np.arange(1000 * n, 1000 * (n + 1)) for n in range(20)}
    chosen = balanced(groups, lambda _: {}, np.random.default_rng(0))
    assert len(chosen) == 20 * BEGINNING
