"""Comparisons within groups of people and between them, counted person by person."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accessctl.errors import InputError
from accessctl.evaluation.photos import person_of
from accessctl.evaluation.scorer import Scorer

BLOCK = 512


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


def count(
    scorer: Scorer, person: NDArray[np.int64], group: NDArray[np.int64], threshold: float
) -> GroupCounts:
    """Compare every pair of photos of the people `person` (N,), whose groups are (P,)."""
    first, second = [], []
    genuine, missed = np.zeros(len(group), np.int64), np.zeros(len(group), np.int64)
    for start in range(0, len(person), BLOCK):
        own, others = person[start : start + BLOCK], person[start:]
        match = scorer.block(slice(start, start + BLOCK), slice(start, len(person))) > threshold
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
