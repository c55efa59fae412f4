"""Everything a run depends on: written into its folder, read back when it is resumed."""

from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from accessctl.errors import ConfigError, StoreError
from accessctl.storage.files import write_atomically
from accessctl.training.augment import Strength

NAME = "config.yaml"

Freeze = Literal["none", "low", "backbone"]
Region = tuple[float, float, float, float]
"""x0, y0, x1, y1 of the template's canvas."""


class _RunPart(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class LossSetting(_RunPart):
    name: str
    weight: float = Field(1.0, gt=0)


class TeacherSetting(_RunPart):
    """`file`: descriptors (N, T) row for row with the pack's list, or an encoder's folder.

    `weight` is that of its part of the loss, or of the embedding that is put beside."""

    file: Path
    weight: float = Field(1.0, gt=0)


class Settings(_RunPart):
    """One run of `accessctl train`; the command's help says what each field is."""

    data: Path
    aligned: bool = False
    init: Path = Path("models/dlib")
    outputs: int | None = Field(None, ge=2, le=1024)
    head: Literal["fitted", "random"] = "fitted"
    size: int | None = Field(None, ge=16, le=1024)
    region: Region | None = None
    losses: tuple[LossSetting, ...] = Field(min_length=1)
    teachers: tuple[TeacherSetting, ...] = ()
    beside: TeacherSetting | None = None
    freeze: Freeze = "none"
    augment: Strength = "door"
    mining: Literal["random", "semi-hard", "batch-hard"] = "semi-hard"
    margin: float | None = Field(None, gt=0)
    centres: int = Field(1, ge=1, le=10)
    centres_start: Literal["imprinted", "random"] = "imprinted"
    batch: int = Field(64, ge=2, le=4096)
    photos: int = Field(4, ge=2, le=64)
    cap: int = Field(40, ge=2)
    rate: float = Field(2e-4, gt=0)
    weight_decay: float = Field(5e-4, ge=0)
    ema: float = Field(0.995, ge=0, lt=1)
    mixed: bool = False
    minutes: float | None = Field(None, gt=0)
    epochs: float | None = Field(None, gt=0)
    steps: int | None = Field(None, ge=1)
    round_steps: int | None = Field(None, ge=1)
    exemplars: float = Field(0, ge=0, le=1)
    people: int | None = Field(None, ge=2)
    held_out: int = Field(200, ge=0)
    validation_photos: int = Field(6, ge=2)
    seen: int = Field(0, ge=0)
    seed: int = Field(1, ge=0)

    @model_validator(mode="after")
    def _region_has_an_area(self) -> Self:
        if self.region is not None and not (
            self.region[0] < self.region[2] and self.region[1] < self.region[3]
        ):
            raise ValueError("give region as x0 y0 x1 y1 with x0 < x1 and y0 < y1")
        return self

    @model_validator(mode="after")
    def _has_one_budget(self) -> Self:
        if [self.minutes, self.epochs, self.steps].count(None) != 2:
            raise ValueError("give one of minutes, epochs and steps")
        return self


def write(folder: Path, settings: Settings) -> None:
    """Make the run's folder and put the settings there; raises StoreError."""
    text = yaml.safe_dump(settings.model_dump(mode="json"), sort_keys=False)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(folder / NAME, text.encode(), mode=0o644)
    except OSError as error:
        raise StoreError(
            f"Cannot write to {folder} ({error.strerror}); name a folder that can be written to."
        ) from error


def read(folder: Path) -> Settings:
    """The settings of a run that was started before; raises ConfigError."""
    path = folder / NAME
    try:
        return Settings.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(
            f"Cannot read {path} ({error.strerror}); name the folder of a run to resume."
        ) from error
    except (yaml.YAMLError, ValidationError) as error:
        first = " ".join(str(error).split())[:200]
        raise ConfigError(f"{path} is not a run's settings ({first}); restore it.") from error
