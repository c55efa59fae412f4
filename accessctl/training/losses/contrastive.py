"""Contrastive loss: pull pairs of a person together, push others apart up to a margin."""

from collections.abc import Mapping
from typing import Any

from keras import ops

from accessctl.training.losses.base import Loss
from accessctl.training.mining.distances import (
    mean_where,
    root,
    same_person,
    squared_distances,
    unit,
)

CONTRASTIVE_MARGIN = 1.0


class Contrastive(Loss):
    """L = (1 - Y) D^2 / 2 + Y max(0, m - D)^2 / 2, Y = 0 for a pair of one person, else 1.

    Hadsell, Chopra and LeCun, "Dimensionality Reduction by Learning an Invariant Mapping",
    CVPR 2006, eq. 4, with D the Euclidean distance of unit embeddings, over all pairs of the
    batch. Each kind of pair is averaged apart: most pairs of a batch are of two people, and
    would drown the others.
    """

    def __init__(self, margin: float = CONTRASTIVE_MARGIN, **options: Any) -> None:
        super().__init__(**options)
        self._margin = margin

    def call(self, embeddings: Any, targets: Mapping[str, Any]) -> Any:
        squared = squared_distances(unit(embeddings))
        same, different = same_person(targets["person"])
        push = ops.square(ops.relu(self._margin - root(squared)))
        return (mean_where(squared, same) + mean_where(push, different)) / 2
