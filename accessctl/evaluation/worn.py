"""Masks, sunglasses and hats drawn onto a photograph from the mesh found in it.

Training draws its own from the template's five points; these follow the outline of the face
instead, so that an encoder is not measured on the very drawings it was trained with. Cloth
keeps the light of the face below it.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Image, Points

# Points of MediaPipe's face mesh; "left" as seen in the picture.
CHIN, FOREHEAD, BETWEEN_BROWS = 152, 10, 9
LEFT_CHEEK, RIGHT_CHEEK = 234, 454
LEFT_TEMPLE, RIGHT_TEMPLE = 127, 356
LEFT_EYE, RIGHT_EYE = (33, 133), (362, 263)
# From the left ear along the jaw to the right one, then back over cheeks and nose bridge.
MASK_OUTLINE = (
    *(93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288),
    *(361, 323, 280, 195, 50),
)
CLOTHS = ((235, 238, 240), (150, 190, 220), (30, 32, 36), (60, 110, 90), (140, 40, 50))
"""White, surgical blue, black, green, red."""

BEYOND = 1.05
"""Cloth stands off the jaw by so much, from the outline's middle."""

Polygon = NDArray[np.floating]


def mask(photo: Image, mesh: Points, draw: np.random.Generator) -> Image:
    """A face mask from the bridge of the nose to below the chin, from cheek to cheek."""
    outline = mesh[list(MASK_OUTLINE), :2]
    middle = outline.mean(axis=0)
    return _clothed(photo, [middle + BEYOND * (outline - middle)], _cloth(draw))


def sunglasses(photo: Image, mesh: Points, draw: np.random.Generator) -> Image:
    """Two dark lenses, the bridge between them and the temples' arms."""
    left, right = (mesh[list(corners), :2].mean(axis=0) for corners in (LEFT_EYE, RIGHT_EYE))
    across = right - left
    down = np.array([-across[1], across[0]])
    wide, high = draw.uniform(0.36, 0.44), draw.uniform(0.26, 0.34)
    lenses = [_ellipse(eye + 0.06 * down, wide * across, high * down) for eye in (left, right)]
    ends = mesh[LEFT_TEMPLE, :2], mesh[RIGHT_TEMPLE, :2]
    thick = 0.05 * down
    bars = [(ends[0], left), (left, right), (right, ends[1])]
    frame = [np.stack([a - thick, b - thick, b + thick, a + thick]) for a, b in bars]
    shade = tuple(int(v) for v in draw.integers(5, 45, 3))
    return _painted(photo, [*lenses, *frame], shade)


def hat(photo: Image, mesh: Points, draw: np.random.Generator) -> Image:
    """A woollen hat, pulled down to between hairline and brows."""
    brows, forehead = mesh[BETWEEN_BROWS, :2], mesh[FOREHEAD, :2]
    across = (mesh[RIGHT_CHEEK, :2] - mesh[LEFT_CHEEK, :2]) * 0.58
    up = forehead - mesh[CHIN, :2]
    brim = brows + draw.uniform(0.3, 0.6) * (forehead - brows)
    crown = _ellipse(brim, across, 0.62 * up)[: OUTLINE // 2 + 1]
    # The brim bends down a little to the sides, as it does around a head.
    sides = [crown[-1] - 0.06 * up, crown[0] - 0.06 * up]
    return _clothed(photo, [np.concatenate([crown, sides])], _cloth(draw))


OUTLINE = 32


def _ellipse(middle: Polygon, across: Polygon, down: Polygon) -> Polygon:
    """Points (OUTLINE, 2) from the end of `across` towards that of `down`."""
    angles = np.linspace(0, 2 * np.pi, OUTLINE, endpoint=False)[:, None]
    return middle + np.cos(angles) * across + np.sin(angles) * down


def _cloth(draw: np.random.Generator) -> tuple[int, ...]:
    return CLOTHS[int(draw.integers(len(CLOTHS)))]


def _painted(photo: Image, outlines: list[Polygon], colour: tuple[int, ...]) -> Image:
    painted = photo.copy()
    for outline in outlines:
        cv2.fillPoly(painted, [_fixed(outline)], colour, lineType=cv2.LINE_AA, shift=4)
    return painted


def _clothed(photo: Image, outlines: list[Polygon], colour: tuple[int, ...]) -> Image:
    """Painted, with the coarse light and shadow of what it hides."""
    cover = _painted(np.zeros_like(photo), outlines, (255, 255, 255)).astype(np.float32) / 255
    if not cover.any():
        return photo.copy()
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(np.float32)
    reach = 0.15 * max(float(np.ptp(outline[:, 0])) for outline in outlines)
    light = cv2.GaussianBlur(grey, (0, 0), max(reach, 1.0))
    inside = cover[..., 0] > 0
    shade = light / max(float(light[inside].mean()), 1.0)
    cloth = np.clip(shade, 0.5, 1.5)[..., None] * np.array(colour, np.float32)
    mixed = photo * (1 - cover) + cloth * cover
    worn: Image = np.clip(np.rint(mixed), 0, 255).astype(np.uint8)
    return worn


def _fixed(outline: Polygon) -> NDArray[np.int32]:
    """Pixels in sixteenths, as OpenCV takes outlines that are not on the grid."""
    return np.rint(np.asarray(outline, np.float64) * 16).astype(np.int32)
