"""What a visitor may be asked to do, and when it has been done.

Among it is the gesture of intent, one fixed action that says "I want to come in".
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from accessctl.liveness.cues.expression import eye_aspect_ratio
from accessctl.liveness.evidence import LivenessFrame

SETTLE_FRAMES = 5

TURNED, STRAIGHT = 18.0, 10.0
"""Degrees of yaw from which on a head is turned, and up to which it faces the camera."""

UP, LEVEL = 14.0, 8.0
"""Degrees of pitch above the visitor's own rest from which on a head looks up, and up to which
it does not."""

CLOSER, NEAR = 1.3, 1.15
"""Growth of the face's width over its width at rest."""

SHUT, OPEN = 0.55, 0.8
"""Openings of the eyes as shares of the visitor's own at rest."""

WAIT_PROMPT = "Look at the camera and hold still."

FACING_YAW, FACING_PITCH = 12.0, 15.0


class Ask(StrEnum):
    """Sides are the visitor's own: who turns to the left moves the nose right in the image."""

    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    LOOK_UP = "look_up"
    BLINK_TWICE = "blink_twice"
    COME_CLOSER = "come_closer"


HEAD_TURNS = frozenset({Ask.TURN_LEFT, Ask.TURN_RIGHT, Ask.LOOK_UP})
"""What only a head does, or a recording of one that was made before it was asked."""


PROMPTS = {
    Ask.TURN_LEFT: "Turn your head to your left, then look back here.",
    Ask.TURN_RIGHT: "Turn your head to your right, then look back here.",
    Ask.LOOK_UP: "Look up, then look back here.",
    Ask.BLINK_TWICE: "Blink twice.",
    Ask.COME_CLOSER: "Come closer.",
}


@dataclass(frozen=True, slots=True)
class Rest:
    """The visitor before anything is asked: medians of the frames in which they hold still.

    `yaw` and `pitch` in degrees, `width` of the face in pixels, `opening` the eye aspect ratio.
    """

    yaw: float
    pitch: float
    width: float
    opening: float


class Gesture(StrEnum):
    """What a single frame shows; IN_BETWEEN is no clear gesture and no clear rest."""

    REST = "rest"
    IN_BETWEEN = "in_between"
    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    SHUT = "shut"
    CLOSE = "close"


ASKED_GESTURE = {
    Ask.TURN_LEFT: Gesture.LEFT,
    Ask.TURN_RIGHT: Gesture.RIGHT,
    Ask.LOOK_UP: Gesture.UP,
    Ask.BLINK_TWICE: Gesture.SHUT,
    Ask.COME_CLOSER: Gesture.CLOSE,
}


TIMES = {Ask.BLINK_TWICE: 2}


def gesture(frame: LivenessFrame, rest: Rest) -> Gesture:
    """What `frame` shows against the visitor's `rest`.

    A turned head is foreshortened, so turning and looking up are looked for before the
    eyes and the width.
    """
    yaw, pitch = frame.pose.yaw - rest.yaw, frame.pose.pitch - rest.pitch
    if abs(yaw) >= TURNED:
        return Gesture.LEFT if yaw > 0 else Gesture.RIGHT
    if pitch >= UP:
        return Gesture.UP
    if abs(yaw) > STRAIGHT or abs(pitch) > LEVEL:
        return Gesture.IN_BETWEEN
    growth = frame.box.w / max(rest.width, 1.0)
    if growth >= CLOSER:
        return Gesture.CLOSE
    opening = max(eye_aspect_ratio(frame.landmarks)) / max(rest.opening, 1e-6)
    if opening <= SHUT:
        return Gesture.SHUT
    if growth > NEAR or opening < OPEN:
        return Gesture.IN_BETWEEN
    return Gesture.REST


@dataclass(frozen=True, slots=True, eq=False)
class IntentWatch:
    """How far the gesture has come; unlike in a challenge, nothing else that is done fails it.

    `settled` are the frames of a visitor who looks into the camera, until there are enough to
    tell their `rest`; `done` counts repetitions, `shown` is the last clear gesture.
    """

    ask: Ask
    settled: tuple[LivenessFrame, ...] = ()
    rest: Rest | None = None
    shown: Gesture = Gesture.REST
    done: int = 0

    @property
    def seen(self) -> bool:
        return self.done >= TIMES.get(self.ask, 1)


def watch_intent(state: IntentWatch, frame: LivenessFrame) -> IntentWatch:
    """The state after one more frame of the same visitor."""
    if state.seen:
        return state
    if state.rest is None:
        facing = abs(frame.pose.yaw) <= FACING_YAW and abs(frame.pose.pitch) <= FACING_PITCH
        settled = (*state.settled, frame) if facing else state.settled
        if len(settled) < SETTLE_FRAMES:
            return replace(state, settled=settled)
        return replace(state, settled=(), rest=resting(settled))
    shown = gesture(frame, state.rest)
    if shown is Gesture.IN_BETWEEN:
        return state
    begun = shown is ASKED_GESTURE[state.ask] and shown is not state.shown
    return replace(state, shown=shown, done=state.done + begun)


def resting(frames: Sequence[LivenessFrame]) -> Rest:
    def median(values: list[float]) -> float:
        return float(np.median(values))

    return Rest(
        yaw=median([f.pose.yaw for f in frames]),
        pitch=median([f.pose.pitch for f in frames]),
        width=median([f.box.w for f in frames]),
        opening=median([float(np.mean(eye_aspect_ratio(f.landmarks))) for f in frames]),
    )
