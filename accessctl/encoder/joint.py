"""An encoder joined from others: their unit embeddings side by side, each with its weight.

The cosine of two joint embeddings is the mean of the parts' cosines, weighted by the squares
of the weights. Encoders whose errors differ are stronger together than the best of them. The joint
encoder's card is made from those of its parts, and held against them when it is loaded.

The crops of all parts are taken from one canvas, without a second detection: they lie on the same
template, so each is an upright window of the canvas at a scale of its own. As in every crop
geometry, pixel i of a crop lies i pixel widths to the right of its region's left edge.
"""

import datetime
import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from accessctl.domain import CropGeometry, Embedding, Image
from accessctl.encoder.base import Encoder, unit
from accessctl.encoder.card import CARD_NAME, Card, combined, load_card
from accessctl.encoder.card_parts import EncoderPart, Geometry, Input
from accessctl.errors import ModelError

TEMPLATE_TOLERANCE = 1e-3
DECIMALS = 4
ROUNDING = 1e-3
"""Of a pixel: what regions rounded to DECIMALS may be off."""


class JointEncoder:
    """Embeds with `encoders`, those of the parts of `card` in their order."""

    def __init__(self, card: Card, encoders: Sequence[Encoder]) -> None:
        parts = card.parts or ()
        canvas = card.crop_geometry
        self._card = card
        self._parts = [
            (encoder, CanvasWindow(canvas, encoder.card.crop_geometry), part.weight)
            for encoder, part in zip(encoders, parts, strict=True)
        ]

    @property
    def card(self) -> Card:
        return self._card

    @property
    def device(self) -> str:
        """ "gpu" when every part runs there."""
        devices = {encoder.device for encoder, _, _ in self._parts}
        return "gpu" if devices == {"gpu"} else "cpu"

    def embed(self, crops: Image) -> Embedding:
        self._card.check(crops)
        embeddings = [
            weight * encoder.embed(window.cut(crops)) for encoder, window, weight in self._parts
        ]
        return unit(np.concatenate(embeddings, axis=1))


def joint_fingerprint(cards: Sequence[Card], parts: Sequence[EncoderPart]) -> str:
    """Ties templates to these very parts, in this order, with these weights."""
    return combined(
        f"{card.fingerprint} {part.weight!r}" for card, part in zip(cards, parts, strict=True)
    )


def part_cards(card: Card) -> tuple[Card, ...]:
    """The cards of the parts of a joint encoder; ModelError unless they fit its own card."""
    parts = card.parts or ()
    cards = load_parts(card.folder, parts)
    name, canvas = card.path(CARD_NAME), card.crop_geometry
    dimension = sum(other.dimension for other in cards)
    if card.dimension != dimension:
        raise ModelError(
            f"{name}: dimension must be that of its parts together, {dimension}; correct it."
        )
    if card.fingerprint != joint_fingerprint(cards, parts):
        raise ModelError(
            f"{name}: a part or a weight is not what it was when the parts were joined; restore "
            "it, or run `accessctl models join` and `accessctl models calibrate` again."
        )
    for other in cards:
        if not (
            _same_template(canvas, other.crop_geometry) and covers(canvas, other.crop_geometry)
        ):
            raise ModelError(
                f"{name}: geometry does not cover the crop of {other.name}; "
                "run `accessctl models join` again."
            )
    return cards


def load_parts(folder: Path, parts: Sequence[EncoderPart]) -> tuple[Card, ...]:
    """The card of each part of a joint encoder in `folder`.

    Raises ModelError for a part that lies elsewhere than `folder` and its neighbours, is
    joined itself, or has another template than the first.
    """
    cards = tuple(load_card(_part_folder(folder, part)) for part in parts)
    for card in cards:
        if card.files is None:
            raise ModelError(
                f"{card.folder} is joined from parts itself; name its parts in their own right."
            )
        if not _same_template(cards[0].crop_geometry, card.crop_geometry):
            raise ModelError(
                f"{card.folder} has another template than {cards[0].folder}, so no one crop "
                "serves both; shift its template and region together onto the other's."
            )
    return cards


def joined(
    folder: Path, parts: Sequence[EncoderPart], *, name: str, version: str, date: datetime.date
) -> Card:
    """The card, not yet written, of an encoder in `folder` joined from `parts`; ModelError.

    What it says of origin, licence and training it takes from its parts.
    """
    cards = load_parts(folder, parts)
    canvas = canvas_over([card.crop_geometry for card in cards])
    return Card(
        name=name,
        version=version,
        fingerprint=joint_fingerprint(cards, parts),
        dimension=sum(card.dimension for card in cards),
        # The canvas goes to the parts as it is: each normalises its own crop.
        input=Input(size=canvas.size, mean=(0, 0, 0), scale=1),
        geometry=Geometry(template=cards[0].geometry.template, region=canvas.region),
        parts=tuple(parts),
        origin="joined by `accessctl models join` from " + _each(cards, "origin"),
        licence=_each(cards, "licence"),
        date=date,
        trained_on=_each(cards, "trained_on"),
        folder=folder,
    )


def _each(cards: Sequence[Card], field: str) -> str:
    return "; ".join(f"{card.name}: {getattr(card, field)}" for card in cards)


def _part_folder(folder: Path, part: EncoderPart) -> Path:
    """Where a part lies: somewhere below the folder that holds the joint encoder's; ModelError."""
    path = folder / part.folder
    models, own = folder.resolve().parent, folder.resolve()
    if Path(part.folder).is_absolute() or not path.resolve().is_relative_to(models):
        raise ModelError(
            f"{folder / CARD_NAME}: the part {part.folder} must be a relative path within "
            f"{folder.parent}; correct it."
        )
    if path.resolve() in (own, models):
        raise ModelError(
            f"{folder / CARD_NAME}: the part {part.folder} is no encoder's folder of its own; "
            "correct it."
        )
    return path


def _same_template(one: CropGeometry, other: CropGeometry) -> bool:
    return bool(np.allclose(one.template, other.template, rtol=0, atol=TEMPLATE_TOLERANCE))


def pixel_width(geometry: CropGeometry) -> float:
    """The width of a crop's pixel in units of its template."""
    return (geometry.region[2] - geometry.region[0]) / geometry.size


def canvas_over(parts: Sequence[CropGeometry]) -> CropGeometry:
    """The smallest square crop, on the pixel grid of the finest part, that covers all parts.

    On that grid the finest part is cut out pixel for pixel and the others are shrunk, so
    that no part loses detail. The canvas is as wide to the left of the face's axis as to
    its right, up to a pixel: the mirror image of a canvas is that of the mirrored face. All
    parts must have the same template.
    """
    finest = min(parts, key=pixel_width)
    step = pixel_width(finest)
    x0, y0 = (min(part.region[side] for part in parts) for side in (0, 1))
    x1, y1 = (max(part.region[side] for part in parts) for side in (2, 3))
    left_eye, right_eye = finest.template[:2]
    axis = (left_eye[0] + right_eye[0]) / 2
    # The canvas is square: where it is taller than wide, both sides get what is left over.
    half = max(axis - x0, x1 - axis, (y1 - y0) / 2)
    left = finest.region[0] - _whole((finest.region[0] - (axis - half)) / step) * step
    top = finest.region[1] - _whole((finest.region[1] - y0) / step) * step
    size = _whole(max(axis + half - left, y1 - top) / step)
    corner = (left, top, left + size * step, top + size * step)
    x0, y0, x1, y1 = (round(value, DECIMALS) for value in corner)
    return CropGeometry(finest.template, (x0, y0, x1, y1), size)


def covers(canvas: CropGeometry, part: CropGeometry) -> bool:
    """Whether every pixel of the part lies on the canvas."""
    slack = ROUNDING * pixel_width(canvas)
    low = all(canvas.region[side] <= part.region[side] + slack for side in (0, 1))
    return low and all(canvas.region[side] >= part.region[side] - slack for side in (2, 3))


class CanvasWindow:
    """Takes the crops of `part` out of crops of `canvas`."""

    def __init__(self, canvas: CropGeometry, part: CropGeometry) -> None:
        steps = [(part.region[a + 2] - part.region[a]) / part.size for a in (0, 1)]
        grid = [(canvas.region[a + 2] - canvas.region[a]) / canvas.size for a in (0, 1)]
        scale = [step / width for step, width in zip(steps, grid, strict=True)]
        # Bilinear sampling skips pixels when it shrinks to less than half: take so many
        # samples a pixel and average them.
        self._samples = max(1, int(min(scale)))
        self._size = part.size
        first = (1 / self._samples - 1) / 2
        offset = [(part.region[a] - canvas.region[a] + first * steps[a]) / grid[a] for a in (0, 1)]
        self._transform = np.array(
            [
                [scale[0] / self._samples, 0, offset[0]],
                [0, scale[1] / self._samples, offset[1]],
            ]
        )

    def cut(self, canvases: Image) -> Image:
        """RGB uint8 (N, C, C, 3) -> (N, S, S, 3); beyond a canvas its edge is repeated."""
        crops = np.empty((len(canvases), self._size, self._size, 3), np.uint8)
        for canvas, crop in zip(canvases, crops, strict=True):
            crop[:] = self._cut(canvas)
        return crops

    def _cut(self, canvas: Image) -> Image:
        side = self._size * self._samples
        patch = cv2.warpAffine(
            np.ascontiguousarray(canvas),
            self._transform,
            (side, side),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        if self._samples > 1:
            patch = cv2.resize(patch, (self._size, self._size), interpolation=cv2.INTER_AREA)
        return patch.astype(np.uint8, copy=False)


def _whole(pixels: float) -> int:
    """The least number of pixels that is enough, up to rounding."""
    return math.ceil(pixels - ROUNDING)
