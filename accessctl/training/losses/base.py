"""What every loss is: a layer that turns a batch's embeddings and targets into one number."""

from collections.abc import Mapping
from typing import Any

import keras


class Loss(keras.layers.Layer):  # type: ignore[misc] # keras ships no types
    """Called with embeddings float (B, D), not normalised, and the batch's targets.

    Returns a float32 scalar. A loss that learns something of its own (class centres, the
    weights of a distance) owns it as layer weights.
    """

    def call(self, embeddings: Any, targets: Mapping[str, Any]) -> Any:
        raise NotImplementedError
