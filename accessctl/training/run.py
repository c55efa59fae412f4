"""One training run: rounds of `fit`, each followed by validation, history and checkpoint.

A round is the unit that a kill can lose. Batches are a function of the seed and the step, a
checkpoint holds all variables of network, losses and optimiser, so a run that is resumed
goes on as the one that was never stopped.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from accessctl.encoder.card import Card
from accessctl.training.augment.recipe import Augmentation
from accessctl.training.batches import Batches
from accessctl.training.checkpoint import Progress, save_checkpoint
from accessctl.training.data import Data
from accessctl.training.history import append_history, read_history
from accessctl.training.mining.collapse import collapsed
from accessctl.training.model import Trainee
from accessctl.training.optimiser import AveragedAdamW
from accessctl.training.pace import Pace, ProgressLine
from accessctl.training.settings import Settings

logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Run:
    """A run that is set up: `folder` exists and holds its settings."""

    folder: Path
    settings: Settings
    card: Card
    data: Data
    model: Trainee
    optimiser: AveragedAdamW
    progress: Progress

    @property
    def variables(self) -> list[Any]:
        """All that a checkpoint must hold."""
        return [*self.model.weights_to_keep, *self.optimiser.variables]

    @property
    def epoch(self) -> float:
        """How often the data was seen."""
        return self.progress.step / self.data.order.steps_per_epoch

    @property
    def steps(self) -> int | None:
        """How many there will be, when the budget is not counted in minutes."""
        if self.settings.epochs is None:
            return self.settings.steps
        return max(1, round(self.settings.epochs * self.data.order.steps_per_epoch))

    def spent(self, step: int, seconds: float) -> float:
        """The share of the budget that is used up, in [0, 1]."""
        if self.settings.minutes is not None:
            return min(seconds / (60 * self.settings.minutes), 1.0)
        return min(step / (self.steps or 1), 1.0)

    def batches(self, start: int, count: int) -> Batches:
        return Batches(
            self.data.faces,
            self.data.order,
            Augmentation(self.card.crop_geometry, self.settings.augment),
            self.card,
            self.data.teacher,
            start=start,
            count=count,
            seed=self.settings.seed,
        )


def train(run: Run, now: Callable[[], float] = time.monotonic) -> None:
    """Train until the budget is spent, round by round; raises StoreError.

    Round 0 of the history is the network before training.
    """
    if not read_history(run.folder):
        found = measured(run)
        if run.data.validation is not None:
            logger.info("References: %s", sentence(run.data.validation.references()))
        logger.info("Before training: %s", sentence(found))
        append_history(run.folder, {"round": 0, "step": 0, "epoch": 0.0, **_named(found)})
    while run.spent(run.progress.step, run.progress.seconds) < 1:
        _round(run, now)


@contextmanager
def averaged(run: Run) -> Iterator[None]:
    """The network has the averages of its weights inside this block."""
    trained = run.model.trainable_variables
    kept = [np.array(keras.ops.convert_to_numpy(variable)) for variable in trained]
    if run.progress.step > 0:
        for variable, average in zip(trained, run.optimiser.averages, strict=True):
            variable.assign(average)
    try:
        yield
    finally:
        for variable, value in zip(trained, kept, strict=True):
            variable.assign(value)


def measured(run: Run) -> dict[str, float]:
    """What the averaged network is worth on people held out, and on some that were seen."""
    found: dict[str, float] = {}
    with averaged(run):
        if run.data.validation is not None:
            found |= run.data.validation.measure(run.model.network, run.card)
        if run.data.seen is not None:
            seen = run.data.seen.measure(run.model.network, run.card)
            found |= {f"seen_{name}": value for name, value in seen.items()}
    return found


def sentence(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.4f}" for name, value in values.items())


def _round(run: Run, now: Callable[[], float]) -> None:
    begun, before = now(), run.progress

    def spent(steps: int) -> float:
        return run.spent(before.step + steps, before.seconds + now() - begun)

    count = run.settings.round_steps or run.data.order.steps_per_epoch
    if run.steps is not None:
        count = min(count, run.steps - before.step)
    pace = Pace(run.settings.rate, spent)
    line = ProgressLine(run.settings.batch, spent, now)
    fitted = run.model.fit(
        run.batches(before.step, count),
        epochs=1,
        verbose=0,
        shuffle=False,
        callbacks=[pace, line],
    )
    images_per_s = pace.steps * run.settings.batch / max(now() - begun, 1e-9)
    losses = {name: round(float(values[-1]), 5) for name, values in fitted.history.items()}
    run.progress = replace(before, step=before.step + pace.steps)
    found = measured(run)
    seconds = before.seconds + now() - begun
    run.progress = Progress(run.progress.step, seconds, before.rounds + 1)
    if collapsed(losses["spread"]):
        logger.warning(
            "The network gives every face nearly the same embedding (spread %.3f): it has "
            "collapsed; lower --rate, take --mining semi-hard or add another --loss.",
            losses["spread"],
        )
    entry = {
        "round": run.progress.rounds,
        "step": run.progress.step,
        "epoch": round(run.epoch, 4),
        "minutes": round(seconds / 60, 2),
        "images_per_s": round(images_per_s, 1),
        "rate": float(f"{pace.rate:.3g}"),
        "collapsed": collapsed(losses["spread"]),
        **losses,
        **_named(found),
    }
    append_history(run.folder, entry)
    save_checkpoint(run.folder, run.variables, run.progress)
    logger.info("Epoch %.2f: %s, %s", run.epoch, sentence(losses), sentence(found))


def _named(found: Mapping[str, float]) -> dict[str, float]:
    """As the history calls what was measured."""
    return {f"val_{name}": value for name, value in found.items()}
