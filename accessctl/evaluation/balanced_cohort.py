"""A cohort in which people of every kind find as many who are like them.

A score is judged by its sides' nearest strangers in the cohort. Whoever's kind the cohort hardly
holds finds only distant ones, and their scores come out too high. So each group begins with as
many faces, and gets more or fewer by how its strangers compare with those of the others, round
by round. The labels choose faces and go no further.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from accessctl.evaluation.like_groups import CHILDREN, TEENAGERS

BEGINNING, LEAST, MOST = 100, 30, 400
"""Faces of a group at first, and within what they stay."""

CHILDREN_TAKEN, TEENAGERS_TAKEN = 40, 20
"""Of these no more: they look alike to an encoder, and few doors meet them."""

ROUNDS = 3


def balanced(
    groups: Mapping[str, NDArray[np.int64]],
    excess: Callable[[NDArray[np.int64]], Mapping[str, float]],
    random: np.random.Generator,
) -> NDArray[np.int64]:
    """Which faces make up the cohort, of `groups` {name: places of its faces}.

    `excess` says of a cohort by what factor each group's like strangers exceed strangers at
    random; a group that it does not tell of keeps its number.
    """
    mixed = {name: random.permutation(places) for name, places in sorted(groups.items())}
    wanted = {name: float(_beginning(name)) for name in mixed}
    for _ in range(ROUNDS):
        found = excess(_first(mixed, wanted))
        if not found:
            break
        middle = sum(found.values()) / len(found)
        for name, value in found.items():
            wanted[name] = float(np.clip(wanted[name] * value / middle, LEAST, MOST))
    return _first(mixed, wanted)


def _beginning(group: str) -> int:
    if group.endswith(CHILDREN):
        return CHILDREN_TAKEN
    return TEENAGERS_TAKEN if group.endswith(TEENAGERS) else BEGINNING


def _first(
    mixed: Mapping[str, NDArray[np.int64]], wanted: Mapping[str, float]
) -> NDArray[np.int64]:
    return np.sort(np.concatenate([own[: int(wanted[name])] for name, own in mixed.items()]))
