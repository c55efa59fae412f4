"""Where MobileFaceNet's weights and the encoder made out of them lie."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from accessctl.zoo.places import EncoderPlaces


@dataclass(frozen=True, slots=True)
class MobileFaceNetPlaces(EncoderPlaces):
    """Where the MobileFaceNet encoder lies in the folder `models`."""

    NAME: ClassVar[str] = "mobilefacenet"
    BUILDER: ClassVar[str] = "accessctl.zoo.build_mobilefacenet"

    @property
    def weights(self) -> Path:
        return self.cache / "MobileFaceNet.tflite"

    @property
    def sources(self) -> tuple[Path, ...]:
        return (self.weights,)
