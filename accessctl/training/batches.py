"""Which faces make up the batch of a step, and the batches that `model.fit` eats.

A batch is a pure function of the seed and the step. Nothing is remembered from step to step, so a
run that is resumed at step s sees exactly the batches that it would have seen.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any, Protocol

import keras
import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Image
from accessctl.encoder.card import Card
from accessctl.training.augment import Augmentation
from accessctl.training.faces import UNLABELLED, FaceSet

Positions = NDArray[np.intp]

Targets = Mapping[str, NDArray[Any]]


class Order(Protocol):
    @property
    def steps_per_epoch(self) -> int: ...

    def batch(self, step: int) -> Positions:
        """Positions (B,) of the faces of step `step`, counted from 0 over the whole run."""
        ...


class Shuffled:
    """Every face once an epoch, in an order drawn anew each epoch; the rest is left out."""

    def __init__(self, count: int, batch: int, seed: int) -> None:
        self._count = count
        self._batch = min(batch, count)
        self._epoch = lru_cache(maxsize=2)(
            lambda epoch: np.random.default_rng([seed, epoch]).permutation(count)
        )

    @property
    def steps_per_epoch(self) -> int:
        return self._count // self._batch

    def batch(self, step: int) -> Positions:
        epoch, at = divmod(step, self.steps_per_epoch)
        chosen: Positions = self._epoch(epoch)[at * self._batch : (at + 1) * self._batch]
        return chosen


class PeopleByPhotos:
    """P people with K photos each, as in FaceNet section 3.2 and Hermans et al. 2017.

    An epoch shows each person's photos, at most `cap` of them, in groups of K; people with
    fewer than two photos and unlabelled faces are left out. A group that falls short of K
    is filled with other photos of the person, and repeats some only if there are not K.
    """

    def __init__(
        self, person: NDArray[np.int32], people: int, photos: int, cap: int, seed: int
    ) -> None:
        numbers, counts = np.unique(person, return_counts=True)
        able = numbers[(counts >= 2) & (numbers != UNLABELLED)]
        self._of = {int(number): np.flatnonzero(person == number) for number in able}
        self._people = min(people, len(self._of))
        self._photos = photos
        self._cap = cap
        self._seed = seed
        groups = sum(-(-min(len(own), cap) // photos) for own in self._of.values())
        self._steps = max(1, groups // max(1, self._people))
        self._epoch = lru_cache(maxsize=2)(self._drawn)

    @property
    def steps_per_epoch(self) -> int:
        return self._steps

    def batch(self, step: int) -> Positions:
        epoch, at = divmod(step, self._steps)
        return self._epoch(epoch)[at]

    def _drawn(self, epoch: int) -> list[Positions]:
        draw = np.random.default_rng([self._seed, epoch])
        waiting = {number: self._groups(own, draw) for number, own in self._of.items()}
        batches = []
        for _ in range(self._steps):
            # Those with most photos left go first, or the last batches would repeat people.
            ranked = sorted(waiting, key=lambda n: (len(waiting[n]), draw.random()), reverse=True)
            chosen = ranked[: self._people]
            batches.append(np.concatenate([self._next(number, waiting, draw) for number in chosen]))
        return [batches[i] for i in draw.permutation(len(batches))]

    def _groups(self, own: Positions, draw: np.random.Generator) -> list[Positions]:
        shuffled = draw.permutation(own)
        shown = shuffled[: self._cap]
        groups = [shown[i : i + self._photos] for i in range(0, len(shown), self._photos)]
        return [self._filled(group, shuffled, draw) for group in groups]

    def _next(
        self, number: int, waiting: dict[int, list[Positions]], draw: np.random.Generator
    ) -> Positions:
        if waiting[number]:
            return waiting[number].pop()
        return self._filled(np.empty(0, np.intp), draw.permutation(self._of[number]), draw)

    def _filled(self, group: Positions, own: Positions, draw: np.random.Generator) -> Positions:
        missing = self._photos - len(group)
        if missing == 0:
            return group
        others = draw.permutation(np.setdiff1d(own, group))
        if len(others) < missing:
            others = np.concatenate([others, draw.choice(own, missing - len(others))])
        return np.concatenate([group, others[:missing]])


class Batches(keras.utils.PyDataset):  # type: ignore[misc] # keras ships no types
    """`count` batches from step `start` on; batch i is a pure function of the seed and i.

    Gives (crops float32 (B, S, S, 3) as the card's network eats them, targets); targets are
    `person` and `family` int32 (B,), `noise` float32 (B, B) uniform in [0, 1) for losses that
    choose by chance, and, when there are teachers, `teacher` float32 (B, T).
    """

    def __init__(
        self,
        faces: FaceSet,
        order: Order,
        recipe: Augmentation,
        card: Card,
        teacher: NDArray[np.float32] | None,
        *,
        start: int,
        count: int,
        seed: int,
    ) -> None:
        super().__init__(workers=1)
        self._faces = faces
        self._order = order
        self._recipe = recipe
        self._card = card
        self._teacher = teacher
        self._start = start
        self._count = count
        self._seed = seed

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], Targets]:
        step = self._start + index
        chosen = self._order.batch(step)
        draw, *draws = np.random.default_rng([self._seed, 1, step]).spawn(len(chosen) + 1)
        crops = np.stack(
            [
                self._recipe.crop(self._faces.image(int(position)), own)
                for position, own in zip(chosen, draws, strict=True)
            ]
        )
        targets: dict[str, NDArray[Any]] = {
            "person": self._faces.person[chosen],
            "family": self._faces.family[chosen],
            "noise": draw.random((len(chosen), len(chosen)), np.float32),
        }
        if self._teacher is not None:
            targets["teacher"] = self._teacher[self._faces.rows[chosen]]
        return self._card.normalise(crops), targets


def plain_crops(faces: FaceSet, recipe: Augmentation) -> Image:
    """Every face of the set cut without augmentation, RGB uint8 (N, S, S, 3)."""
    plain = Augmentation(recipe.geometry, "none")
    with ThreadPoolExecutor(2) as pool:
        return np.stack(
            list(
                pool.map(
                    lambda position: plain.crop(
                        faces.image(position), np.random.default_rng(position)
                    ),
                    range(len(faces)),
                )
            )
        )
