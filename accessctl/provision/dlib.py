"""Make the encoder files out of dlib's weights when they are not there yet."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from accessctl.encoder.artefacts import read_checked
from accessctl.errors import ModelError
from accessctl.provision.fetch import Report

BUILD_TIMEOUT_S = 900.0


@dataclass(frozen=True, slots=True)
class Places:
    """Where dlib's encoder lies in the folder `models`."""

    models: Path

    @property
    def encoder(self) -> Path:
        return self.models / "dlib"

    @property
    def golden(self) -> Path:
        return self.encoder / "golden.npz"

    @property
    def cache(self) -> Path:
        return self.models / "cache" / "dlib"

    @property
    def weights(self) -> Path:
        return self.cache / "dlib_face_recognition_resnet_model_v1.dat"

    @property
    def keras(self) -> Path:
        return self.cache / "encoder.keras"

    @property
    def int8(self) -> Path:
        return self.cache / "encoder_int8.tflite"

    @property
    def float16(self) -> Path:
        return self.cache / "encoder_float16.tflite"

    @property
    def sums(self) -> Path:
        return self.cache / "SHA256SUMS"

    @property
    def artefacts(self) -> tuple[Path, Path, Path]:
        return self.keras, self.int8, self.float16


def run_build(places: Places) -> None:
    """Build in a process of its own; raises ModelError with its one sentence."""
    argv = [sys.executable, "-m", "accessctl.provision.build_dlib", str(places.models)]
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": "-1"}
    try:
        done = subprocess.run(  # noqa: S603 - a fixed argv without a shell
            argv,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=BUILD_TIMEOUT_S,
            env=environment,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ModelError(f"The encoder could not be built ({error}); fetch again.") from error
    if done.returncode != 0:
        lines = (done.stdout.strip() or done.stderr.strip() or "no message").splitlines()
        raise ModelError(f"The encoder could not be built: {lines[-1]}")


def provide(
    models: Path,
    *,
    announce: Callable[[str], None],
    build: Callable[[Places], None] = run_build,
) -> Iterator[Report]:
    """Yield a report for each encoder file, building all of them unless all are intact.

    Raises ModelError.
    """
    places = Places(models)
    intact = all(is_intact(path, places.sums) for path in (places.weights, *places.artefacts))
    if not intact:
        announce("rebuilding the encoder in Keras and exporting it to LiteRT")
        build(places)
    for path in places.artefacts:
        yield Report(path, "present" if intact else "built")


def is_intact(path: Path, sums: Path) -> bool:
    """Whether `path` is there and has the digest that `sums` lists for it."""
    try:
        read_checked(path, sums)
    except ModelError:
        return False
    return True
