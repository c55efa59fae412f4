"""The texture network, what it learns from, and the folder that a door loads.

Three small towers look at three cuts of one face, a tower at one reach. What they end in is asked
for four things: whether the face is living, what each of two teachers says (Hinton et al.,
"Distilling the knowledge in a neural network", 2015), and what the teachers' last layers hold
(Romero et al., "FitNets", ICLR 2015). What is exported, one LiteRT file and its card, answers with
the second: see `answering`.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import yaml
from keras import layers
from pydantic import JsonValue

from accessctl.encoder.keras_file import Precision, to_litert
from accessctl.errors import ModelError, StoreError
from accessctl.liveness.texture_card import CARD_NAME, TextureCard, TextureInput, TextureOutput
from accessctl.storage.files import write_atomically
from accessctl.training.spoof.samples import REACHES, SAMPLING, SIZE

WIDTHS = (16, 32, 56, 96)

REPEATS = (0, 1, 2, 1)
"""So many residual blocks follow the one that halves the picture, at each stage; from the last
on always as many."""

TEACHERS = 2

TEACHER_CLASSES, TEACHER_VALUES = 3, 128

LIVING_CLASS = 1

DROPOUT = 0.2

HEAD = 96

FILE = "texture_float16.tflite"

MOST_BYTES = 2_000_000

ORIGIN = (
    "Fitted from a random start by `accessctl liveness train` to simulated recaptures of pictures "
    "of living people; two networks of minivision (MiniFASNet, Apache-2.0) labelled the samples "
    "beside what is known of them, and none of their weights is in here."
)

LICENCE = "research and non-commercial use only, as the pictures that it was trained on"


def build_network(widths: Sequence[int] = WIDTHS, reaches: int = len(REACHES)) -> keras.Model:
    """Input float32 (N, 80, 80, 3 x reaches) RGB in [0, 1], the tightest cut first; outputs
    `living` (N, 1) and `says` (N, 2, 3) as logits, `holds` (N, 2, 128)."""
    stacked = keras.Input((SIZE, SIZE, 3 * reaches), name="crops")
    ends = []
    for index in range(reaches):
        cut = stacked[..., 3 * index : 3 * index + 3]
        ends.append(_tower(cut, widths, f"reach{index}"))
    joined = layers.Concatenate()(ends)
    hidden = layers.Dense(HEAD, activation="relu", name="hidden")(layers.Dropout(DROPOUT)(joined))
    living = layers.Dense(1, name="living", dtype="float32")(layers.Dropout(DROPOUT)(hidden))
    says = layers.Dense(TEACHERS * TEACHER_CLASSES, dtype="float32")(joined)
    holds = layers.Dense(TEACHERS * TEACHER_VALUES, dtype="float32")(joined)
    outputs = {
        "living": living,
        "says": layers.Reshape((TEACHERS, TEACHER_CLASSES), name="says")(says),
        "holds": layers.Reshape((TEACHERS, TEACHER_VALUES), name="holds")(holds),
    }
    return keras.Model(stacked, outputs)


def answering(network: keras.Model) -> keras.Model:
    """What is exported: probabilities (N, 3), of which LIVING_CLASS is that of a living face, the
    means of what the network takes both teachers to say.

    The output `living` knows only the simulation: beside it, it took a film of a phone for
    living that the teachers and those who copy them refuse. It stays as a task to learn from.
    """
    said = layers.Softmax(axis=-1, name="said")(network.get_layer("says").output)
    return keras.Model(network.input, layers.GlobalAveragePooling1D(name="answer")(said))


def _tower(x: keras.KerasTensor, widths: Sequence[int], name: str) -> keras.KerasTensor:
    for stage, width in enumerate(widths):
        x = _block(x, width, 2, f"{name}_{stage}")
        for repeat in range(REPEATS[min(stage, len(REPEATS) - 1)]):
            x = layers.Add()([x, _block(x, width, 1, f"{name}_{stage}_{repeat}")])
    return layers.GlobalAveragePooling2D()(x)


def _block(x: keras.KerasTensor, width: int, stride: int, name: str) -> keras.KerasTensor:
    x = layers.Conv2D(width, 3, stride, padding="same", use_bias=False, name=name)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.97)(x))


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


def export(
    network: keras.Model,
    folder: Path,
    told: CardFacts,
    convert: Callable[[keras.Model, Precision], bytes] = to_litert,
) -> TextureCard:
    """Write the network, as `convert` makes a file of it, and its card into `folder`.

    Raises ModelError for a file above MOST_BYTES, StoreError where it cannot be written.
    """
    content = convert(answering(network), "float16")
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
        write_atomically(folder / FILE, content, mode=0o644)
        write_atomically(folder / CARD_NAME, text.encode(), mode=0o644)
    except OSError as error:
        raise StoreError(
            f"Cannot write to {folder} ({error.strerror}); make room or allow writing there."
        ) from error
    return card
