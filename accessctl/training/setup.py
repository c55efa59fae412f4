"""Put a run together: data, network, losses, optimiser, and the checkpoint if there is one."""

import logging
from pathlib import Path

import keras
import numpy as np

from accessctl.config import VisionConfig
from accessctl.encoder.card import Card, load_card
from accessctl.encoder.keras_file import in_precision
from accessctl.training.checkpoint import Progress, has_checkpoint, load_checkpoint
from accessctl.training.data import Data, read_data
from accessctl.training.framing import at_size, framed
from accessctl.training.history import cut_history
from accessctl.training.imprint import imprint
from accessctl.training.loading import load_network
from accessctl.training.losses.registry import NEEDS_PAIRS, SAME_DIMENSION, Context, loss_named
from accessctl.training.model import Trainee
from accessctl.training.network import fit_head, freeze, start_head_at, trunk_of, with_new_head
from accessctl.training.optimiser import optimiser
from accessctl.training.run import Run
from accessctl.training.settings import Settings
from accessctl.training.validation import embed_faces

logger = logging.getLogger(__name__)

HEAD_FACES = 3000


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
