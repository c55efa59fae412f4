"""Several embeddings of one person as one."""

import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Embedding


def pool(embeddings: NDArray[np.float32], weights: NDArray[np.floating]) -> Embedding:
    """Weighted mean of unit embeddings (N, D), scaled to unit length: float32 (D,).

    `weights` (N,) are not negative; where all are 0 they count alike. ValueError for
    no embedding, other shapes, a negative or non-finite weight, or embeddings that
    cancel out.
    """
    if embeddings.ndim != 2 or not len(embeddings) or weights.shape != (len(embeddings),):
        raise ValueError("pool takes embeddings (N, D) and weights (N,), N at least 1")
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError("weights are finite and not negative")
    counted = weights if weights.any() else np.ones_like(weights)
    mean = np.asarray(counted, dtype=np.float64) @ embeddings
    length = float(np.linalg.norm(mean))
    if not length > 1e-12:
        raise ValueError("these embeddings cancel out")
    return (mean / length).astype(np.float32)
