"""A gesture of intent: one fixed action that says "I want to come in"."""

from dataclasses import dataclass, replace

from accessctl.liveness.challenge import SETTLE_FRAMES, resting
from accessctl.liveness.challenge_actions import (
    ASKED_GESTURE,
    TIMES,
    Ask,
    Gesture,
    Rest,
    gesture,
)
from accessctl.liveness.evidence import LivenessFrame

FACING_YAW, FACING_PITCH = 12.0, 15.0


@dataclass(frozen=True, slots=True, eq=False)
class Intent:
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


def watch_intent(state: Intent, frame: LivenessFrame) -> Intent:
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
