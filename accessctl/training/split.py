"""Hold people out of training, so that what is measured is how strangers are told apart."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from accessctl.training.faces import ANONYMOUS, UNLABELLED, FaceSet


def held_out(faces: FaceSet, people: int, seed: int) -> tuple[FaceSet, FaceSet]:
    """(train, validation): `people` persons with at least two photos are held out whole.

    Unlabelled faces stay in training. At most half of the people are taken. The same seed
    holds out the same people.
    """
    half = len(np.unique(faces.person[faces.person != UNLABELLED])) // 2
    out = np.isin(faces.person, _drawn(faces, min(people, half), seed))
    return faces.select(np.flatnonzero(~out)), faces.select(np.flatnonzero(out))


def some_people(faces: FaceSet, people: int, seed: int) -> FaceSet:
    """All photos of `people` persons who have at least two, and of nobody else; of all such
    persons when they are fewer. With the same seed, fewer persons are among the more."""
    return faces.select(np.flatnonzero(np.isin(faces.person, _drawn(faces, people, seed))))


def capped(faces: FaceSet, photos: int, seed: int) -> FaceSet:
    """At most `photos` faces of each labelled person, chosen by the seed; order is kept."""
    order = np.random.default_rng(seed).permutation(len(faces))
    seen: dict[int, int] = {}
    keep: list[int] = []
    for position in order:
        person = int(faces.person[position])
        if person != UNLABELLED:
            seen[person] = seen.get(person, 0) + 1
            if seen[person] > photos:
                continue
        keep.append(int(position))
    kept: NDArray[np.intp] = np.sort(np.array(keep, np.intp))
    return faces.select(kept)


def with_exemplars(faces: FaceSet, share: float, seed: int) -> FaceSet:
    """The same faces, of the unlabelled ones a `share` drawn as people of one photo each.

    Identity losses then pull apart faces that nobody named: Dosovitskiy et al., "Discriminative
    Unsupervised Feature Learning with Exemplar Convolutional Neural Networks", NeurIPS 2014;
    Wu et al., "Unsupervised Feature Learning via Non-Parametric Instance Discrimination",
    CVPR 2018. Somebody who is in the set twice is pulled away from himself.
    """
    unnamed = np.flatnonzero(faces.person == UNLABELLED)
    chosen = np.sort(
        np.random.default_rng(seed).permutation(unnamed)[: round(share * len(unnamed))]
    )
    person = faces.person.copy()
    person[chosen] = faces.person.max(initial=UNLABELLED) + 1 + np.arange(len(chosen))
    family = faces.family.copy()
    family[chosen] = ANONYMOUS
    return replace(faces, person=person, family=family)


def _drawn(faces: FaceSet, people: int, seed: int) -> NDArray[np.int32]:
    numbers, counts = np.unique(faces.person[faces.person != UNLABELLED], return_counts=True)
    drawn: NDArray[np.int32] = np.random.default_rng(seed).permutation(numbers[counts >= 2])
    return drawn[:people]
