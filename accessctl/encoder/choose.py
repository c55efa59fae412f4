"""Load the encoder that the configuration names, on the device it names.

On a CPU it is LiteRT, one crop at a time: a larger batch was measured to gain nothing there, and a
fixed shape lets the runtime plan its memory once. For a GPU see `tensorflow`.
"""

import logging
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import numpy as np

from accessctl.config import EncoderConfig
from accessctl.domain import Embedding, Image
from accessctl.encoder.base import Encoder, FlipAveraged, unit
from accessctl.encoder.card import Card, load_card, read_checked
from accessctl.encoder.joint import JointEncoder, part_cards
from accessctl.errors import DeviceError, ModelError
from accessctl.runtime import open_interpreter

logger = logging.getLogger(__name__)

# What an NVIDIA driver leaves in the file system, natively and under WSL.
GPU_TRACES = ("proc/driver/nvidia/gpus", "dev/nvidia0", "dev/dxg")


def load_encoder(
    config: EncoderConfig,
    *,
    root: Path = Path("/"),
    on_gpu: Callable[[Card], Encoder] | None = None,
) -> Encoder:
    """The encoder in `config.folder`, or its parts joined, ready to embed.

    `auto` takes the GPU when there is one that works, else says why not in the log and
    takes the CPU. Raises ModelError for a bad card or model file and DeviceError when a
    GPU is asked for and cannot be used. `root` is where the GPU's traces are looked for and
    `on_gpu` what loads a card there, so that tests can stand in for both.
    """
    card = load_card(config.folder)
    on_device = partial(_on_device, config, root=root, on_gpu=on_gpu or load_on_gpu)
    encoder = (
        on_device(card)
        if card.parts is None
        else JointEncoder(card, [on_device(part) for part in part_cards(card)])
    )
    return FlipAveraged(encoder) if config.flip_average else encoder


def gpu_is_there(root: Path) -> bool:
    """Whether the machine shows an NVIDIA GPU: costs no import and starts no driver."""
    return any((root / trace).exists() for trace in GPU_TRACES)


def load_on_gpu(card: Card) -> Encoder:
    """Imports TensorFlow; raises DeviceError when it finds no GPU that it can use."""
    try:
        from accessctl.encoder import tensorflow
    except ModuleNotFoundError as error:
        raise DeviceError(
            f"The GPU needs {error.name}, which is not installed; run pip install "
            "'accessctl[gpu]' or set encoder.device to cpu."
        ) from error

    if not tensorflow.visible_gpus():
        raise DeviceError(
            "TensorFlow cannot use the GPU of this machine; install its CUDA libraries with "
            "pip install 'tensorflow[and-cuda]' or set encoder.device to cpu."
        )
    return tensorflow.TensorFlowEncoder(card, "gpu")


def _on_device(
    config: EncoderConfig, card: Card, root: Path, on_gpu: Callable[[Card], Encoder]
) -> Encoder:
    if config.device == "gpu":
        if not gpu_is_there(root):
            raise DeviceError(
                "encoder.device is gpu, but this machine shows no NVIDIA GPU; "
                "install its driver or set encoder.device to auto or cpu."
            )
        return on_gpu(card)
    if config.device == "auto":
        if not gpu_is_there(root):
            logger.debug("There is no GPU: the encoder runs on the CPU.")
        else:
            try:
                return on_gpu(card)
            except (DeviceError, ModelError) as error:
                logger.warning("The encoder runs on the CPU: %s", error)
    return _on_cpu(config, card)


def _on_cpu(config: EncoderConfig, card: Card) -> Encoder:
    # Threads without a core of their own wait for each other.
    cores = len(os.sched_getaffinity(0))
    return LiteRtEncoder(card, config.precision, min(config.threads, cores))


class LiteRtEncoder:
    """Runs `card`'s LiteRT file of the given precision, else the other, on `threads` threads.

    Raises ModelError when the file is missing, altered or not the network the card
    describes.
    """

    def __init__(self, card: Card, precision: Literal["int8", "float16"], threads: int = 1) -> None:
        self._card = card
        self._lock = Lock()
        self._interpreter = _opened(card, precision, threads)
        self._input = _only(self._interpreter.get_input_details())
        self._output = _only(self._interpreter.get_output_details())
        _check_tensors(card, self._input, self._output)

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


def _opened(card: Card, precision: Literal["int8", "float16"], threads: int) -> Any:
    path = card.path(_litert_file(card, precision))
    return open_interpreter(path, read_checked(path, card.sums_path), threads=threads)


def _litert_file(card: Card, precision: Literal["int8", "float16"]) -> str:
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


def _check_tensors(card: Card, given: dict[str, Any], result: dict[str, Any]) -> None:
    size = card.input.size
    expected = {"input": (1, size, size, 3), "output": (1, card.dimension)}
    for side, detail in (("input", given), ("output", result)):
        shape = tuple(int(n) for n in detail["shape"])
        if shape != expected[side] or detail["dtype"] is not np.float32:
            raise ModelError(
                f"The {side} of the LiteRT file of {card.name} is {detail['dtype'].__name__} "
                f"{shape}, but its card says float32 {expected[side]}."
            )
