"""Binary Siamese loss: learn what difference between two embeddings makes two people."""

import math
from collections.abc import Mapping
from typing import Any

from keras import ops
from keras.initializers import Constant

from accessctl.training.losses.base import Loss
from accessctl.training.mining.distances import mean_where, same_person, unit

# An untrained embedding's coordinates differ by about 1.1 between two people when scaled to a
# mean square of 1: these start them at a similarity of 1 %, and equal embeddings at 98 %.
SLOPE = -8.0
BIAS = 4.0
DECAY = 1e-4


class Siamese(Loss):
    """p = sigmoid(sum_j w_j |a_j - b_j| + c); cross-entropy of p with "same person", plus
    `decay` |w|^2.

    Koch, Zemel and Salakhutdinov, "Siamese Neural Networks for One-shot Image Recognition",
    2015, section 3.1 and 3.2; the decay of the twins' own weights is the optimiser's. The
    embeddings are scaled to length sqrt(D) first. All pairs of the batch are used, those of
    one person and of two averaged apart.
    """

    def __init__(self, dimension: int, decay: float = DECAY, **options: Any) -> None:
        super().__init__(**options)
        self._length = math.sqrt(dimension)
        self._decay = decay
        self.weight = self.add_weight(
            shape=(dimension,), initializer=Constant(SLOPE / dimension), name="difference_weight"
        )
        self.offset = self.add_weight(shape=(), initializer=Constant(BIAS), name="bias")

    def call(self, embeddings: Any, targets: Mapping[str, Any]) -> Any:
        scaled = unit(embeddings) * self._length
        logits = self._logits(scaled[:, None, :], scaled[None, :, :])
        same, different = same_person(targets["person"])
        # -log p and -log(1 - p), from the logit so that neither can overflow.
        entropy = mean_where(ops.softplus(-logits), same) + mean_where(
            ops.softplus(logits), different
        )
        return entropy / 2 + self._decay * ops.sum(ops.square(self.weight))

    def similarity(self, a: Any, b: Any) -> Any:
        """p in [0, 1] for rows (N, D) of embeddings against rows (N, D)."""
        return ops.sigmoid(self._logits(unit(a) * self._length, unit(b) * self._length))

    def _logits(self, a: Any, b: Any) -> Any:
        return ops.sum(self.weight * ops.abs(a - b), axis=-1) + self.offset
