"""The network with its losses as a Keras model, its optimiser, and what follows its `fit`.

The learning rate is set and progress told by callbacks that follow the clock: a short warm-up,
then half a cosine down. All of it works on every backend of Keras.
"""

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TextIO

import keras

from accessctl.training.losses import Loss
from accessctl.training.mining import spread


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


class AveragedAdamW(keras.optimizers.AdamW):  # type: ignore[misc] # keras ships no types
    """AdamW (Loshchilov and Hutter, ICLR 2019) with Polyak averaging of the weights.

    Keras would put the averages into the model at the end of each `fit`; here a run is many
    fits, so the model keeps its own weights and `averages` are asked for.
    """

    def finalize_variable_values(self, var_list: Sequence[Any]) -> None:
        pass

    @property
    def averages(self) -> list[Any]:
        """One variable for each trainable variable of the model, in the same order."""
        return list(self._model_variables_moving_average)


def optimiser(rate: float, weight_decay: float, ema: float) -> AveragedAdamW:
    """`ema` is the share of the old average that each step keeps."""
    made = AveragedAdamW(
        rate, weight_decay=weight_decay, clipnorm=5.0, use_ema=True, ema_momentum=ema
    )
    made.exclude_from_weight_decay(var_names=["bias"])
    return made


class Pace(keras.callbacks.Callback):  # type: ignore[misc] # keras ships no types
    """`spent(steps)` is the share of the budget that is used up, in [0, 1], after so many steps
    of this fit; reaching 1 ends the fit after the step. On the JAX backend, which keeps the
    optimiser's state to itself while it fits, a rate takes effect with the next fit.
    """

    def __init__(self, peak: float, spent: Callable[[int], float]) -> None:
        super().__init__()
        self._peak = peak
        self._spent = spent
        self.steps = 0
        self.rate = 0.0

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        del logs
        self.rate = learning_rate(self._peak, self._spent(batch))
        self.model.optimizer.learning_rate = self.rate

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        del logs
        self.steps = batch + 1
        if self._spent(self.steps) >= 1:
            self.model.stop_training = True


class ProgressLine(keras.callbacks.Callback):  # type: ignore[misc] # keras ships no types
    """One line, rewritten on a terminal and printed now and then elsewhere."""

    def __init__(
        self,
        batch: int,
        spent: Callable[[int], float],
        now: Callable[[], float],
        stream: TextIO = sys.stderr,
        every: float = 60.0,
    ) -> None:
        super().__init__()
        self._batch = batch
        self._spent = spent
        self._now = now
        self._stream = stream
        self._gap = 1.0 if stream.isatty() else every
        self._began: tuple[float, float] = (0.0, 0.0)
        self._printed = 0.0

    def on_train_begin(self, logs: Any = None) -> None:
        del logs
        self._began = (self._now(), self._spent(0))
        self._printed = self._began[0]

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        now = self._now()
        if now - self._printed < self._gap:
            return
        self._printed = now
        elapsed, share = now - self._began[0], self._spent(batch + 1) - self._began[1]
        left = elapsed / share * (1 - self._began[1] - share) if share > 0 else float("nan")
        text = line(logs or {}, (batch + 1) * self._batch / elapsed, left)
        self._stream.write(f"\r{text}" if self._stream.isatty() else f"{text}\n")
        self._stream.flush()


def line(logs: dict[str, float], rate: float, left: float) -> str:
    """`loss 0.4321 · regression 0.4321 · 23.4 images/s · 12:05 left`."""
    losses = " · ".join(f"{name} {float(value):.4f}" for name, value in logs.items())
    minutes, seconds = divmod(round(left), 60) if left == left else (0, 0)
    return f"{losses} · {rate:.1f} images/s · {minutes}:{seconds:02d} left"


def learning_rate(
    peak: float, progress: float, *, warmup: float = 0.03, floor: float = 0.01
) -> float:
    """The rate when the share `progress` in [0, 1] of the budget is spent.

    Rises linearly over the share `warmup`, then falls as (1 + cos) / 2 (Loshchilov and
    Hutter, "SGDR", ICLR 2017, eq. 5, one cycle) to `floor` times the peak.
    """
    if progress < warmup:
        return peak * max(progress / warmup, floor)
    along = min((progress - warmup) / (1 - warmup), 1.0)
    return peak * (floor + (1 - floor) * (1 + math.cos(math.pi * along)) / 2)
