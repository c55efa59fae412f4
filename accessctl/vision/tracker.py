"""Which face of this frame is which face of the last one, how long each has stood still, and who
is served where there are more than there are places.

Fails secure: where two people come so near to each other that either could be the other,
both lose their track and get new ones, so that evidence of one is not counted for the
other. Lengths are in face sizes: the rules hold at every distance from the camera.

A picture on a wall does not move; people do, also those who try not to. Places are remembered,
whatever track is on them, so that a picture which somebody walks past is still the same picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from math import hypot, log, sqrt

from accessctl.domain import Box

JITTER = 0.15
"""How far a still face's box wanders."""

TOP_SPEED = 8.0
"""Face sizes a second: 1.2 m/s across the picture. Whoever is faster gets a new track."""

SURPRISE_SPEED = 4.0
"""How wrong the predicted speed of a face may be."""

FARTHEST = 4.0
"""Nobody farther from a missed face than this is taken for it, however long ago."""

SURPRISE = 0.75
"""A missed face found farther from where it was expected gets a new track."""

GROWTH_JITTER, TOP_GROWTH, MOST_GROWTH = 0.2, 2.0, 0.6
"""Change of the natural logarithm of size: at once, a second, and at most."""

STEADY_SPEED, LARGEST_STEP = 2.0, 0.4
"""How near to where it was expected a face in view must be to be beyond doubt, in face sizes
a second and at most."""

OUT_OF_SIGHT_S = 0.4
"""Whoever was seen later than this may be walking past, unseen for a frame or two, and be
taken for the face in view as they cover it."""

FORESIGHT_S = 0.25
"""Velocity is trusted this long after a face was last seen."""

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

MOST_PLACES = 64


@dataclass(frozen=True, slots=True)
class Track:
    """A followed face: where and when it was last seen, velocity in pixels a second.

    A ghost is somebody who has been hidden behind another face, since `hidden`: whoever
    comes out may be either, so nothing is ever put on a ghost's track, but it casts doubt
    on its neighbours. It moves with the face that hides it.
    """

    id: int
    box: Box
    seen: float
    velocity: tuple[float, float] = (0.0, 0.0)
    hidden: float | None = None
    missed: bool = False
    """Whether the face was not among those of the last update."""
    settled: bool = False
    """Whether the velocity is known: two sights make one."""

    @property
    def ghost(self) -> bool:
        return self.hidden is not None

    def unseen_since(self) -> float:
        return self.seen if self.hidden is None else self.hidden

    def as_ghost(self, box: Box, now: float) -> "Track":
        return Track(self.id, box, now, hidden=self.unseen_since())

    def expected(self, now: float) -> tuple[float, float]:
        """Where the centre of the face should be at `now`."""
        ahead = min(max(now - self.seen, 0.0), FORESIGHT_S)
        x, y = self.box.centre
        return x + self.velocity[0] * ahead, y + self.velocity[1] * ahead

    def velocity_to(self, box: Box, now: float) -> tuple[float, float]:
        """In pixels a second, for a `box` seen later than the track."""
        (x0, y0), (x1, y1) = self.box.centre, box.centre
        elapsed = now - self.seen
        return (x1 - x0) / elapsed, (y1 - y0) / elapsed

    def moved_to(self, box: Box, now: float) -> "Track":
        elapsed = now - self.seen
        if elapsed <= 0:
            return replace(self, box=box, missed=False)
        vx, vy = self.velocity_to(box, now)
        smooth = ((vx + self.velocity[0]) / 2, (vy + self.velocity[1]) / 2)
        return Track(self.id, box, now, smooth, settled=True)


class Tracker:
    """Keeps identities over time; a face unseen for `timeout_s` seconds has left."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._tracks: tuple[Track, ...] = ()
        self._missing: tuple[Track, ...] = ()
        self._in_view: tuple[Track, ...] = ()
        self._last_id = 0

    @property
    def missing(self) -> tuple[Track, ...]:
        """Tracks that wait for their face: it was not among those of the last update."""
        return self._missing

    @property
    def in_view(self) -> tuple[Track, ...]:
        """Tracks of the faces of the last update."""
        return self._in_view

    def forget(self) -> None:
        """Drop everybody: whoever is seen next is new."""
        self._tracks = self._missing = self._in_view = ()

    def update(self, boxes: Sequence[Box], now: float) -> list[int]:
        """The identity of each of the faces seen at `now`; new ones count up from 1."""
        tracks = tuple(t for t in self._tracks if now - t.unseen_since() <= self._timeout_s)
        links = associate(tracks, boxes, now)
        going_on = {t: tracks[t].moved_to(boxes[b], now) for b, t in links.same.items()}
        waiting = [
            replace(track, missed=True)
            for t, track in enumerate(tracks)
            if t not in going_on and t not in links.ended
        ]
        ids: list[int] = []
        seen: list[Track] = []
        for b, box in enumerate(boxes):
            if b in links.same:
                track = going_on[links.same[b]]
            else:
                self._last_id += 1
                track = links.heirs.get(b, Track(0, box, now))
                track = replace(track, id=self._last_id)
            seen.append(track)
            ids.append(track.id)
        self._missing = tuple(track for track in waiting if not track.ghost)
        self._in_view = tuple(seen)
        self._tracks = (*seen, *waiting, *links.ghosts)
        return ids


@dataclass(frozen=True, slots=True)
class Links:
    """`same` maps the index of a box to that of its track; `ended` are indices of tracks.

    `heirs` maps the index of a box that needs a new identity to a track that has the motion
    of the one it may have been.
    """

    same: dict[int, int]
    ended: set[int]
    ghosts: tuple[Track, ...]
    heirs: dict[int, Track]


def associate(tracks: Sequence[Track], boxes: Sequence[Box], now: float) -> Links:
    """Which box goes on which track, and which tracks must end for doubt.

    A box goes on a track only if it is where that track is expected, and nobody else can
    be meant: no other track could have reached the box, and the track could have reached
    no other box. Those who have been out of sight for a while cast no doubt on a face that
    moves steadily and is seen in every frame: they become its ghosts.
    """
    same: dict[int, int] = {}
    ended: set[int] = set()
    ghosts: list[Track] = []
    heirs: dict[int, Track] = {}
    for group, reached in _groups(tracks, boxes, now):
        if len(group) == len(reached) == 1:
            (t,), (b,) = group, reached
            if is_expected(tracks[t], boxes[b], now) and not tracks[t].ghost:
                same[b] = t
            else:
                ended.add(t)
        elif reached:
            keeper = _undisturbed(tracks, group, boxes, reached, now)
            if keeper is not None:
                (b,) = reached
                same[b] = keeper
                group.discard(keeper)
            else:
                heirs |= _heir(tracks, group, boxes, reached, now)
            ended |= group
            ghosts += _hidden(
                [tracks[t] for t in group],
                [boxes[b] for b in reached],
                0 if keeper is not None else len(reached),
                now,
            )
    lost = set(range(len(tracks))) - ended - set(same.values())
    for t, u in combinations(sorted(lost), 2):
        if _could_have_met(tracks[t], tracks[u], now):
            ghosts += [_frozen(tracks[one]) for one in (t, u) if one not in ended]
            ended |= {t, u}
    return Links(same, ended, tuple(ghosts), heirs)


def _groups(
    tracks: Sequence[Track], boxes: Sequence[Box], now: float
) -> list[tuple[set[int], set[int]]]:
    """Tracks and the boxes they could be about, joined where they share any."""
    groups: list[tuple[set[int], set[int]]] = []
    for t, track in enumerate(tracks):
        reached = {b for b, box in enumerate(boxes) if could_be(track, box, now)}
        joined = ({t}, reached)
        for group in [g for g in groups if g[1] & reached]:
            groups.remove(group)
            joined = (joined[0] | group[0], joined[1] | group[1])
        groups.append(joined)
    return groups


def _undisturbed(
    tracks: Sequence[Track], group: set[int], boxes: Sequence[Box], reached: set[int], now: float
) -> int | None:
    """The one track of a doubtful group that cannot be any other's, if there is one."""
    recent = [t for t in group if now - tracks[t].unseen_since() < OUT_OF_SIGHT_S]
    if len(recent) == len(reached) == 1:
        (t,), (b,) = recent, reached
        if is_steady(tracks[t], boxes[b], now):
            return t
    return None


def _heir(
    tracks: Sequence[Track], group: set[int], boxes: Sequence[Box], reached: set[int], now: float
) -> dict[int, Track]:
    """The motion of the one face in a doubtful group, if it is again the only one in view."""
    before = [t for t in group if not (tracks[t].missed or tracks[t].ghost)]
    if len(before) == len(reached) == 1 and now > tracks[before[0]].seen:
        (b,) = reached
        velocity = tracks[before[0]].velocity_to(boxes[b], now)
        return {b: Track(0, boxes[b], now, velocity, settled=True)}
    return {}


def _hidden(tracks: list[Track], boxes: list[Box], in_view: int, now: float) -> list[Track]:
    """The ghosts of a doubtful group, of whom so many are in view, behind the faces there."""
    missing = sorted(tracks, key=Track.unseen_since)[: max(0, len(tracks) - in_view)]
    return [
        track.as_ghost(min(boxes, key=partial(_distance, track.box.centre)), now)
        for track in missing
    ]


def _frozen(track: Track) -> Track:
    """The ghost of somebody who is not in view at all, where they were last seen."""
    return replace(track, hidden=track.unseen_since())


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
    reach = min(JITTER + SURPRISE_SPEED * elapsed, SURPRISE)
    return _distance(track.expected(now), box) <= reach


def is_steady(track: Track, box: Box, now: float) -> bool:
    """Whether a face was in view in the last update, too, and is where it should be."""
    if track.missed or track.ghost or not track.settled:
        return False
    reach = min(JITTER + STEADY_SPEED * max(now - track.seen, 0.0), LARGEST_STEP)
    grown = abs(log(_size(box) / _size(track.box)))
    return _distance(track.expected(now), box) <= reach and grown <= GROWTH_JITTER


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
        newest = sorted(hidden, key=lambda place: -place.seen)[: max(0, MOST_PLACES - len(found))]
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
