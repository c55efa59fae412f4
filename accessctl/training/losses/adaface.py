"""AdaFace's margin: ask less of faces whose short embeddings say that they are poor."""

import math
from typing import Any

import keras
from keras import ops

ADAFACE_MARGIN = 0.4
CONCENTRATION = 0.333
MOMENTUM = 0.99
TINY = 1e-3


class AdaFace(keras.layers.Layer):  # type: ignore[misc] # keras ships no types
    """cos t -> cos(t - m z) - (m z + m), z = clip((|f| - mean) / (deviation / h), -1, 1).

    Kim, Jain and Liu, "AdaFace", CVPR 2022, eq. 7 to 10: mean and deviation of the lengths
    are running averages. A long (good) embedding gets an additive margin on the cosine, a
    short one a negative angular margin. The length itself learns nothing from z.
    """

    def __init__(
        self, margin: float = ADAFACE_MARGIN, h: float = CONCENTRATION, **options: Any
    ) -> None:
        super().__init__(**options)
        self._margin = margin
        self._h = h
        self.mean = self.add_weight(
            shape=(), initializer="zeros", trainable=False, name="length_mean"
        )
        self.deviation = self.add_weight(
            shape=(), initializer="ones", trainable=False, name="length_deviation"
        )
        self.seen = self.add_weight(
            shape=(), initializer="zeros", trainable=False, name="batches_seen"
        )

    def call(self, cosines: Any, lengths: Any) -> Any:
        # The first batch counts whole: lengths differ much from encoder to encoder.
        keep = ops.where(self.seen > 0, MOMENTUM, 0.0)
        self.mean.assign(keep * self.mean + (1 - keep) * ops.mean(lengths))
        self.deviation.assign(keep * self.deviation + (1 - keep) * ops.std(lengths))
        self.seen.assign(ops.ones_like(self.seen))
        z = (lengths - self.mean) * self._h / (self.deviation + TINY)
        z = ops.stop_gradient(ops.clip(z, -1.0, 1.0))
        angle = ops.clip(ops.arccos(cosines) - self._margin * z, TINY, math.pi - TINY)
        return ops.cos(angle) - (self._margin * z + self._margin)
