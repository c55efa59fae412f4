"""Where dlib's weights and the encoder made out of them lie."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from accessctl.zoo.places import EncoderPlaces


@dataclass(frozen=True, slots=True)
class DlibPlaces(EncoderPlaces):
    """Where dlib's encoder lies in the folder `models`."""

    NAME: ClassVar[str] = "dlib"
    BUILDER: ClassVar[str] = "accessctl.zoo.build_dlib"

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
