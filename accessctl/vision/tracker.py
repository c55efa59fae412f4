"""Which face of this frame is which face of the last one.

Fails secure: where two people come so near to each other that either could be the other,
both lose their track and get new ones. Evidence of one is never counted for the other.
Lengths are in face sizes, so that the rules hold at every distance from the camera.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import hypot, log, sqrt

from accessctl.domain import Box

JITTER = 0.15
"""How far a still face's box wanders."""

TOP_SPEED = 8.0
"""Face sizes a second: 1.2 m/s across the picture. Whoever is faster gets a new track."""

SURPRISE_SPEED = 4.0
"""How wrong the predicted speed of a face may be."""

FARTHEST = 1.5
"""A face that was missed is not expected farther away than this, however long ago."""

GROWTH_JITTER, TOP_GROWTH, MOST_GROWTH = 0.2, 2.0, 0.6
"""Change of the natural logarithm of size: at once, a second, and at most."""

FORESIGHT_S = 0.25
"""Velocity is trusted this long after a face was last seen."""


@dataclass(frozen=True, slots=True)
class Track:
    """A followed face: where and when it was last seen, velocity in pixels a second."""

    id: int
    box: Box
    seen: float
    velocity: tuple[float, float] = (0.0, 0.0)

    def expected(self, now: float) -> tuple[float, float]:
        """Where the centre of the face should be at `now`."""
        ahead = min(max(now - self.seen, 0.0), FORESIGHT_S)
        x, y = self.box.centre
        return x + self.velocity[0] * ahead, y + self.velocity[1] * ahead

    def moved_to(self, box: Box, now: float) -> "Track":
        elapsed = now - self.seen
        if elapsed <= 0:
            return replace(self, box=box)
        (x0, y0), (x1, y1) = self.box.centre, box.centre
        vx, vy = (x1 - x0) / elapsed, (y1 - y0) / elapsed
        smooth = ((vx + self.velocity[0]) / 2, (vy + self.velocity[1]) / 2)
        return Track(self.id, box, now, smooth)


class Tracker:
    """Keeps identities over time; a face unseen for `timeout_s` seconds has left."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._tracks: tuple[Track, ...] = ()
        self._last_id = 0

    @property
    def tracks(self) -> tuple[Track, ...]:
        return self._tracks

    def missed(self, now: float) -> tuple[Track, ...]:
        """Tracks that were not seen at `now`, the time of the last update."""
        return tuple(track for track in self._tracks if track.seen < now)

    def update(self, boxes: Sequence[Box], now: float) -> list[int]:
        """The identity of each of the faces seen at `now`; new ones count up from 1."""
        tracks = tuple(t for t in self._tracks if now - t.seen <= self._timeout_s)
        same, doubtful = associate(tracks, boxes, now)
        kept = {t.id: t for i, t in enumerate(tracks) if i not in doubtful}
        ids: list[int] = []
        for index, box in enumerate(boxes):
            if index in same:
                track = tracks[same[index]].moved_to(box, now)
            else:
                self._last_id += 1
                track = Track(self._last_id, box, now)
            kept[track.id] = track
            ids.append(track.id)
        self._tracks = tuple(kept.values())
        return ids


def associate(
    tracks: Sequence[Track], boxes: Sequence[Box], now: float
) -> tuple[dict[int, int], set[int]]:
    """Index of the track of each box that has one, and the tracks that must end.

    A box goes on a track only if it is where that track is expected, and nobody else can
    be meant: no other track could have reached the box, and the track could have reached
    no other box.
    """
    reachable = {
        (t, b)
        for t, track in enumerate(tracks)
        for b, box in enumerate(boxes)
        if could_be(track, box, now)
    }
    doubtful: set[int] = set()
    for one, other in combinations(sorted(reachable), 2):
        if one[0] == other[0] or one[1] == other[1]:
            doubtful |= {one[0], other[0]}
    same = {
        b: t for t, b in reachable if t not in doubtful and is_expected(tracks[t], boxes[b], now)
    }
    lost = [t for t in range(len(tracks)) if t not in doubtful and t not in same.values()]
    for t, u in combinations(lost, 2):
        if _could_have_met(tracks[t], tracks[u], now):
            doubtful |= {t, u}
    return same, doubtful


def could_be(track: Track, box: Box, now: float) -> bool:
    """Whether the face of `track` could have got to `box` by `now` at all."""
    elapsed = max(now - track.seen, 0.0)
    reach = min(JITTER + TOP_SPEED * elapsed, FARTHEST)
    growth = min(GROWTH_JITTER + TOP_GROWTH * elapsed, MOST_GROWTH)
    apart = min(_distance(track.box.centre, box), _distance(track.expected(now), box))
    return apart <= reach and abs(log(_size(box) / _size(track.box))) <= growth


def is_expected(track: Track, box: Box, now: float) -> bool:
    """Whether `box` is about where the face of `track` should be at `now`."""
    elapsed = max(now - track.seen, 0.0)
    reach = min(JITTER + SURPRISE_SPEED * elapsed, FARTHEST / 2)
    return _distance(track.expected(now), box) <= reach


def _could_have_met(one: Track, other: Track, now: float) -> bool:
    """Whether two faces, both unseen for a while, could have changed places."""
    (x0, y0), (x1, y1) = one.box.centre, other.box.centre
    reach = sum(_size(t.box) * (JITTER + TOP_SPEED * (now - t.seen)) for t in (one, other))
    return hypot(x1 - x0, y1 - y0) <= reach


def _distance(place: tuple[float, float], box: Box) -> float:
    x, y = box.centre
    return hypot(x - place[0], y - place[1]) / _size(box)


def _size(box: Box) -> float:
    return sqrt(max(box.area, 1e-6))
