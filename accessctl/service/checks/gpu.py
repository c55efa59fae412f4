"""Whether the encoder has the GPU that the configuration counts on."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from accessctl.encoder.choose import gpu_is_there
from accessctl.service.checks.finding import Finding, failure, ok, warning

PROBE_TIMEOUT_S = 120
# In a process of its own: TensorFlow takes seconds and hundreds of megabytes.
PROBE = "import tensorflow as tf; print(len(tf.config.list_physical_devices('GPU')))"


def usable_gpus() -> int:
    """How many GPUs TensorFlow can use; 0 also when it cannot be asked."""
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and our own words
            [sys.executable, "-c", PROBE],
            capture_output=True,
            text=True,
            timeout=PROBE_TIMEOUT_S,
            check=True,
        )
        return int(done.stdout.split()[-1])
    except (subprocess.SubprocessError, ValueError, IndexError, OSError):
        return 0


def check_gpu(
    device: Literal["auto", "cpu", "gpu"],
    root: Path = Path("/"),
    usable: Callable[[], int] = usable_gpus,
) -> Iterator[Finding]:
    """`device` is encoder.device."""
    there = gpu_is_there(root)
    if device == "cpu":
        unused = "There is a GPU, which encoder.device: cpu leaves unused." if there else None
        yield ok("gpu", unused or "There is no GPU; the encoder runs on the CPU.")
    elif not there:
        if device == "gpu":
            yield failure(
                "gpu",
                "There is no NVIDIA GPU, but encoder.device is gpu; install its driver or set "
                "encoder.device to auto or cpu.",
            )
        else:
            yield ok("gpu", "There is no GPU; the encoder runs on the CPU.")
    elif usable() > 0:
        yield ok("gpu", "There is a GPU, and TensorFlow can use it.")
    else:
        level = failure if device == "gpu" else warning
        yield level(
            "gpu",
            "There is a GPU, but TensorFlow cannot use it; install its CUDA libraries with pip "
            "install 'tensorflow[and-cuda]', or set encoder.device to cpu.",
        )
