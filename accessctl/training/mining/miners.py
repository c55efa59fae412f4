"""How triplets are chosen among the photos of a batch.

A miner gets squared distances float32 (B, B), `same` and `different` bool (B, B) and, where
chance is called for, `noise` float32 (B, B) uniform in [0, 1). It gives, for each anchor a
(row) and positive p (column), the squared distance of a to its negative, float32 (B, B),
and which of these pairs count, bool (B, B).
"""

from collections.abc import Callable
from typing import Any, TypeAlias

from keras import ops

Mined: TypeAlias = tuple[Any, Any]
Miner: TypeAlias = Callable[[Any, Any, Any, Any], Mined]
FAR = 1e9


def random(distances: Any, same: Any, different: Any, noise: Any) -> Mined:
    """Every positive pair with a negative drawn evenly, the same for all pairs of an anchor."""
    drawn = ops.argmax(ops.where(different, noise, -1.0), axis=1)
    negative = ops.take_along_axis(distances, drawn[:, None], axis=1)
    return _for_all_pairs(negative, distances), _with_negative(same, different)


def semi_hard(distances: Any, same: Any, different: Any, noise: Any) -> Mined:  # noqa: ARG001
    """Every positive pair with its nearest negative that is farther away than the positive.

    FaceNet (Schroff et al., CVPR 2015) section 3.2, eq. 4; where no negative is farther than
    the positive, the farthest negative takes its place. Needs memory for (B, B, B) values.
    """
    farther = ops.logical_and(different[:, None, :], distances[:, None, :] > distances[:, :, None])
    nearest = ops.min(ops.where(farther, distances[:, None, :], FAR), axis=2)
    farthest = ops.max(ops.where(different, distances, -FAR), axis=1, keepdims=True)
    negative = ops.where(ops.any(farther, axis=2), nearest, farthest)
    return negative, _with_negative(same, different)


def batch_hard(distances: Any, same: Any, different: Any, noise: Any) -> Mined:  # noqa: ARG001
    """Each anchor's farthest positive with its nearest negative.

    Hermans et al., "In Defense of the Triplet Loss", 2017, eq. 5: of all positive pairs
    the hardest is chosen, one for each anchor (the first among equals).
    """
    nearest = ops.min(ops.where(different, distances, FAR), axis=1, keepdims=True)
    hardest = ops.argmax(ops.where(same, distances, -1.0), axis=1)
    chosen = ops.cast(ops.one_hot(hardest, ops.shape(distances)[1]), "bool")
    pairs = ops.logical_and(chosen, _with_negative(same, different))
    return _for_all_pairs(nearest, distances), pairs


MINERS: dict[str, Miner] = {"random": random, "semi-hard": semi_hard, "batch-hard": batch_hard}


def _with_negative(same: Any, different: Any) -> Any:
    return ops.logical_and(same, ops.any(different, axis=1, keepdims=True))


def _for_all_pairs(column: Any, like: Any) -> Any:
    return ops.broadcast_to(column, ops.shape(like))
