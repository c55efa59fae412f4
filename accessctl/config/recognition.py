"""The sections `vision`, `encoder`, `gallery` and `training`: how faces are found, told apart and
kept, and what `accessctl train` does where its options do not say otherwise.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from accessctl.config.section import Section, in_order, safer

DetectorRuntime = Literal["litert", "mediapipe"]
LossName = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}(=[0-9]*\.?[0-9]+)?$", max_length=64)
]


class VisionConfig(Section):
    models: Path = Field(
        Path("models/cache/mediapipe"),
        description="Folder of the detector and face mesh files that `accessctl models fetch` "
        "fills; name your own folder to bring your own files.",
    )
    runtime: DetectorRuntime = Field(
        "litert",
        description="What runs the face detectors: litert, or the mediapipe package, where it is "
        "installed. The same files, the same boxes.",
    )
    detection_confidence: float = Field(
        0.3, ge=0.05, le=0.99, description="Detector score below which a box is not looked at."
    )
    presence: float = Field(
        0.5,
        ge=0.05,
        le=0.99,
        description="Mesh presence below which a followed face is lost.",
        json_schema_extra=safer("higher"),
    )
    new_face_presence: float = Field(
        0.98,
        ge=0.05,
        le=0.999,
        description="Mesh presence that a new face must reach before it is followed; a followed "
        "face below it is 'unclear'.",
        json_schema_extra=safer("higher"),
    )
    tiles_per_frame: int = Field(
        3,
        ge=1,
        le=9,
        description="Of the nine tiles in which new faces are searched, so many are looked at in "
        "a frame at most; fewer spare a slow processor and find whoever arrives later.",
    )
    max_faces: int = Field(
        4,
        ge=1,
        le=16,
        description="Faces followed at the same time.",
        json_schema_extra=safer("higher"),
    )
    min_face_px: float = Field(
        60,
        ge=20,
        le=2000,
        description="Narrower faces are 'too far' to be recognised, pixels.",
        json_schema_extra=safer("higher"),
    )
    min_sharpness: float = Field(
        0.3,
        ge=0,
        le=1,
        description="Below this sharpness a face is 'too blurred', 0 to 1.",
        json_schema_extra=safer("higher"),
    )
    min_brightness: float = Field(
        0.08,
        ge=0,
        le=1,
        description="Mean skin luminance below which a face is 'too dark'.",
        json_schema_extra=safer("higher"),
    )
    max_brightness: float = Field(
        0.92,
        ge=0,
        le=1,
        description="Mean skin luminance above which a face is 'too bright'.",
        json_schema_extra=safer("lower"),
    )
    max_yaw: float = Field(
        40,
        gt=0,
        le=90,
        description="Beyond this yaw: 'turned away', degrees.",
        json_schema_extra=safer("lower"),
    )
    max_pitch: float = Field(
        30,
        gt=0,
        le=90,
        description="Beyond this pitch: 'turned away', degrees.",
        json_schema_extra=safer("lower"),
    )
    track_timeout_s: float = Field(
        1.0,
        gt=0,
        le=30,
        description="A face unseen this long has left; the visit ends, seconds.",
        json_schema_extra=safer("lower"),
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        return in_order(self, "min_brightness", "max_brightness")


class EncoderConfig(Section):
    folder: Path = Field(
        Path("models/encoder"),
        description="The face encoder: its folder, which holds its card.yaml, or its name, such "
        "as encoder or dlib, by which it is found among the user's and this release's.",
    )
    device: Literal["auto", "cpu", "gpu"] = Field(
        "auto", description="cpu: LiteRT; gpu: TensorFlow; auto: the GPU if there is one."
    )
    precision: Literal["int8", "float16"] = Field(
        "int8",
        description="Which LiteRT export runs on a CPU, where the encoder has it; else the other.",
    )
    flip_average: bool = Field(
        True,
        description="Photos: average a face with its mirror image; at the door the frames of a "
        "visit take turns.",
    )
    threads: int = Field(
        1, ge=1, le=64, description="LiteRT threads for the encoder, where there are so many cores."
    )


class GalleryConfig(Section):
    folder: Path = Field(
        Path("enrolled"),
        description="Where enrolled people are kept.",
        json_schema_extra=safer("fixed"),
    )
    max_stale_s: float = Field(
        60,
        ge=0,
        le=86400,
        description="While the gallery cannot be read, the door goes on with its last copy for so "
        "long; then it lets nobody in, because somebody may have been removed, seconds.",
        json_schema_extra=safer("lower"),
    )
    max_photo_mb: float = Field(
        20,
        gt=0,
        le=500,
        description="Larger photo files are refused, megabytes.",
        json_schema_extra=safer("lower"),
    )
    max_photo_megapixels: float = Field(
        64,
        gt=0,
        le=500,
        description="Photos of more pixels are refused, millions.",
        json_schema_extra=safer("lower"),
    )


class TrainingConfig(Section):
    loss: tuple[LossName, ...] = Field(
        (),
        description="Losses that are added up where `accessctl train` is given no --loss, each "
        "NAME or NAME=WEIGHT; names of losses that were added from outside, too.",
    )
