"""What happens in the demo, and when: pure functions of time.

The unit of size is the width of the face in pixels of the 1280x720 picture.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

FAR_PX = 60.0
NEAR_PX = 220.0
DOOR_X = 640.0
EYE_Y = 300.0

ENTER_S = 1.8
WALK_S = 4.0
ARRIVE_S = 0.8
STAND_S = 6.0
LEAVE_S = 2.0
VISIT_S = ENTER_S + WALK_S + STAND_S + LEAVE_S

FIRST_S, BETWEEN_S, PAUSE_S = 0.8, 2.0, 1.4


class Performer(StrEnum):
    STRANGER = "stranger"
    ENROLLED = "enrolled"
    PRINT = "print"


@dataclass(frozen=True, slots=True)
class Act:
    """One visit, `start` seconds into the demo."""

    performer: Performer
    start: float


ACTS = tuple(
    Act(performer, FIRST_S + number * (VISIT_S + BETWEEN_S))
    for number, performer in enumerate((Performer.STRANGER, Performer.ENROLLED, Performer.PRINT))
)


def length_of(acts: tuple[Act, ...]) -> float:
    """Seconds from the start to the end of the pause after the last act."""
    return acts[-1].start + VISIT_S + PAUSE_S


LENGTH_S = length_of(ACTS)


@dataclass(frozen=True, slots=True)
class Stance:
    """How a performer stands in the picture.

    Face width `size`, point between the eyes `x`, `y`, head turn `yaw` in degrees (positive:
    the nose moves right), `smear` of sideways motion in pixels, `behind_door` while still
    in the next room.
    """

    size: float
    x: float
    y: float
    yaw: float = 0.0
    smear: float = 0.0
    behind_door: bool = False


def act_at(t: float, acts: tuple[Act, ...] = ACTS) -> Act | None:
    """The act that is on at `t` seconds, or None while the room is empty."""
    return next((act for act in acts if act.start <= t < act.start + VISIT_S), None)


def pose_at(since: float) -> Stance:
    """The pose `since` seconds after the visit's start: in, up to the camera, look, away."""
    if since < ENTER_S:
        return _entering(since)
    if since < ENTER_S + WALK_S:
        return _walking(since - ENTER_S)
    if since < ENTER_S + WALK_S + STAND_S:
        return _standing(since - ENTER_S - WALK_S)
    return _leaving(since - ENTER_S - WALK_S - STAND_S)


def gain_at(t: float, acts: tuple[Act, ...] = ACTS) -> float:
    """Exposure at `t`: 1 is normal; while somebody stands there it dips and then overshoots."""
    act = act_at(t, acts)
    if act is None:
        return 1.0
    looked = t - act.start - ENTER_S - WALK_S
    return 1.0 - 0.4 * _bell(looked, 1.2, 0.45) + 0.3 * _bell(looked, 2.6, 0.4)


def _entering(since: float) -> Stance:
    way = ease(since / ENTER_S)
    return Stance(
        size=FAR_PX,
        x=DOOR_X - 240 * (1 - way),
        y=EYE_Y + _step(since, FAR_PX),
        yaw=28 * (1 - way),
        smear=4 * math.sin(math.pi * since / ENTER_S),
        behind_door=True,
    )


def _walking(since: float) -> Stance:
    # The way to the camera is walked evenly, so the width grows as its inverse.
    size = 1 / _between(1 / FAR_PX, 1 / NEAR_PX, ease(since / WALK_S))
    # Whoever arrives comes to rest.
    left = 1 - ease((since - WALK_S + ARRIVE_S) / ARRIVE_S)
    sway = 0.08 * size * math.sin(2 * math.pi * 0.9 * since) * left
    # Nobody walks up to a door without a glance to either side.
    glance = 16 * _bell(since, 2.3, 0.3) - 14 * _bell(since, 3.1, 0.3)
    yaw = sway / size * 60 + glance
    return Stance(size=size, x=DOOR_X + sway, y=EYE_Y + _step(since, size) * left, yaw=yaw)


def _standing(since: float) -> Stance:
    turn = 15 * math.sin(2 * math.pi * since / STAND_S)
    shake = _bell(since, 3.4, 0.12)
    return Stance(
        size=NEAR_PX + 4 * math.sin(1.3 * since),
        x=DOOR_X + 5 * math.sin(2.1 * since) + 18 * shake,
        y=EYE_Y + 3 * math.sin(1.7 * since),
        yaw=turn,
        smear=16 * shake,
    )


def _leaving(since: float) -> Stance:
    way = (since / LEAVE_S) ** 2
    start = DOOR_X + 5 * math.sin(2.1 * STAND_S)
    return Stance(
        size=NEAR_PX + 4 * math.sin(1.3 * STAND_S),
        x=start + 1100 * way,
        y=EYE_Y + 3 * math.sin(1.7 * STAND_S),
        yaw=32 * ease(since / 0.6),
        smear=36 * since / LEAVE_S,
    )


def _step(since: float, size: float) -> float:
    return 0.03 * size * math.sin(2 * math.pi * 1.8 * since)


def ease(u: float) -> float:
    """A way from 0 to 1 that begins and ends gently, for `u` from 0 to 1 and beyond."""
    u = min(max(u, 0.0), 1.0)
    return u * u * (3 - 2 * u)


def _between(a: float, b: float, u: float) -> float:
    return a + (b - a) * u


def _bell(t: float, centre: float, width: float) -> float:
    return math.exp(-(((t - centre) / width) ** 2))
