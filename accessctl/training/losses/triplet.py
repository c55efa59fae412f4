"""Triplet loss: a person's photos closer to each other than to anybody else's."""

from collections.abc import Mapping
from typing import Any

from keras import ops

from accessctl.training.losses.base import Loss
from accessctl.training.mining.distances import (
    mean_where,
    same_person,
    squared_distances,
    unit,
)
from accessctl.training.mining.miners import MINERS

TRIPLET_MARGIN = 0.2


class Triplet(Loss):
    """L = mean over triplets of max(0, |f(a) - f(p)|^2 - |f(a) - f(n)|^2 + margin), |f| = 1.

    Schroff et al., "FaceNet", CVPR 2015, eq. 1 to 3 (the sum there is a mean here, so that
    its weight does not depend on the batch). Triplets are made within the batch by the miner
    named `mining`; `random` needs `noise` float (B, B) among the targets.
    """

    def __init__(
        self, mining: str = "semi-hard", margin: float = TRIPLET_MARGIN, **options: Any
    ) -> None:
        super().__init__(**options)
        self._miner = MINERS[mining]
        self._margin = margin

    def call(self, embeddings: Any, targets: Mapping[str, Any]) -> Any:
        distances = squared_distances(unit(embeddings))
        same, different = same_person(targets["person"])
        negative, pairs = self._miner(distances, same, different, targets.get("noise"))
        return mean_where(ops.relu(distances - negative + self._margin), pairs)
