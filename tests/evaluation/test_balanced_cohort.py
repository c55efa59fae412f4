from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from accessctl.evaluation.balanced_cohort import (
    BEGINNING,
    CHILDREN_TAKEN,
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
    assert counts(chosen) == {
        "a": BEGINNING,
        "b": BEGINNING,
        "c children": CHILDREN_TAKEN,
        "few": 10,
    }
    assert chosen.tolist() == sorted(set(chosen.tolist()))


def test_whose_strangers_match_more_often_gets_more_faces() -> None:
    asked = []

    def excess(cohort: NDArray[np.int64]) -> Mapping[str, float]:
        asked.append(counts(cohort))
        return {"a": 3.0, "b": 1.0}

    found = counts(balanced(GROUPS, excess, np.random.default_rng(0)))
    assert len(asked) == ROUNDS
    # Of a mean of 2: 100 x 1.5 x 1.5 x 1.5, and 100 x 0.5 x 0.5 x 0.5 but not below the least.
    assert (asked[1]["a"], asked[1]["b"]) == (150, 50)
    assert (found["a"], found["b"]) == (337, LEAST)
    assert found["c children"] == CHILDREN_TAKEN


def test_no_group_fills_the_cohort() -> None:
    found = counts(balanced(GROUPS, lambda _: {"a": 9.0, "b": 0.1}, np.random.default_rng(0)))
    assert found["a"] == MOST
