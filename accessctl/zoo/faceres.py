"""Where the FaceRes weights and the encoder made out of them lie."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from accessctl.encoder.card import combined
from accessctl.zoo.places import EncoderPlaces


@dataclass(frozen=True, slots=True)
class FaceresPlaces(EncoderPlaces):
    """Where the FaceRes encoder lies in the folder `models`."""

    NAME: ClassVar[str] = "faceres"
    BUILDER: ClassVar[str] = "accessctl.zoo.build_faceres"

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
