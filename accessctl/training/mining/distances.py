"""Distances within a batch, with gradients that stay finite where two embeddings coincide."""

from typing import Any

from keras import ops

TINY = 1e-12


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
