"""Make the encoder files out of dlib's weights when they are not there yet."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from accessctl.provision.build import build_missing, run_module
from accessctl.provision.fetch import Report


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
    run_module("accessctl.provision.build_dlib", str(places.models))


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
    return build_missing(
        [places.weights],
        places.artefacts,
        places.sums,
        announce=announce,
        build=lambda: build(places),
    )
