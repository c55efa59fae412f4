"""Distances within a batch, which triplets of it to learn from, and whether it has collapsed.

Distances have gradients that stay finite where two embeddings coincide.

A miner gets squared distances float32 (B, B), `same` and `different` bool (B, B) and, where
chance is called for, `noise` float32 (B, B) uniform in [0, 1). It gives, for each anchor a
(row) and positive p (column), the squared distance of a to its negative, float32 (B, B),
and which of these pairs count, bool (B, B).

A network that gives every face the same embedding has collapsed. A triplet loss is then exactly
its margin and its gradient vanishes: training looks alive and learns nothing more (Hermans et al.
2017, section 5.3 and appendix).
"""

from collections.abc import Callable
from typing import Any, TypeAlias

from keras import ops

TINY = 1e-12

FAR = 1e9

LEAST_SPREAD = 0.03
"""Unit embeddings of different people lie 0.3 and more from their mean, even dlib's."""

Mined: TypeAlias = tuple[Any, Any]

Miner: TypeAlias = Callable[[Any, Any, Any, Any], Mined]


def unit(embeddings: Any) -> Any:
    """Rows (B, D) scaled to length 1, computed in float32; a zero row stays zero."""
    wide = ops.cast(embeddings, "float32")
    squared = ops.sum(ops.square(wide), axis=-1, keepdims=True)
    return wide * ops.rsqrt(ops.maximum(squared, TINY))


def squared_distances(embeddings: Any) -> Any:
    """(B, B) of |a - b|^2 between rows (B, D), never below 0."""
    squared = ops.sum(ops.square(embeddings), axis=1)
    products = ops.matmul(embeddings, ops.transpose(embeddings))
    return ops.maximum(squared[:, None] + squared[None, :] - 2 * products, 0.0)


def root(squared: Any) -> Any:
    """Square root whose gradient at 0 is 0 and not infinite."""
    positive = squared > TINY
    return ops.where(positive, ops.sqrt(ops.where(positive, squared, 1.0)), 0.0)


def same_person(person: Any) -> tuple[Any, Any]:
    """(same, different) bool (B, B): pairs of two photos of one person, of two people.

    The diagonal is neither, nor is any pair with an unlabelled face (person below 0).
    """
    person = ops.reshape(person, (-1,))
    labelled = ops.logical_and((person >= 0)[:, None], (person >= 0)[None, :])
    equal = ops.equal(person[:, None], person[None, :])
    diagonal = ops.cast(ops.eye(ops.shape(person)[0]), "bool")
    same = ops.logical_and(ops.logical_and(equal, labelled), ops.logical_not(diagonal))
    return same, ops.logical_and(ops.logical_not(equal), labelled)


def mean_where(values: Any, mask: Any) -> Any:
    """The mean of `values` where `mask` is true, 0 when it nowhere is."""
    chosen = ops.cast(mask, "float32")
    return ops.sum(ops.where(mask, values, 0.0)) / ops.maximum(ops.sum(chosen), 1.0)


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


def spread(embeddings: Any) -> Any:
    """Root mean square distance of the unit rows (B, D) from their mean: 0 when all are equal,
    1 at most. It is sqrt(1 - |mean|^2)."""
    mean = ops.mean(unit(embeddings), axis=0)
    return ops.sqrt(ops.maximum(1.0 - ops.sum(ops.square(mean)), 0.0))


def collapsed(spread_of_batches: float) -> bool:
    """Whether embeddings that spread so little still say who somebody is."""
    return spread_of_batches < LEAST_SPREAD
