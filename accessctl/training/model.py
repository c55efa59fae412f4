"""The network with its losses, as a Keras model whose `fit` works on every backend."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from accessctl.training.losses.base import Loss
from accessctl.training.mining.collapse import spread


class Trainee(keras.Model):  # type: ignore[misc] # keras ships no types
    """Maps crops (B, S, S, 3) to embeddings (B, D); learns the weighted sum of the losses."""

    def __init__(self, network: keras.Model, losses: Sequence[tuple[Loss, float]]) -> None:
        super().__init__()
        self.network = network
        self.loss_layers = [loss for loss, _ in losses]
        self.loss_weights_of = [weight for _, weight in losses]
        self.spread = keras.metrics.Mean(name="spread")
        self.trackers = [keras.metrics.Mean(name=loss.name) for loss in self.loss_layers]

    def build(self, input_shape: Any) -> None:
        """Nothing to make: the network is given built, the losses see to themselves."""

    def call(self, crops: Any, training: bool = False) -> Any:
        return self.network(crops, training=training)

    @property
    def weights_to_keep(self) -> list[Any]:
        """All weights of the network and its losses; not the metrics."""
        return [
            *self.network.variables,
            *(weight for loss in self.loss_layers for weight in loss.variables),
        ]

    def compute_loss(
        self,
        x: Any = None,
        y: Mapping[str, Any] | None = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        del x, sample_weight, training
        parts = [loss(y_pred, y) for loss in self.loss_layers]
        for tracker, part in zip(self.trackers, parts, strict=True):
            tracker.update_state(part)
        self.spread.update_state(spread(y_pred))
        total = sum(w * part for w, part in zip(self.loss_weights_of, parts, strict=True))
        return total + sum(self.network.losses)

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        del x, y, y_pred, sample_weight
        return self.get_metrics_result()
