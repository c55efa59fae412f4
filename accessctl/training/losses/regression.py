"""Distillation by regression: hit the teacher's descriptor itself."""

from collections.abc import Mapping
from typing import Any

from keras import ops

from accessctl.training.losses.base import Loss


class Regression(Loss):
    """L = mean over batch and dimensions of (f - t)^2.

    Ba and Caruana, "Do Deep Nets Really Need to be Deep?", NeurIPS 2014, eq. 1: regress the
    teacher's values before any normalisation. With targets of unit variance, 1 - L is the
    share of the teacher's variance that is explained.
    """

    def call(self, embeddings: Any, targets: Mapping[str, Any]) -> Any:
        error = ops.cast(embeddings, "float32") - ops.cast(targets["teacher"], "float32")
        return ops.mean(ops.square(error))
