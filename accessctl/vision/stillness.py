"""How long each face has stood still, and who is served where there are more than there are places.

A picture on a wall does not move; people do, also those who try not to. Places are remembered, so
that a picture which somebody walks past is still the same picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import hypot

from accessctl.domain import Box

TOLERANCE = 0.02
"""How far a box may move, or grow, and still be in its place, as a share of its width."""

SCENERY_S = 60.0
"""Who has not moved for so long is no visitor, seconds."""

SETTLED_S = 2.0
"""Who has not moved for so long gives way to those who move, seconds."""

MISSED_S = 1.0
"""A face may be missed for so long without having moved, seconds."""

REMEMBERED_S = 3600.0
"""A place of scenery is remembered for so long while something hides it, seconds."""

MOST = 64


@dataclass(frozen=True, slots=True)
class StillPlace:
    """Where a face has been within the tolerance, from `since` on and last at `seen`."""

    box: Box
    since: float
    seen: float

    def holds(self, box: Box) -> bool:
        return _apart(self.box, box) <= TOLERANCE * self.box.w

    def remembered(self, now: float) -> bool:
        lasting = self.seen - self.since >= SCENERY_S
        return 0 <= now - self.seen <= (REMEMBERED_S if lasting else MISSED_S)


class Stillness:
    """Follows the places of faces from frame to frame, whatever tracks they are on."""

    def __init__(self) -> None:
        self._places: tuple[StillPlace, ...] = ()

    def forget(self) -> None:
        """The camera shows something else."""
        self._places = ()

    def update(self, boxes: Sequence[Box], now: float) -> list[float]:
        """For how many seconds each of the faces seen at `now` has stood still."""
        before = [place for place in self._places if place.remembered(now)]
        found: list[StillPlace] = []
        for box in boxes:
            holding = [place for place in before if place.holds(box)]
            if holding:
                kept = min(holding, key=lambda place: place.since)
                before.remove(kept)
                found.append(replace(kept, seen=now))
            else:
                found.append(StillPlace(box, now, now))
        hidden = [place for place in before if not any(_near(place.box, box) for box in boxes)]
        newest = sorted(hidden, key=lambda place: -place.seen)[: max(0, MOST - len(found))]
        self._places = (*found, *newest)
        return [now - place.since for place in found]


def served(boxes: Sequence[Box], still_s: Sequence[float], places: int) -> list[int]:
    """Which faces get one of the `places`: those who move before those who do not, scenery last,
    and of each the largest first."""
    return sorted(
        range(len(boxes)),
        key=lambda i: (still_s[i] >= SCENERY_S, still_s[i] >= SETTLED_S, -boxes[i].area),
    )[:places]


def _apart(one: Box, other: Box) -> float:
    (x0, y0), (x1, y1) = one.centre, other.centre
    return max(hypot(x1 - x0, y1 - y0), abs(other.w - one.w))


def _near(one: Box, other: Box) -> bool:
    """Whether it may be the same face, moved, and not one that hides it."""
    return _apart(one, other) <= 0.25 * one.w
