"""The encoders made on this machine out of fetched weights: where each lies, when it is made."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar, TypeVar

from accessctl.bundled import CACHE
from accessctl.encoder.card import combined
from accessctl.errors import ModelError
from accessctl.zoo.build import build_missing, run_module
from accessctl.zoo.fetch import Report


@dataclass(frozen=True, slots=True)
class EncoderPlaces(ABC):
    """Where such an encoder lies in the folder `models`.

    `NAME` is its folder there and in the cache, `BUILDER` the module that makes its files. The
    cache lies in `filled`, a folder of models that may be written, or in `models` itself.
    """

    NAME: ClassVar[str]
    BUILDER: ClassVar[str]
    models: Path
    filled: Path | None = None

    @property
    def encoder(self) -> Path:
        return self.models / self.NAME

    @property
    def golden(self) -> Path:
        return self.encoder / "golden.npz"

    @property
    def cache(self) -> Path:
        return (self.filled or self.models) / CACHE / self.NAME

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
    @abstractmethod
    def sources(self) -> tuple[Path, ...]:
        """What the encoder is made from."""

    @property
    def artefacts(self) -> tuple[Path, ...]:
        """What is made."""
        return self.keras, self.float16


PlacesT = TypeVar("PlacesT", bound=EncoderPlaces)


def run_build(places: EncoderPlaces) -> None:
    """Build in a process of its own; raises ModelError with its one sentence."""
    if find_spec("tensorflow") is None:
        raise ModelError(
            f"The encoder {places.NAME} is built with TensorFlow, which is not installed; run "
            "`accessctl models pack FILE` on a machine that has it and `accessctl models unpack "
            "FILE` on this one, or install it: pip install 'accessctl[train]'."
        )
    run_module(places.BUILDER, str(places.models), str(places.filled or places.models))


def provide(
    places: PlacesT,
    *,
    announce: Callable[[str], None],
    build: Callable[[PlacesT], None] = run_build,
) -> Iterator[Report]:
    """Yield a report for each encoder file, building all of them unless all are intact.

    Raises ModelError.
    """
    return build_missing(
        places.sources,
        places.artefacts,
        places.sums,
        announce=announce,
        build=lambda: build(places),
    )


@dataclass(frozen=True, slots=True)
class DlibPlaces(EncoderPlaces):
    """Where dlib's encoder lies in the folder `models`."""

    NAME: ClassVar[str] = "dlib"
    BUILDER: ClassVar[str] = "accessctl.zoo.dlib"

    @property
    def weights(self) -> Path:
        return self.cache / "dlib_face_recognition_resnet_model_v1.dat"

    @property
    def int8(self) -> Path:
        return self.cache / "encoder_int8.tflite"

    @property
    def sources(self) -> tuple[Path, ...]:
        return (self.weights,)

    @property
    def artefacts(self) -> tuple[Path, ...]:
        return self.keras, self.int8, self.float16


@dataclass(frozen=True, slots=True)
class FaceresPlaces(EncoderPlaces):
    """Where the FaceRes encoder lies in the folder `models`."""

    NAME: ClassVar[str] = "faceres"
    BUILDER: ClassVar[str] = "accessctl.zoo.faceres"

    @property
    def projection(self) -> Path:
        return self.encoder / "projection.npz"

    @property
    def graph(self) -> Path:
        return self.cache / "faceres.json"

    @property
    def weights(self) -> Path:
        return self.cache / "faceres.bin"

    @property
    def sources(self) -> tuple[Path, ...]:
        """What the encoder is made from, and its fingerprint."""
        return self.graph, self.weights, self.projection


def fingerprint(places: FaceresPlaces) -> str:
    """Of graph, weights and projection together; raises OSError."""
    return combined(hashlib.sha256(path.read_bytes()).hexdigest() for path in places.sources)


@dataclass(frozen=True, slots=True)
class MobileFaceNetPlaces(EncoderPlaces):
    """Where the MobileFaceNet encoder lies in the folder `models`."""

    NAME: ClassVar[str] = "mobilefacenet"
    BUILDER: ClassVar[str] = "accessctl.zoo.mobilefacenet"

    @property
    def weights(self) -> Path:
        return self.cache / "MobileFaceNet.tflite"

    @property
    def sources(self) -> tuple[Path, ...]:
        return (self.weights,)
