"""Fits the texture network to samples, within a time budget; stops and goes on where it was.

A check tells its errors by kind, of samples of people that it was not fitted on.
"""

import csv
import math
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeAlias, TypeVar

import keras
import numpy as np
from numpy.typing import NDArray

from accessctl.errors import InputError, StoreError
from accessctl.training.spoof.network import LIVING_CLASS, build_network
from accessctl.training.spoof.samples import LIVING, Samples
from accessctl.training.spoof.teachers import Teacher, asked, distorted

T = TypeVar("T")

Batch: TypeAlias = tuple[NDArray[np.float32], dict[str, NDArray[np.float32]]]
"""What the network is given, and what is wanted of each of its outputs."""

LEARNING_RATE, FINAL_RATE = 2e-3, 2e-5

MATCHING_RATE = 0.5

WARM_UP = 200

WEIGHT_DECAY = 1e-4

LOSS_WEIGHTS = {"living": 0.3, "says": 1.5, "holds": 1.0}

SMOOTHING = 0.02
"""No sample is taken for entirely certain: some attacks leave no trace at the size that is seen."""

AT_BPCER = 0.05

CONFIRMED = 0.9

NETWORK_FILE, HISTORY_FILE = "network.keras", "history.csv"


@dataclass(frozen=True, slots=True)
class FitPlan:
    """The rate falls over `steps` batches of `batch` samples, however many calls they take; one
    call ends after `minutes` of wall time at the latest. `matching` more batches follow, of
    pictures that the teachers are asked about at once; for them the rate falls again, from a
    lower start. A check follows `every` so many steps. The rate rises to `rate` over the first
    `warm_up` steps."""

    steps: int
    matching: int = 0
    batch: int = 96
    minutes: float = 60.0
    every: int = 300
    seed: int = 0
    rate: float = LEARNING_RATE
    warm_up: int = WARM_UP


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of the network said: see `report.rates`."""

    step: int
    figures: Mapping[str, float]


def fit(
    folder: Path,
    fitted: Samples,
    checked: Samples,
    plan: FitPlan,
    *,
    teachers: Callable[[], Sequence[Teacher]] = tuple,
    clock: Callable[[], float] = time.monotonic,
    told: Callable[[Checked], None] = lambda _: None,
    build: Callable[[], keras.Model] = build_network,
) -> keras.Model:
    """The network after all batches of `plan`, or as far as the minutes went.

    Written to `folder` at each check, and at the end: the network with its optimiser, and a line
    of history. A later call goes on from there, and comes to the same network as one call would.
    `teachers` are asked for where the plan has batches of `matching`; `build` makes the network
    that a run begins with. Raises InputError without samples and StoreError where the folder
    cannot be written.
    """
    if not len(fitted) or not len(checked):
        raise InputError("There is nothing to fit on or nothing to check with; give more pictures.")
    network, done = _begun(folder, plan, build)
    until = clock() + plan.minutes * 60
    last = plan.steps + plan.matching
    for step, (given, wanted) in ahead(batches(fitted, plan, done, teachers)):
        network.optimizer.learning_rate = rate_at(step, plan)
        network.train_on_batch(given, wanted)
        over = step >= last or clock() >= until
        if over or step % plan.every == 0:
            figures = rates(living_of(network, checked), checked)
            _keep(folder, network, Checked(step, figures))
            told(Checked(step, figures))
        if over:
            break
    return network


def rate_at(step: int, plan: FitPlan) -> float:
    """Cosine from `plan.rate` to FINAL_RATE (Loshchilov and Hutter, "SGDR", ICLR 2017, eq. 5)
    after a linear warm-up, once over the steps and once, at MATCHING_RATE of it, over the rest."""
    if step <= plan.steps:
        return _falling(step, plan.steps, plan)
    return MATCHING_RATE * _falling(step - plan.steps, plan.matching, plan)


def _falling(step: int, steps: int, plan: FitPlan) -> float:
    cosine = (1 + math.cos(math.pi * min(1.0, step / max(1, steps)))) / 2
    rate = FINAL_RATE + (plan.rate - FINAL_RATE) * cosine
    return rate * min(1.0, step / plan.warm_up)


def batches(
    samples: Samples, plan: FitPlan, done: int, teachers: Callable[[], Sequence[Teacher]]
) -> Iterator[tuple[int, Batch]]:
    """The batches after those that are `done`, each with its number; always the same ones."""
    asked_now = teachers() if plan.matching and done < plan.steps + plan.matching else ()
    for step, chosen in enumerate(order(len(samples), plan, done), start=done + 1):
        rng = np.random.default_rng((plan.seed, step))
        if step <= plan.steps:
            yield step, batch_of(samples, chosen, rng)
        else:
            yield step, matched_batch(samples, chosen, asked_now, rng)


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items; while one is worked on, the next one is made by another thread."""
    with ThreadPoolExecutor(1) as pool:

        def make() -> list[T]:
            return list(islice(items, 1))

        following = pool.submit(make)
        while made := following.result():
            following = pool.submit(make)
            yield made[0]


def order(count: int, plan: FitPlan, done: int) -> Iterator[NDArray[np.int64]]:
    """Which of `count` samples each batch is of; `done` batches are passed over."""
    waiting = np.empty(0, np.int64)
    for number in range(plan.steps + plan.matching):
        if len(waiting) < plan.batch:
            drawn = np.random.default_rng((plan.seed, number, 1)).permutation(count)
            waiting = np.concatenate([waiting, drawn])
        chosen, waiting = waiting[: plan.batch], waiting[plan.batch :]
        if number >= done:
            yield chosen


def matched_batch(
    samples: Samples,
    chosen: NDArray[np.int64],
    teachers: Sequence[Teacher],
    rng: np.random.Generator,
) -> Batch:
    """As `batch_of`, of distorted and mixed pictures that the teachers are asked about now."""
    pictures, lives = distorted(
        samples.crops[chosen], samples.living[chosen].astype(np.float32), rng
    )
    says, holds = asked(pictures, teachers)
    return stacked(pictures), {"living": lives[:, None], "says": softened(says), "holds": holds}


def batch_of(samples: Samples, chosen: NDArray[np.int64], rng: np.random.Generator) -> Batch:
    """Crops float32 (N, 80, 80, 9) in [0, 1] with other light and colour, and what is wanted of
    each of the network's outputs."""
    crops = stacked(samples.crops[chosen])
    shape = (len(chosen), 1, 1, 1)
    light = rng.normal(1, 0.04, shape) * np.tile(rng.normal(1, 0.015, (len(chosen), 1, 1, 3)), 3)
    crops = np.clip(crops * light.astype(np.float32), 0, 1)
    living = samples.living[chosen].astype(np.float32)[:, None]
    says = softened(samples.says[chosen].astype(np.float32))
    return crops, {
        "living": living * (1 - 2 * SMOOTHING) + SMOOTHING,
        "says": says,
        "holds": samples.holds[chosen].astype(np.float32),
    }


def softened(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities (..., 3) of a teacher's logits."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True), np.float32)


def stacked(crops: NDArray[np.uint8] | NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, K, S, S, 3), uint8 or float32 in [0, 1], as float32 (N, S, S, 3K) in [0, 1], the first
    cut's colours first."""
    count, cuts, size = crops.shape[:3]
    together = crops.transpose(0, 2, 3, 1, 4).reshape(count, size, size, 3 * cuts)
    if together.dtype == np.uint8:
        return together.astype(np.float32) / np.float32(255)
    return np.asarray(together, np.float32)


def living_of(network: keras.Model, samples: Samples) -> NDArray[np.float32]:
    """How likely each sample is living, float32 (N,), as the exported network answers."""
    found = []
    for first in range(0, len(samples), 256):
        says = network.predict_on_batch(stacked(samples.crops[first : first + 256]))["says"]
        found.append(softened(np.asarray(says, np.float32))[:, :, LIVING_CLASS].mean(axis=1))
    return np.asarray(np.concatenate(found), np.float32)


def compiled(network: keras.Model) -> keras.Model:
    """The same network, ready to be fitted."""
    network.compile(
        keras.optimizers.AdamW(LEARNING_RATE, weight_decay=WEIGHT_DECAY, clipnorm=1.0),
        loss={
            "living": keras.losses.BinaryCrossentropy(from_logits=True),
            "says": keras.losses.CategoricalCrossentropy(from_logits=True),
            "holds": keras.losses.CosineSimilarity(axis=-1),
        },
        loss_weights=LOSS_WEIGHTS,
    )
    return network


def kept(folder: Path) -> keras.Model:
    """The network of a run as it was last written, with its optimiser.

    Raises InputError where there is none, or none that can be read.
    """
    file = folder / NETWORK_FILE
    if not file.is_file():
        raise InputError(f"{folder} holds no network yet; let the run go on to its first check.")
    try:
        return keras.models.load_model(file)
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{file} is damaged ({type(error).__name__}); delete it to fit from the beginning."
        ) from error


def _begun(
    folder: Path, plan: FitPlan, build: Callable[[], keras.Model]
) -> tuple[keras.Model, int]:
    """The network and how many batches it has seen, which its optimiser counts."""
    keras.utils.set_random_seed(plan.seed)
    fresh = compiled(build())
    if not (folder / NETWORK_FILE).is_file():
        return fresh, 0
    network = kept(folder)
    done = int(network.optimizer.iterations)
    # Keras does not write down what dropout has drawn: once for each batch, from the seed on.
    for layer, first in zip(network.layers, fresh.layers, strict=True):
        if isinstance(layer, keras.layers.Dropout):
            seed, _ = keras.ops.convert_to_numpy(first.seed_generator.state)
            layer.seed_generator.state.assign([seed, done])
    return network, done


def _keep(folder: Path, network: keras.Model, checked: Checked) -> None:
    row = {"step": checked.step} | {name: round(v, 5) for name, v in checked.figures.items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f"new-{NETWORK_FILE}"
        network.save(fresh)
        fresh.replace(folder / NETWORK_FILE)
        history = folder / HISTORY_FILE
        begins = not history.exists()
        with history.open("a", newline="", encoding="ascii") as stream:
            writer = csv.DictWriter(stream, list(row))
            if begins:
                writer.writeheader()
            writer.writerow(row)
    except OSError as error:
        raise StoreError(
            f"Cannot write to {folder} ({error.strerror}); make room or allow writing there."
        ) from error


def rates(
    living: NDArray[np.float32], samples: Samples, confirmed: float = CONFIRMED
) -> dict[str, float]:
    """`auc` of living against attacks; for each source of living faces the share below
    `confirmed` (BPCER, ISO/IEC 30107-3) as `bpcer_SOURCE`; for each kind of attack the share above
    it (APCER) as `apcer_KIND`, and above the threshold that keeps 95 % of the living as
    `apcer95_KIND`."""
    alive = samples.living
    found = {"auc": auc(living[alive], living[~alive])}
    threshold = float(np.quantile(living[alive], AT_BPCER)) if alive.any() else float("nan")
    for source in sorted(set(samples.source[alive])):
        chosen = living[alive & (samples.source == source)]
        found[f"bpcer_{source}"] = float(np.mean(~(chosen >= confirmed)))
    for kind in sorted(set(samples.kind) - {LIVING}):
        chosen = living[samples.kind == kind]
        found[f"apcer_{kind}"] = float(np.mean(chosen >= confirmed))
        found[f"apcer95_{kind}"] = float(np.mean(chosen >= threshold))
    return found


def auc(positive: NDArray[np.float32], negative: NDArray[np.float32]) -> float:
    """How often a living sample scores above an attack, ties half; NaN where either lacks."""
    if not len(positive) or not len(negative):
        return float("nan")
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, "left")
    upto = np.searchsorted(ordered, positive, "right")
    return float((below + upto).mean() / 2 / len(negative))
