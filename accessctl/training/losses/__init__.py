"""Training losses: here what every one is; in the files beside it those on pairs, on identities
and of distillation; `registry` finds them by the names that the command line gives them."""

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
