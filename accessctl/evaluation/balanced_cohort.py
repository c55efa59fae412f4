"""A cohort in which people of every kind find as many who are like them.

A score is judged by its sides' nearest strangers in the cohort. Whoever's kind the cohort hardly
holds finds only distant ones, and their scores come out too high. So each group begins with as
many faces, and gets more or fewer by how its strangers compare with those of the others, round
by round. The labels choose faces and go no further.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from accessctl.evaluation import like_groups

BEGINNING = 100
"""Faces of a group at first; more where few groups would make a small cohort."""

LEAST_COHORT = 1000

LEAST, MOST = 0.3, 4.0
"""Within these parts of its first number a group stays."""

CHILDREN, TEENAGERS = 0.4, 0.2
"""Of these so much less: they look alike to an encoder, and few doors meet them."""

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
    beginning = max(float(BEGINNING), LEAST_COHORT / max(len(mixed), 1))
    wanted = {name: beginning * _share(name) for name in mixed}
    for _ in range(ROUNDS):
        found = excess(_first(mixed, wanted))
        if not found:
            break
        middle = sum(found.values()) / len(found)
        for name, value in found.items():
            changed = wanted[name] * value / middle
            wanted[name] = float(np.clip(changed, LEAST * beginning, MOST * beginning))
    return _first(mixed, wanted)


def _share(group: str) -> float:
    if group.endswith(like_groups.CHILDREN):
        return CHILDREN
    return TEENAGERS if group.endswith(like_groups.TEENAGERS) else 1.0


def _first(
    mixed: Mapping[str, NDArray[np.int64]], wanted: Mapping[str, float]
) -> NDArray[np.int64]:
    return np.sort(np.concatenate([own[: int(wanted[name])] for name, own in mixed.items()]))
