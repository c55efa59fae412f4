"""From a fitted texture network to the folder that a door loads: one LiteRT file and its card."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import yaml
from pydantic import JsonValue

from accessctl.encoder.export import to_litert
from accessctl.errors import ModelError, StoreError
from accessctl.liveness.texture_card import CARD_NAME, TextureCard, TextureInput, TextureOutput
from accessctl.training.spoof.network import LIVING_CLASS, answering
from accessctl.training.spoof.twins import REACHES, SAMPLING, SIZE

FILE = "texture_float16.tflite"
MOST_BYTES = 2_000_000
ORIGIN = (
    "Fitted from a random start by `accessctl liveness train` to simulated recaptures of pictures "
    "of living people; two networks of minivision (MiniFASNet, Apache-2.0) labelled the samples "
    "beside what is known of them, and none of their weights is in here."
)
LICENCE = "research and non-commercial use only, as the pictures that it was trained on"


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What the card says that no file can: version, what it was fitted on and measured by, and
    from which mean on it confirms and up to which one it doubts."""

    version: str
    data: Mapping[str, JsonValue]
    measured: Mapping[str, JsonValue]
    fitted_films: Sequence[str]
    confirm: float
    doubt: float


def export(network: keras.Model, folder: Path, told: CardFacts) -> TextureCard:
    """Write the network and its card into `folder`.

    Raises ModelError for a file above MOST_BYTES, StoreError where it cannot be written.
    """
    content = to_litert(answering(network), "float16")
    if len(content) > MOST_BYTES:
        raise ModelError(
            f"The network takes {len(content) / 1e6:.1f} MB; a texture network may take "
            f"{MOST_BYTES / 1e6:.0f}. Make it narrower."
        )
    digest = hashlib.sha256(content).hexdigest()
    card = TextureCard(
        name="texture",
        version=told.version,
        fingerprint=digest,
        file=FILE,
        sha256=digest,
        input=TextureInput(
            size=SIZE, reaches=REACHES, order="rgb", scale="unit", sampling=SAMPLING
        ),
        layout="stacked",
        output=TextureOutput(kind="probability", index=LIVING_CLASS),
        confirm=told.confirm,
        doubt=told.doubt,
        origin=ORIGIN,
        licence=LICENCE,
        data=dict(told.data),
        measured=dict(told.measured),
        fitted_films=tuple(told.fitted_films),
        folder=folder,
    )
    text = yaml.safe_dump(card.model_dump(mode="json"), sort_keys=False, width=96)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_bytes(content)
        (folder / CARD_NAME).write_text(text, "utf-8")
    except OSError as error:
        raise StoreError(
            f"Cannot write to {folder} ({error.strerror}); make room or allow writing there."
        ) from error
    return card
