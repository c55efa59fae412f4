"""One training run: put together, then rounds of `fit`, each followed by validation, history and
checkpoint.

A round is the unit that a kill can lose. Batches are a function of the seed and the step, a
checkpoint holds all variables of network, losses and optimiser, so a run that is resumed
goes on as the one that was never stopped.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from accessctl.config import VisionConfig
from accessctl.encoder.card import Card, load_card
from accessctl.encoder.keras_file import in_precision
from accessctl.training.augment import Augmentation
from accessctl.training.batches import Batches
from accessctl.training.data import Data, read_data
from accessctl.training.faces import UNLABELLED, FaceSet, capped
from accessctl.training.losses import Loss
from accessctl.training.losses.identity import IdentityLoss
from accessctl.training.losses.registry import NEEDS_PAIRS, SAME_DIMENSION, Context, loss_named
from accessctl.training.mining import collapsed
from accessctl.training.model import AveragedAdamW, Pace, ProgressLine, Trainee, optimiser
from accessctl.training.network import (
    at_size,
    fit_head,
    framed,
    freeze,
    load_network,
    start_head_at,
    trunk_of,
    with_new_head,
)
from accessctl.training.run_folder import (
    Progress,
    append_history,
    cut_history,
    has_checkpoint,
    load_checkpoint,
    read_history,
    save_checkpoint,
)
from accessctl.training.settings import Settings
from accessctl.training.validation import embed_faces

logger = logging.getLogger(__name__)

HEAD_FACES = 3000

PHOTOS = 3


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


def set_up(folder: Path, settings: Settings, vision: VisionConfig) -> Run:
    """A run that is ready to train, or to go on where its checkpoint stands.

    Raises ModelError, SourceError, InputError or StoreError for what cannot be used.
    """
    keras.utils.set_random_seed(settings.seed)
    card = framed(load_card(settings.init), settings.size, settings.region)
    needs_pairs = any(loss.name in NEEDS_PAIRS for loss in settings.losses)
    data = read_data(settings, card, folder, vision, needs_pairs=needs_pairs)
    resumed = has_checkpoint(folder)
    network = _network(settings, card, None if resumed else data)
    model = _trainee(settings, network, data)
    adam = optimiser(settings.rate, settings.weight_decay, settings.ema)
    model.compile(optimizer=adam)
    run = Run(folder, settings, card, data, model, adam, Progress())
    _make_variables(run)
    if not resumed and settings.centres_start == "imprinted":
        imprint(model.loss_layers, network, data.faces, card, settings.seed)
    history_ends = 0
    if resumed:
        run.progress = load_checkpoint(folder, run.variables)
        history_ends = run.progress.rounds
        logger.info("Going on after %d steps.", run.progress.step)
    cut_history(folder, history_ends)
    return run


def train(run: Run, now: Callable[[], float] = time.monotonic) -> None:
    """Train until the budget is spent, round by round; raises StoreError.

    Round 0 of the history is the network before training.
    """
    if not read_history(run.folder):
        found = measured(run)
        if run.data.validation is not None:
            logger.info("References: %s", sentence(run.data.validation.references()))
        logger.info("Before training: %s", sentence(found))
        line: dict[str, Any] = {"round": 0, "step": 0, "epoch": 0.0, **_named(found)}
        if run.data.validation is not None and (lacking := run.data.validation.not_measured):
            logger.warning("Not measured: %s.", "; ".join(lacking.values()))
            line["val_not_measured"] = lacking
        append_history(run.folder, line)
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


def _network(settings: Settings, card: Card, data: Data | None) -> keras.Model:
    """`data` None: the weights will come from a checkpoint."""
    network = at_size(load_network(card), card.input.size)
    if settings.outputs is not None:
        network = with_new_head(network, settings.outputs)
        if data is not None:
            _start_head(network, settings, card, data)
    if settings.mixed:
        network = in_precision(network, "mixed_bfloat16")
    freeze(network, settings.freeze)
    return network


def _start_head(network: keras.Model, settings: Settings, card: Card, data: Data) -> None:
    if data.teacher is None or data.teacher.shape[1] != settings.outputs:
        return
    if settings.head == "random":
        if any(loss.name in SAME_DIMENSION for loss in settings.losses):
            start_head_at(network, data.teacher[data.faces.rows].mean(axis=0))
        return
    some = np.random.default_rng(settings.seed).permutation(len(data.faces))[:HEAD_FACES]
    faces = data.faces.select(some)
    fit_head(network, embed_faces(trunk_of(network), card, faces), data.teacher[faces.rows])


def _trainee(settings: Settings, network: keras.Model, data: Data) -> Trainee:
    context = Context(
        data.faces.person,
        data.faces.family,
        network.output_shape[-1],
        None if data.teacher is None else data.teacher.shape[1],
        settings.mining,
        settings.margin,
        settings.centres,
        settings.seed,
    )
    return Trainee(
        network, [(loss_named(loss.name, context), loss.weight) for loss in settings.losses]
    )


def _make_variables(run: Run) -> None:
    """Keras makes some variables at first use; a checkpoint needs them all to be there."""
    crops, targets = run.batches(0, 1)[0]
    run.model.compute_loss(crops, targets, run.model(crops))
    for metric in run.model.metrics:
        metric.reset_state()
    run.optimiser.build(run.model.trainable_variables)


def imprint(
    losses: Sequence[Loss], network: keras.Model, faces: FaceSet, card: Card, seed: int
) -> None:
    """Set the centres of all identity losses among `losses` from up to PHOTOS photos a centre."""
    asking = [loss for loss in losses if isinstance(loss, IdentityLoss)]
    if not asking:
        return
    named = faces.select(np.flatnonzero(faces.person != UNLABELLED))
    shown = capped(named, PHOTOS * max(loss.centres for loss in asking), seed)
    embeddings = embed_faces(network, card, shown)
    for loss in asking:
        loss.imprint(embeddings, shown.person)
