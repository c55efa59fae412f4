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

from accessctl.encoder.artefacts import format_sums
from accessctl.encoder.card import Card, write_card
from accessctl.encoder.card_parts import Files, LiteRtFiles
from accessctl.encoder.export import to_litert
from accessctl.encoder.keras_file import in_precision, saved
from accessctl.errors import StoreError
from accessctl.training.run import Run, averaged, measured

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
class Label:
    """What the card says that no file can: name, version, day, and what it was trained on."""

    name: str
    version: str
    date: datetime.date
    trained_on: str
    licence: str = LICENCE


def export(run: Run, folder: Path, label: Label, kinds: Sequence[Kind]) -> Card:
    """Write the averaged network into `folder`; raises ModelError and StoreError."""
    with averaged(run):
        halved = in_precision(run.model.network, "float16")
    # What goes into the files, rounded to 16 bits, is what has the fingerprint.
    network = in_precision(halved, "float32")
    contents = {NAMES[kind]: _content(network, kind) for kind in kinds}
    total = sum(map(len, contents.values()))
    if total > MAX_BYTES:
        logger.warning("%s will hold %.1f MB, more than the 15 MB meant.", folder, total / 1e6)
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in {**contents, SUMS: format_sums(sums).encode("ascii")}.items():
            (folder / name).write_bytes(data)
    except OSError as error:
        raise StoreError(
            f"Cannot write to {folder} ({error.strerror}); make room or allow writing there."
        ) from error
    card = _card(run, folder, label, network, kinds)
    write_card(card)
    return card


def fingerprint(network: keras.Model) -> str:
    """SHA-256 of all weights as little-endian float32, in the network's order."""
    digest = hashlib.sha256()
    for values in network.get_weights():
        digest.update(np.ascontiguousarray(values, "<f4").tobytes())
    return digest.hexdigest()


def _card(
    run: Run,
    folder: Path,
    label: Label,
    network: keras.Model,
    kinds: Sequence[Kind],
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
        origin=_origin(run),
        licence=label.licence,
        date=label.date,
        trained_on=label.trained_on,
        results=_results(run),
        folder=folder,
    )


def _origin(run: Run) -> str:
    losses = " + ".join(f"{loss.weight:g} x {loss.name}" for loss in run.settings.losses)
    parts = [
        f"trained by `accessctl train`, warm start from {run.card.name} {run.card.version} "
        f"({run.card.fingerprint[:12]}), {losses}, {run.progress.step} steps of "
        f"{run.settings.batch} faces ({run.epoch:.1f} epochs)"
    ]
    if run.settings.teachers:
        files = ", ".join(teacher.file.name for teacher in run.settings.teachers)
        parts.append(f"teachers {files}")
    return "; ".join(parts)


def _results(run: Run) -> dict[str, Any]:
    """What was measured on people held out, if any were; NaN has no place on a card."""
    if run.data.validation is None:
        return {}
    people = run.data.validation.person
    numbers = {name: value for name, value in measured(run).items() if math.isfinite(value)}
    return {"held_out": {"people": len(np.unique(people)), "faces": len(people), **numbers}}


def _content(network: keras.Model, kind: Kind) -> bytes:
    return saved(in_precision(network, "float16")) if kind == "keras" else to_litert(network, kind)
