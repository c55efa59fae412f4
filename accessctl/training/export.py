"""Turn a run into an encoder folder: networks for the runtimes and the card that describes them.

Imports TensorFlow by way of the LiteRT converter.
"""

import datetime
import hashlib
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np

from accessctl.encoder.card import Card, format_sums, load_card, write_card
from accessctl.encoder.card_parts import Files, LiteRtFiles
from accessctl.encoder.keras_file import in_precision, saved, to_litert
from accessctl.errors import InputError, StoreError
from accessctl.storage.files import write_atomically
from accessctl.training.network import load_network
from accessctl.training.run import Run, averaged

logger = logging.getLogger(__name__)

Kind = Literal["int8", "float16", "keras"]
NAMES: Mapping[Kind, str] = {
    "int8": "encoder_int8.tflite",
    "float16": "encoder_float16.tflite",
    "keras": "encoder.keras",
}
SUMS = "SHA256SUMS"
MAX_BYTES = 15_000_000
LICENCE = "research and non-commercial use only, as the faces that it was trained on"


@dataclass(frozen=True, slots=True)
class CardLabel:
    """What the card says that no file can: name, version, day, and what it was trained on."""

    name: str
    version: str
    date: datetime.date
    trained_on: str
    licence: str = LICENCE


def export(
    run: Run, folder: Path, label: CardLabel, kinds: Sequence[Kind], share: float = 1.0
) -> Card:
    """Write the averaged network into `folder`; raises InputError, ModelError and StoreError.

    With a `share` below 1 its weights go only so far from where they started: (1 - share) of
    the warm start's and `share` of the trained ones, which keeps what the start knew and gains
    most of what was learnt (Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR
    2022, eq. 1).
    """
    with averaged(run):
        network = in_precision(run.model.network, "float32")
    if share < 1:
        _back_to_start(network, run, share)
    # What goes into the files, rounded to 16 bits, is what has the fingerprint.
    network = in_precision(in_precision(network, "float16"), "float32")
    contents = {NAMES[kind]: _content(network, kind) for kind in kinds}
    total = sum(map(len, contents.values()))
    if total > MAX_BYTES:
        logger.warning("%s will hold %.1f MB, more than the 15 MB meant.", folder, total / 1e6)
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in {**contents, SUMS: format_sums(sums).encode("ascii")}.items():
            write_atomically(folder / name, data, mode=0o644)
    except OSError as error:
        raise StoreError(
            f"Cannot write to {folder} ({error.strerror}); make room or allow writing there."
        ) from error
    card = _card(run, folder, label, network, kinds, share)
    write_card(card)
    return card


def _back_to_start(network: keras.Model, run: Run, share: float) -> None:
    start = load_network(load_card(run.settings.init)).get_weights()
    trained = network.get_weights()
    same = [values.shape for values in start] == [values.shape for values in trained]
    # A fresh last layer of the old shape has nothing in common with the old one.
    if run.settings.outputs is not None or not same:
        raise InputError(
            f"The network has another last layer than {run.settings.init}, which it started from; "
            "export it without --share."
        )
    network.set_weights(
        [(1 - share) * old + share * new for old, new in zip(start, trained, strict=True)]
    )


def fingerprint(network: keras.Model) -> str:
    """SHA-256 of all weights as little-endian float32, in the network's order."""
    digest = hashlib.sha256()
    for values in network.get_weights():
        digest.update(np.ascontiguousarray(values, "<f4").tobytes())
    return digest.hexdigest()


def _card(
    run: Run,
    folder: Path,
    label: CardLabel,
    network: keras.Model,
    kinds: Sequence[Kind],
    share: float,
) -> Card:
    named = {kind: NAMES[kind] for kind in kinds}
    return Card(
        name=label.name,
        version=label.version,
        fingerprint=fingerprint(network),
        dimension=network.output_shape[-1],
        input=run.card.input,
        geometry=run.card.geometry,
        files=Files(
            litert=LiteRtFiles(int8=named.get("int8"), float16=named.get("float16")),
            keras=named.get("keras"),
            sums=SUMS,
        ),
        origin=_origin(run, share),
        licence=label.licence,
        date=label.date,
        trained_on=label.trained_on,
        results=_results(run, network),
        folder=folder,
    )


def _origin(run: Run, share: float) -> str:
    losses = " + ".join(f"{loss.weight:g} x {loss.name}" for loss in run.settings.losses)
    parts = [
        f"trained by `accessctl train`, warm start from {run.card.name} {run.card.version} "
        f"({run.card.fingerprint[:12]}), {losses}, {run.progress.step} steps of "
        f"{run.settings.batch} faces ({run.epoch:.1f} epochs)"
    ]
    if run.settings.teachers:
        files = ", ".join(teacher.file.name for teacher in run.settings.teachers)
        parts.append(f"teachers {files}")
    if share < 1:
        parts.append(f"weights {share:g} of the way from the warm start's to the trained")
    return "; ".join(parts)


def _results(run: Run, network: keras.Model) -> dict[str, Any]:
    """What was measured on people held out, if any were; NaN has no place on a card."""
    if run.data.validation is None:
        return {}
    people = run.data.validation.person
    found = run.data.validation.measure(network, run.card)
    numbers = {name: value for name, value in found.items() if math.isfinite(value)}
    return {"held_out": {"people": len(np.unique(people)), "faces": len(people), **numbers}}


def _content(network: keras.Model, kind: Kind) -> bytes:
    return saved(in_precision(network, "float16")) if kind == "keras" else to_litert(network, kind)
