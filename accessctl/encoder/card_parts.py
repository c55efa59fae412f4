"""The sections of an encoder's card, what must hold within each, and what is usual in them."""

import datetime
import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Point = tuple[float, float]
Scale = Annotated[float, Field(gt=0)]

LOG10_FLOOR = -15.0
"""No table vouches for rarer matches."""

MOST_POOLED = 10.0
"""More than any encoder's rates can be thought to rise: a factor of 100 for a spread of 0.2."""

# ArcFace's template for 112x112 crops (Deng et al., CVPR 2019), shifted by a margin of 8.
TEMPLATE = (
    (46.2946, 59.6963),
    (81.5318, 59.5014),
    (64.0252, 79.7366),
    (49.5493, 100.3655),
    (78.7299, 100.2041),
)
REGIONS = {
    "arcface112": (8.0, 8.0, 120.0, 120.0),
    "canvas128": (0.0, 0.0, 128.0, 128.0),
    "dlib150": (14.3, 28.0, 114.9, 128.6),
}
"""Crops that encoders are usually trained on, as regions of the template's canvas."""

INPUTS: dict[str, tuple[tuple[float, float, float], float | tuple[float, float, float]]] = {
    "minus1to1": ((127.5, 127.5, 127.5), 1 / 127.5),
    "0to1": ((0, 0, 0), 1 / 255),
    "raw": ((0, 0, 0), 1),
    "imagenet": ((123.675, 116.28, 103.53), (1 / 58.395, 1 / 57.12, 1 / 57.375)),
    "dlib": ((122.782, 117.001, 104.298), 1 / 256),
    "vggface2": ((131.0912, 103.8827, 91.4953), 1),
}
"""Means in the order red, green, blue and scales that encoders usually eat."""


class CardSection(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Input(CardSection):
    """Crops of `size` x `size`; the network sees `(value - mean) * scale`.

    `mean` and, where it is not the same for all, `scale` are in the order of `channels`.
    """

    size: int = Field(ge=16, le=1024)
    channels: Literal["rgb", "bgr"] = "rgb"
    mean: tuple[float, float, float]
    scale: Scale | tuple[Scale, Scale, Scale]


class Geometry(CardSection):
    """See `domain.CropGeometry`."""

    template: tuple[Point, Point, Point, Point, Point]
    region: tuple[float, float, float, float]

    @model_validator(mode="after")
    def _region_has_an_area(self) -> Self:
        x0, y0, x1, y1 = self.region
        if x1 <= x0 or y1 <= y0:
            raise ValueError("region must be x0, y0, x1, y1 with x0 < x1 and y0 < y1")
        return self


class LiteRtFiles(CardSection):
    int8: str | None = None
    float16: str | None = None


class Files(CardSection):
    """Paths relative to the card; `sums` is a SHA256SUMS file that the others must match."""

    litert: LiteRtFiles = LiteRtFiles()
    keras: str | None = None
    sums: str | None = None

    @model_validator(mode="after")
    def _names_a_network(self) -> Self:
        if not (self.litert.int8 or self.litert.float16 or self.keras):
            raise ValueError("must name at least one of litert.int8, litert.float16 and keras")
        return self


class EncoderPart(CardSection):
    """Another encoder that this one is joined from: its folder, relative to this card, and
    how much its unit embedding counts beside the others'."""

    folder: str = Field(min_length=1, max_length=300)
    weight: float = Field(gt=0, le=1000)


class ScoredPart(CardSection):
    """So many numbers of the embedding are normalised by themselves, and how much their score
    counts in the mean of the parts' scores."""

    numbers: int = Field(ge=1, le=8192)
    weight: float = Field(gt=0, le=1000)


class CalibrationTable(CardSection):
    """Normalised score -> log10 of the false-match rate and of its upper 95 % bound.

    Scores ascend; `neighbours` is how many nearest cohort faces a score's mean is taken of and
    `spread` of how many its deviation (None: of the same). Without `parts` the embedding is scored
    as a whole. `strangers` says of whom the rate is: "like" where they are of one sex, origin and
    age band with whom they are compared with, "any" where they are anybody. `pooled` is how much
    the log10 of a rate rises for each side with the spread of the photos pooled in it (see
    recognition.pooling); 0 takes pooled photos for single ones.
    """

    neighbours: int = Field(ge=2)
    spread: int | None = Field(None, ge=2)
    strangers: Literal["like", "any"] = "any"
    pooled: float = Field(0.0, ge=0, le=MOST_POOLED)
    parts: tuple[ScoredPart, ...] | None = None
    score: tuple[float, ...] = Field(min_length=2, max_length=10000)
    log10_fmr: tuple[float, ...]
    log10_fmr_upper: tuple[float, ...]
    made_by: str
    date: datetime.date

    @model_validator(mode="after")
    def _columns_fit(self) -> Self:
        complaint = table_complaint(self.score, self.log10_fmr, self.log10_fmr_upper)
        if complaint is not None:
            raise ValueError(complaint)
        return self


def table_complaint(
    score: Sequence[float], log10_fmr: Sequence[float], log10_fmr_upper: Sequence[float]
) -> str | None:
    """What is wrong with a table from normalised score to false-match rate; None: nothing.

    `score` ascends strictly; the rate and its upper bound fall or stay, at least two rows of
    finite numbers between LOG10_FLOOR and 0, and the bound never lies below the rate.
    """
    columns = (score, log10_fmr, log10_fmr_upper)
    rates = columns[1:]
    if not len(score) == len(log10_fmr) == len(log10_fmr_upper):
        return "score, log10_fmr and log10_fmr_upper must be equally long"
    if len(score) < 2:
        return "it must have at least 2 rows"
    if not all(math.isfinite(number) for column in columns for number in column):
        return "its numbers must be finite"
    if any(b <= a for a, b in pairwise(score)):
        return "score must ascend"
    if any(b > a for column in rates for a, b in pairwise(column)):
        return "a higher score must not stand for a higher false-match rate"
    if any(not LOG10_FLOOR <= rate <= 0 for column in rates for rate in column):
        return f"a false-match rate is at most 1, so its log10 lies between {LOG10_FLOOR:g} and 0"
    if any(u < f for f, u in zip(log10_fmr, log10_fmr_upper, strict=True)):
        return "log10_fmr_upper must not lie below log10_fmr"
    return None


def usual_input(name: str, channels: str, size: int) -> Input:
    """One of INPUTS, its mean and scale in the order of `channels` ("rgb" or "bgr")."""
    mean, scale = INPUTS[name]
    if channels == "bgr":
        mean = mean[::-1]
        scale = scale[::-1] if isinstance(scale, tuple) else scale
    return Input.model_validate({"size": size, "channels": channels, "mean": mean, "scale": scale})
