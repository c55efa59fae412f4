"""What several faces at the door mean for one of them."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Literal


class Place(StrEnum):
    """`FREE`: may be decided; `WAITS`: somebody is nearer; `REFUSED`: not with others there."""

    FREE = "free"
    WAITS = "waits"
    REFUSED = "refused"


def place(
    widths: Sequence[float], index: int, mode: Literal["each", "nearest", "refuse"], ratio: float
) -> Place:
    """The place of face `index` among all faces in view.

    `widths` are the faces' widths in pixels, usable or not; only those of at least `ratio`
    of the widest count as being at the door. The first of several widest is the nearest.
    """
    widest = max(widths)
    if mode == "each":
        return Place.FREE
    if mode == "nearest":
        return Place.FREE if index == list(widths).index(widest) else Place.WAITS
    at_door = sum(width >= ratio * widest for width in widths)
    return Place.FREE if at_door == 1 and widths[index] == widest else Place.REFUSED
