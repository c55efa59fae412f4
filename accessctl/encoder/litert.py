"""The encoder on a CPU: LiteRT, one crop at a time.

One at a time because a larger batch was measured to gain nothing on a CPU, and a fixed
shape lets the runtime plan its memory once.
"""

import logging
from threading import Lock
from typing import Any, Literal

import numpy as np

from accessctl.domain import Embedding, Image
from accessctl.encoder.artefacts import read_checked
from accessctl.encoder.base import unit
from accessctl.encoder.card import Card
from accessctl.errors import ModelError
from accessctl.runtime import open_interpreter

logger = logging.getLogger(__name__)


class LiteRtEncoder:
    """Runs `card`'s LiteRT file of the given precision, else the other, on `threads` threads.

    Raises ModelError when the file is missing, altered or not the network the card
    describes.
    """

    def __init__(self, card: Card, precision: Literal["int8", "float16"], threads: int = 1) -> None:
        self._card = card
        self._lock = Lock()
        self._interpreter = _interpreter(card, precision, threads)
        self._input = _only(self._interpreter.get_input_details())
        self._output = _only(self._interpreter.get_output_details())
        _check(card, self._input, self._output)

    @property
    def card(self) -> Card:
        return self._card

    @property
    def device(self) -> str:
        return "cpu"

    def embed(self, crops: Image) -> Embedding:
        inputs = self._card.normalise(crops)
        outputs = np.empty((len(inputs), self._card.dimension), np.float32)
        # An interpreter has one set of tensors; two threads in it would mix two people.
        with self._lock:
            for number in range(len(inputs)):
                self._interpreter.set_tensor(self._input["index"], inputs[number : number + 1])
                self._interpreter.invoke()
                outputs[number] = self._interpreter.get_tensor(self._output["index"])[0]
        return unit(outputs)


def _interpreter(card: Card, precision: Literal["int8", "float16"], threads: int) -> Any:
    path = card.path(_file(card, precision))
    return open_interpreter(path, read_checked(path, card.sums_path), threads=threads)


def _file(card: Card, precision: Literal["int8", "float16"]) -> str:
    """The LiteRT file of that precision, or the only one that there is."""
    litert = card.network.litert
    wanted: str | None = getattr(litert, precision)
    name = wanted or litert.int8 or litert.float16
    if name is None:
        raise ModelError(
            f"The encoder {card.name} has no LiteRT file, which a CPU needs; name one under "
            "files.litert in its card."
        )
    if wanted is None:
        logger.debug("%s has no %s file for a CPU: %s runs.", card.name, precision, name)
    return name


def _only(details: list[dict[str, Any]]) -> dict[str, Any]:
    if len(details) != 1:
        raise ModelError(f"An encoder has one input and one output; this one has {len(details)}.")
    return details[0]


def _check(card: Card, given: dict[str, Any], result: dict[str, Any]) -> None:
    size = card.input.size
    expected = {"input": (1, size, size, 3), "output": (1, card.dimension)}
    for side, detail in (("input", given), ("output", result)):
        shape = tuple(int(n) for n in detail["shape"])
        if shape != expected[side] or detail["dtype"] is not np.float32:
            raise ModelError(
                f"The {side} of the LiteRT file of {card.name} is {detail['dtype'].__name__} "
                f"{shape}, but its card says float32 {expected[side]}."
            )
