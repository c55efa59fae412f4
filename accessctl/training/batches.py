"""Faces as the batches that `model.fit` eats."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Image
from accessctl.encoder.card import Card
from accessctl.training.augment.recipe import Augmentation
from accessctl.training.faces import FaceSet
from accessctl.training.order import Order

Targets = Mapping[str, NDArray[Any]]


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
