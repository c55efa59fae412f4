"""Distillation by direction: point where the teacher points."""

from collections.abc import Mapping
from typing import Any

from keras import ops

from accessctl.training.losses.base import Loss
from accessctl.training.mining.distances import unit


class Cosine(Loss):
    """L = mean over the batch of 1 - cos(f, t).

    Half the squared distance of the two unit vectors: what is left of regressing the teacher
    (Hinton et al., "Distilling the Knowledge in a Neural Network", 2015, on descriptors in
    place of logits) when only directions will ever be compared.
    """

    def call(self, embeddings: Any, targets: Mapping[str, Any]) -> Any:
        return 1 - ops.mean(ops.sum(unit(embeddings) * unit(targets["teacher"]), axis=1))
