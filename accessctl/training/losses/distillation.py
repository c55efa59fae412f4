"""Distillation: learn from a teacher's descriptors.

Their values (regression), their directions (cosine), or the relations between the faces of a
batch (relational, pairwise).
"""

from collections.abc import Mapping
from typing import Any

from keras import ops

from accessctl.training.losses import Loss
from accessctl.training.mining import mean_where, root, squared_distances, unit


class Regression(Loss):
    """L = mean over batch and dimensions of (f - t)^2.

    Ba and Caruana, "Do Deep Nets Really Need to be Deep?", NeurIPS 2014, eq. 1: regress the
    teacher's values before any normalisation. With targets of unit variance, 1 - L is the
    share of the teacher's variance that is explained.
    """

    def call(self, embeddings: Any, targets: Mapping[str, Any]) -> Any:
        error = ops.cast(embeddings, "float32") - ops.cast(targets["teacher"], "float32")
        return ops.mean(ops.square(error))


class Cosine(Loss):
    """L = mean over the batch of 1 - cos(f, t).

    Half the squared distance of the two unit vectors: what is left of regressing the teacher
    (Hinton et al., "Distilling the Knowledge in a Neural Network", 2015, on descriptors in
    place of logits) when only directions will ever be compared.
    """

    def call(self, embeddings: Any, targets: Mapping[str, Any]) -> Any:
        return 1 - ops.mean(ops.sum(unit(embeddings) * unit(targets["teacher"]), axis=1))


class Relational(Loss):
    """L = mean over pairs of huber(d(f_i, f_j) / mean d_f, d(t_i, t_j) / mean d_t).

    Park et al., "Relational Knowledge Distillation", CVPR 2019, eq. 5 to 8 (the
    distance-wise potential; huber with threshold 1). The teacher may have any dimension.
    """

    def call(self, embeddings: Any, targets: Mapping[str, Any]) -> Any:
        ours = _relative_distances(ops.cast(embeddings, "float32"))
        theirs = _relative_distances(ops.cast(targets["teacher"], "float32"))
        gap = ops.abs(ours - theirs)
        huber = ops.where(gap <= 1, ops.square(gap) / 2, gap - 0.5)
        return mean_where(huber, _off_diagonal(huber))


class Pairwise(Loss):
    """L = mean over pairs of (cos(f_i, f_j) - cos(t_i, t_j))^2.

    The same idea on what a matcher compares: the matrix of cosines (Tung and Mori,
    "Similarity-Preserving Knowledge Distillation", ICCV 2019, without their row scaling).
    """

    def call(self, embeddings: Any, targets: Mapping[str, Any]) -> Any:
        ours, theirs = unit(embeddings), unit(targets["teacher"])
        gap = ops.matmul(ours, ops.transpose(ours)) - ops.matmul(theirs, ops.transpose(theirs))
        return mean_where(ops.square(gap), _off_diagonal(gap))


def _relative_distances(vectors: Any) -> Any:
    distances = root(squared_distances(vectors))
    mean = mean_where(distances, _off_diagonal(distances))
    return distances / ops.maximum(mean, 1e-6)


def _off_diagonal(matrix: Any) -> Any:
    return ops.logical_not(ops.cast(ops.eye(ops.shape(matrix)[0]), "bool"))
