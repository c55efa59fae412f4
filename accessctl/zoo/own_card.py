"""A card for an encoder that somebody brings: what its file says, and what only they know.

`python -m accessctl.zoo.own_card FILE.keras FILE.tflite` converts a Keras encoder to LiteRT in a
process of its own.
"""

import datetime
import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ai_edge_litert.interpreter import Interpreter

from accessctl.encoder.card import Card
from accessctl.encoder.card_parts import REGIONS, TEMPLATE, Files, Geometry, Input, LiteRtFiles
from accessctl.errors import ModelError
from accessctl.zoo.build import run_module, status_of
from accessctl.zoo.fetch import write_atomically

MAX_FILE_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Shape:
    """Crops of `size` x `size` in, `dimension` numbers out."""

    size: int
    dimension: int


def litert_of(file: Path) -> Path:
    """The LiteRT file to run for `file`: itself, or made from a Keras file, beside it.

    Raises ModelError.
    """
    if not file.is_file():
        raise ModelError(f"There is no file {file}; name a .keras or a .tflite file.")
    if file.stat().st_size > MAX_FILE_BYTES:
        raise ModelError(f"{file} is larger than 1 GiB; that is no encoder for a door.")
    if file.suffix == ".tflite":
        return file
    if file.suffix != ".keras":
        raise ModelError(
            f"{file} is neither a Keras file (.keras) nor a LiteRT one (.tflite); convert it."
        )
    made = file.with_name(f"{file.stem}_float16.tflite")
    run_module("accessctl.zoo.own_card", str(file), str(made))
    return made


def shape_of(litert: Path) -> Shape:
    """What a LiteRT encoder eats and gives; raises ModelError when that is no encoder's."""
    try:
        interpreter = Interpreter(model_content=litert.read_bytes())
        given, result = interpreter.get_input_details(), interpreter.get_output_details()
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelError(f"{litert} is not a LiteRT model that runs here ({error}).") from error
    return checked_shape(litert, given, result)


def checked_shape(
    file: Path, given: Sequence[dict[str, Any]], result: Sequence[dict[str, Any]]
) -> Shape:
    """The Shape that LiteRT's details of inputs and outputs stand for; raises ModelError."""
    if len(given) != 1 or len(result) != 1:
        raise ModelError(
            f"{file} has {len(given)} inputs and {len(result)} outputs, but an encoder has one of "
            "each; export the part from the picture to the embedding."
        )
    if any(detail["dtype"].__name__ != "float32" for detail in (*given, *result)):
        raise ModelError(f"{file} must have a float32 input and output; export it so.")
    picture = _lengths(given[0])
    if len(picture) == 4 and picture[1] == 3 != picture[3]:
        raise ModelError(
            f"{file} has its colours first (1, 3, S, S); export it with the colours last."
        )
    square = len(picture) == 4 and picture[0] in (1, -1) and picture[1] == picture[2] > 0
    if not square or picture[3] != 3 or not 16 <= picture[1] <= 1024:
        raise ModelError(
            f"The input of {file} is {picture}, but an encoder eats one square picture of a fixed "
            "size of 16 to 1024 pixels, (1, S, S, 3); export it so."
        )
    embedding = _lengths(result[0])
    if len(embedding) != 2 or not 2 <= embedding[1] <= 4096:
        raise ModelError(
            f"The output of {file} is {embedding}, but an embedding is (1, D) with D from 2 to "
            "4096; export the part that ends with the embedding."
        )
    return Shape(picture[1], embedding[1])


def own_card(
    file: Path, litert: Path, dimension: int, given: Input, region: str, today: datetime.date
) -> Card:
    """The card, not yet written, of the encoder in `file`, with `region` one of REGIONS.

    Where it came from and what may be done with it is for its owner to write into it.
    """
    is_keras = file.suffix == ".keras"
    return Card(
        name=file.stem,
        version="1",
        fingerprint=hashlib.sha256(file.read_bytes()).hexdigest(),
        dimension=dimension,
        input=given,
        geometry=Geometry(template=TEMPLATE, region=REGIONS[region]),
        files=Files(litert=LiteRtFiles(float16=litert.name), keras=file.name if is_keras else None),
        origin=f"brought by its owner as {file.name}",
        licence="not stated",
        date=today,
        trained_on="not stated",
        folder=file.parent,
    )


def _lengths(detail: dict[str, Any]) -> tuple[int, ...]:
    """A tensor's lengths, -1 where any length goes."""
    return tuple(int(n) for n in detail.get("shape_signature", detail["shape"]))


def convert(source: Path, target: Path) -> None:
    """Raises ModelError for a network that is no encoder, FetchError when not writable."""
    from accessctl.encoder.keras_file import load_keras, to_litert

    model = load_keras(source.read_bytes(), source)
    given, result = model.input_shape, model.output_shape
    if not (isinstance(given, tuple) and len(given) == 4 and None not in given[1:]):
        raise ModelError(
            f"The input of {source} is {given}, but an encoder eats one picture of a fixed size, "
            "(None, S, S, 3); save it so."
        )
    if not (isinstance(result, tuple) and len(result) == 2):
        raise ModelError(
            f"The output of {source} is {result}, but an embedding is (None, D); "
            "save the part that ends with the embedding."
        )
    write_atomically(target, to_litert(model, "float16"))


def main(source: Path, target: Path) -> int:
    return status_of(lambda: convert(source, target))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
