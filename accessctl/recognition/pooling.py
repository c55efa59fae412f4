"""How several embeddings of one person become one, and how alike they were.

What photos of one person have in common is nearer to strangers than any one of them: noise that
they do not share is averaged away, and the mean is scaled back to unit length. So the false-match
rate of pooled embeddings is higher than a table says that was made of single photos, by how much
the mean was shortened. A card may say the factor (`pooled` in encoder.card_parts.CalibrationTable).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Embedding
from accessctl.recognition.normalisation import Normaliser, Sides


@dataclass(frozen=True, slots=True, eq=False)
class Pooled:
    """A unit `embedding` float32 (D,) and the `spread` in [0, 1) of those that it was pooled from:
    one less the squared length of their weighted mean, 0 for a single photo."""

    embedding: Embedding
    spread: float = 0.0


Probe: TypeAlias = Embedding | Pooled
"""What is compared: a unit embedding (D,) of a single photo, or several pooled."""


def pool(embeddings: NDArray[np.float32], weights: NDArray[np.floating]) -> Pooled:
    """Weighted mean of unit embeddings (N, D), scaled to unit length.

    `weights` (N,) are not negative; where all are 0 they count alike. ValueError for
    no embedding, other shapes, a negative or non-finite weight, or embeddings that
    cancel out.
    """
    if embeddings.ndim != 2 or not len(embeddings) or weights.shape != (len(embeddings),):
        raise ValueError("pool takes embeddings (N, D) and weights (N,), N at least 1")
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError("weights are finite and not negative")
    counted = np.asarray(weights if weights.any() else np.ones_like(weights), dtype=np.float64)
    total = counted @ embeddings
    length = float(np.linalg.norm(total))
    if not length > 1e-12:
        raise ValueError("these embeddings cancel out")
    # Where one of them alone counts, rounding must not make its rate another.
    alone = np.count_nonzero(counted) == 1
    spread = 0.0 if alone else max(0.0, 1 - (length / float(counted.sum())) ** 2)
    return Pooled((total / length).astype(np.float32), spread)


def pooled_sides(normaliser: Normaliser, probes: Sequence[Probe]) -> Sides:
    """As sides of comparisons, their spreads with them."""
    pooled = [one if isinstance(one, Pooled) else Pooled(one) for one in probes]
    units = [one.embedding for one in pooled]
    embeddings = np.stack(units) if units else np.empty((0, normaliser.dimension), np.float32)
    return normaliser.sides(embeddings, np.array([one.spread for one in pooled], np.float64))
