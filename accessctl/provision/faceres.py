"""Make the encoder files out of the FaceRes weights when they are not there yet."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from accessctl.encoder.fingerprint import combined
from accessctl.provision.build import build_missing, run_module
from accessctl.provision.fetch import Report


@dataclass(frozen=True, slots=True)
class Places:
    """Where the FaceRes encoder lies in the folder `models`."""

    models: Path

    @property
    def encoder(self) -> Path:
        return self.models / "faceres"

    @property
    def golden(self) -> Path:
        return self.encoder / "golden.npz"

    @property
    def projection(self) -> Path:
        return self.encoder / "projection.npz"

    @property
    def cache(self) -> Path:
        return self.models / "cache" / "faceres"

    @property
    def graph(self) -> Path:
        return self.cache / "faceres.json"

    @property
    def weights(self) -> Path:
        return self.cache / "faceres.bin"

    @property
    def keras(self) -> Path:
        return self.cache / "encoder.keras"

    @property
    def float16(self) -> Path:
        return self.cache / "encoder_float16.tflite"

    @property
    def sums(self) -> Path:
        return self.cache / "SHA256SUMS"

    @property
    def sources(self) -> tuple[Path, Path, Path]:
        """What the encoder is made from, and its fingerprint."""
        return self.graph, self.weights, self.projection

    @property
    def artefacts(self) -> tuple[Path, Path]:
        return self.keras, self.float16


def fingerprint(places: Places) -> str:
    """Of graph, weights and projection together; raises OSError."""
    return combined(hashlib.sha256(path.read_bytes()).hexdigest() for path in places.sources)


def run_build(places: Places) -> None:
    """Build in a process of its own; raises ModelError with its one sentence."""
    run_module("accessctl.provision.build_faceres", str(places.models))


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
        places.sources,
        places.artefacts,
        places.sums,
        announce=announce,
        build=lambda: build(places),
    )
