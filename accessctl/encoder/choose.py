"""Load the encoder that the configuration names, on the device it names."""

import logging
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from accessctl.config import EncoderConfig
from accessctl.encoder.base import Encoder, FlipAveraged
from accessctl.encoder.card import Card, load_card
from accessctl.encoder.joint import JointEncoder, part_cards
from accessctl.errors import DeviceError, ModelError

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
    from accessctl.encoder.litert import LiteRtEncoder

    # Threads without a core of their own wait for each other.
    cores = len(os.sched_getaffinity(0))
    return LiteRtEncoder(card, config.precision, min(config.threads, cores))
