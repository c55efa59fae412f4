"""The card beside a texture network, and the face with what is around it as that network eats it.

The card says what the network eats, how its answer is read and where it came from. Everything that
depends on the network is read from there, so that a door can change it by naming another folder.

The places of the crops are those of minivision's Silent-Face-Anti-Spoofing (2020): a rectangle of
the face's proportions, lowered where it would not fit, and moved into the picture rather than
padded, because a padded rim is a trace that no camera leaves.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from accessctl.domain import Box, Image
from accessctl.errors import ModelError
from accessctl.liveness.evidence import TEXTURE_BOUNDS, TEXTURE_CLEARS
from accessctl.storage.parsing import read_mapping, shortened

Sampling: TypeAlias = Literal["area", "points"]
"""How a crop is shrunk: by averages of areas, or by single points between the four nearest pixels.
Points alias, as minivision's own preprocessing does: what a fine grid leaves of itself stays
visible in few pixels."""

CARD_NAME = "card.yaml"
LITERT, KERAS = ".tflite", ".keras"

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Told = str | dict[str, JsonValue]


def crops(
    image: Image,
    box: Box,
    reaches: Sequence[float],
    size: int,
    sampling: Sampling = "area",
) -> NDArray[np.uint8]:
    """RGB uint8 (K, size, size, 3): for each of the K `reaches` what `place` says of `image`.

    `image` is RGB uint8 (H, W, 3) and `box` the tight box of the face's mesh, in pixels.
    Enlarging is bilinear; about a millisecond for three reaches in a frame of 720 rows. Raises
    ValueError for a picture that is none and a box that has no area.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise ValueError(f"image must be uint8 (H, W, 3), not {image.dtype} {image.shape}")
    height, width = image.shape[:2]
    laid = np.empty((len(reaches), size, size, 3), np.uint8)
    for number, reach in enumerate(reaches):
        left, top, right, bottom = place(width, height, box, reach)
        part = image[top:bottom, left:right]
        if sampling == "points":
            laid[number] = _resized(part, size, size, cv2.INTER_LINEAR)
        else:
            laid[number] = _scaled(part, size)
    return laid


def place(width: int, height: int, box: Box, reach: float) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of `box` enlarged `reach` times, in whole pixels.

    Right and bottom are the first that do not belong to it. The rectangle keeps the centre and
    the proportions of the box; what is larger than the picture of `width` x `height` is
    lowered on both sides alike until it fits, and what reaches over an edge is moved in.
    """
    if not (0 < box.w < np.inf and 0 < box.h < np.inf and 0 < reach < np.inf):
        raise ValueError(f"a box of {box.w} x {box.h} pixels enlarged {reach} times has no area")
    if not np.isfinite(box.centre).all():
        raise ValueError(f"a box around {box.centre} lies nowhere")
    fits = min((height - 1) / box.h, (width - 1) / box.w, reach)
    x, y = box.centre
    across, along = _whole(box.w * fits), _whole(box.h * fits)
    left = min(max(0, _nearest(x - across / 2)), width - across)
    top = min(max(0, _nearest(y - along / 2)), height - along)
    return left, top, left + across, top + along


def _whole(side: float) -> int:
    return max(1, _nearest(side))


def _nearest(value: float) -> int:
    return int(np.floor(value + 0.5))


def _scaled(part: Image, size: int) -> Image:
    # Halves are averaged ten times faster than any other ratio.
    while min(part.shape[:2]) >= 2 * size:
        rows, columns = part.shape[0] // 2, part.shape[1] // 2
        whole = part[: 2 * rows, : 2 * columns]
        part = _resized(whole, columns, rows, cv2.INTER_AREA)
    shrinks = min(part.shape[:2]) >= size
    return _resized(part, size, size, cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def _resized(part: Image, columns: int, rows: int, way: int) -> Image:
    return cv2.resize(part, (columns, rows), interpolation=way).astype(np.uint8, copy=False)


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class TextureInput(_Section):
    """Squares of `size` pixels, one for each of `reaches`: the face's tight box enlarged so many
    times, as `texture_crops` cuts it and by its `sampling`. `scale` unit: values are 0 to 1; byte:
    0 to 255."""

    size: int = Field(ge=16, le=512)
    reaches: tuple[Annotated[float, Field(ge=0.5, le=10)], ...] = Field(min_length=1, max_length=8)
    order: Literal["rgb", "bgr"]
    scale: Literal["unit", "byte"]
    sampling: Sampling = "area"


class TextureOutput(_Section):
    """How likely it is that the face lives, from the number at `index` of what comes out.

    probability: that number itself; logit: 1 / (1 + exp(-number)); softmax: its share of the
    exponentials of all numbers.
    """

    kind: Literal["probability", "logit", "softmax"]
    index: int = Field(0, ge=0, le=1000)


class TextureCard(_Section):
    """One texture network.

    `fingerprint` names the weights, whatever file they stand in: the SHA-256 of the file that
    they were first written to; `sha256` is that of `file`, a LiteRT or Keras file beside the
    card. `layout` stacked: one input (1, S, S, 3 K), the first reach's channels first;
    separate: K inputs (1, S, S, 3), whose names in alphabetical order are those of the reaches.
    A mean over a visit of at least `confirm` shows life, one of at most `doubt` speaks of an
    attack. `fitted_films` are the recordings that anything was fitted on or chosen by.
    """

    name: str = Field(min_length=1, max_length=100)
    version: str = Field(min_length=1, max_length=50)
    fingerprint: Sha256
    file: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$")
    sha256: Sha256
    input: TextureInput
    layout: Literal["stacked", "separate"]
    output: TextureOutput
    confirm: float = Field(TEXTURE_BOUNDS[1], gt=TEXTURE_CLEARS, le=1)
    doubt: float = Field(TEXTURE_BOUNDS[0], ge=0, lt=TEXTURE_CLEARS)
    origin: str
    licence: str
    data: Told
    measured: Told = Field(default_factory=dict)
    fitted_films: tuple[str, ...] = ()
    folder: Path = Field(Path(), exclude=True)

    @model_validator(mode="after")
    def _file_can_run(self) -> Self:
        if not self.file.endswith((LITERT, KERAS)):
            raise ValueError(f"file must end with {LITERT} or {KERAS}")
        return self

    @property
    def path(self) -> Path:
        return self.folder / self.file

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """What the network's inputs must be, in their order."""
        size, reaches = self.input.size, len(self.input.reaches)
        if self.layout == "stacked":
            return ((1, size, size, 3 * reaches),)
        return ((1, size, size, 3),) * reaches

    def content(self) -> bytes:
        """The bytes of `file`, which have the digest that the card says.

        The bytes that were checked are the bytes to load, so that a swap in between changes
        nothing. Raises ModelError.
        """
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise ModelError(
                f"Cannot read the texture network {self.path} ({error.strerror}); restore it."
            ) from error
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise ModelError(
                f"{self.path} is not the file that its card describes (another SHA-256); restore "
                "it, or write the card anew."
            )
        return data


def load_texture_card(folder: Path) -> TextureCard:
    """The card of the texture network in `folder`; ModelError with the first thing wrong."""
    path = folder / CARD_NAME
    try:
        raw: dict[Any, Any] = read_mapping(path)
    except OSError as error:
        raise ModelError(
            f"Cannot read the texture network's card {path} ({error.strerror}); name its folder "
            "as liveness.texture."
        ) from error
    except ValueError as error:
        raise ModelError(f"{path} {error}; restore the texture network's card.") from error
    if "folder" in raw:
        raise ModelError(f"{path} is not a texture network's card; restore it.")
    try:
        return TextureCard.model_validate({**raw, "folder": folder})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = shortened(".".join(str(part) for part in first["loc"]), 80) or "the card"
        raise ModelError(
            f"{path}: {key}: {shortened(first['msg'], 200)}; correct the texture network's card."
        ) from error
