"""Notice a network that gives every face the same embedding.

A triplet loss is then exactly its margin and its gradient vanishes: training looks alive and
learns nothing more (Hermans et al. 2017, section 5.3 and appendix).
"""

from typing import Any

from keras import ops

from accessctl.training.mining.distances import unit

LEAST_SPREAD = 0.03
"""Unit embeddings of different people lie 0.3 and more from their mean, even dlib's."""


def spread(embeddings: Any) -> Any:
    """Root mean square distance of the unit rows (B, D) from their mean: 0 when all are equal,
    1 at most. It is sqrt(1 - |mean|^2)."""
    mean = ops.mean(unit(embeddings), axis=0)
    return ops.sqrt(ops.maximum(1.0 - ops.sum(ops.square(mean)), 0.0))


def collapsed(spread_of_batches: float) -> bool:
    """Whether embeddings that spread so little still say who somebody is."""
    return spread_of_batches < LEAST_SPREAD
