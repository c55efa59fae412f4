"""Losses on pairs and triplets of a batch: whose photos are of one person, and whose are not."""

import math
from collections.abc import Mapping
from typing import Any

from keras import ops
from keras.initializers import Constant

from accessctl.training.losses import Loss
from accessctl.training.mining import MINERS, mean_where, root, same_person, squared_distances, unit

CONTRASTIVE_MARGIN = 1.0

TRIPLET_MARGIN = 0.2

# An untrained embedding's coordinates differ by about 1.1 between two people when scaled to a
# mean square of 1: these start them at a similarity of 1 %, and equal embeddings at 98 %.
SLOPE = -8.0

BIAS = 4.0

DECAY = 1e-4


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
