"""Convert somebody's Keras encoder to LiteRT.

`python -m accessctl.zoo.convert_keras FILE.keras FILE.tflite` does it in a process of
its own.
"""

import sys
from pathlib import Path

from accessctl.encoder.keras_file import load_keras, to_litert
from accessctl.errors import AccessctlError, ModelError
from accessctl.zoo.atomic import write_atomically


def convert(source: Path, target: Path) -> None:
    """Raises ModelError for a network that is no encoder, FetchError when not writable."""
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
    try:
        convert(source, target)
    except AccessctlError as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
