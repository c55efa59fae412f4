"""Follow the clock while Keras fits: set the learning rate, say how far it is."""

import sys
from collections.abc import Callable
from typing import Any, TextIO

import keras

from accessctl.training.schedule import learning_rate


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
