"""The challenge: random actions in random order, each when it is asked for and not before; and the
gesture of intent, one fixed action that says "I want to come in".

What a visitor may be asked to do, and when it has been done, is the same for both. A pure state
machine: `advance` takes a state and one frame and gives the next state.
"""

import random
import secrets
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

STEADY = 1.06
"""Who comes nearer faster than this, in face width over the frames in which they settle, is
still walking: their head turns as it likes, and they would have come closer unasked."""

REACTION_S = 0.25
"""Nobody answers a prompt sooner; what is seen before was under way already."""


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


class Phase(StrEnum):
    SETTLING = "settling"
    PAUSE = "pause"
    ASKED = "asked"
    RETURNING = "returning"
    PASSED = "passed"
    FAILED = "failed"


class Failure(StrEnum):
    TOO_LATE = "too_late"
    NOT_ASKED = "not_asked"
    TOO_EARLY = "too_early"
    ANOTHER_FACE = "another_face"
    ANOTHER_PERSON = "another_person"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class ChallengeStep:
    """One action and the pause, in seconds, in which nothing may happen before it is asked."""

    ask: Ask
    pause_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Challenge:
    """Where a challenge stands. `since` is when the phase began, `started` the first frame's
    time, both None before it; `done` counts repetitions of the asked action."""

    steps: tuple[ChallengeStep, ...]
    limit_s: float
    action_s: float
    phase: Phase = Phase.SETTLING
    index: int = 0
    done: int = 0
    shown: Gesture = Gesture.REST
    since: float | None = None
    started: float | None = None
    seen: float | None = None
    track: int | None = None
    rest: Rest | None = None
    settled: tuple[LivenessFrame, ...] = ()
    failure: Failure | None = None

    @property
    def over(self) -> bool:
        return self.phase in {Phase.PASSED, Phase.FAILED}

    @property
    def prompt(self) -> str:
        """What to tell the visitor now; empty when it is over."""
        if self.over:
            return ""
        if self.phase in {Phase.ASKED, Phase.RETURNING}:
            return PROMPTS[self.steps[self.index].ask]
        return WAIT_PROMPT


def draw_challenge(
    *,
    actions: int = 2,
    min_pause_s: float = 0.7,
    max_pause_s: float = 2.5,
    action_s: float = 4.0,
    limit_s: float = 20.0,
    source: random.Random | None = None,
) -> Challenge:
    """A fresh challenge of different `actions`, from the operating system's randomness, at least
    one of which turns the head.

    Give `source` in tests only. ValueError when more actions are wanted than there are, or none.
    """
    if actions < 1:
        raise ValueError(f"a challenge asks for one action or more, not {actions}")
    chance = source if source is not None else secrets.SystemRandom()
    asks = chance.sample(list(Ask), actions)
    # Whoever holds a photograph or a phone can bring it closer when asked, and a recording that
    # blinks often needs little luck: neither may be all that is asked.
    while not HEAD_TURNS.intersection(asks):
        asks = chance.sample(list(Ask), actions)
    steps = tuple(ChallengeStep(ask, chance.uniform(min_pause_s, max_pause_s)) for ask in asks)
    return Challenge(steps, limit_s, action_s)


def advance(
    state: Challenge, frame: LivenessFrame | None, now: float, *, same_person: bool
) -> Challenge:
    """The state after `now` (seconds, monotonic); `frame` is None when no face was seen.

    A frame that does not show the person who was asked counts as none. `same_person` says whether
    the identity still matches. Anything but the asked action,
    and the asked action before it was asked, fails; so does another track, another person,
    a clock that runs backwards, and time that runs out.
    """
    if state.over:
        return state
    if state.seen is not None and not now >= state.seen:
        return _failed(state, Failure.CLOCK)
    started = now if state.started is None else state.started
    since = now if state.since is None else state.since
    state = replace(state, started=started, since=since, seen=now)
    if now - started > state.limit_s:
        return _failed(state, Failure.TOO_LATE)
    if state.phase in {Phase.ASKED, Phase.RETURNING} and now - since > state.action_s:
        return _failed(state, Failure.TOO_LATE)
    if frame is not None and state.track is not None and frame.track != state.track:
        return _failed(state, Failure.ANOTHER_FACE)
    if not same_person:
        return _failed(state, Failure.ANOTHER_PERSON)
    if frame is None:
        return state
    state = replace(state, track=frame.track)
    if state.rest is None:
        return _settle(state, frame, now)
    shown = gesture(frame, state.rest)
    if state.phase is Phase.PAUSE:
        return _pause(state, shown, now, since)
    if state.phase is Phase.ASKED:
        return _asked(state, shown, now, since)
    return _returning(state, frame, shown, now)


def _settle(state: Challenge, frame: LivenessFrame, now: float) -> Challenge:
    """Wait for some frames in a row in which the visitor stands and looks into the camera."""
    facing = abs(frame.pose.yaw) <= 12 and abs(frame.pose.pitch) <= 15
    settled = (*state.settled, frame)[-SETTLE_FRAMES:] if facing else ()
    widths = [seen.box.w for seen in settled]
    if len(settled) < SETTLE_FRAMES or not max(widths) <= STEADY * min(widths):
        return replace(state, settled=settled)
    return replace(state, settled=(), rest=resting(settled), phase=Phase.PAUSE, since=now)


def _pause(state: Challenge, shown: Gesture, now: float, since: float) -> Challenge:
    # A single spontaneous blink is no crime; everything else that is clear is.
    if shown not in {Gesture.REST, Gesture.IN_BETWEEN, Gesture.SHUT}:
        return _failed(state, Failure.TOO_EARLY)
    if now - since < state.steps[state.index].pause_s:
        return state
    return replace(state, phase=Phase.ASKED, since=now, done=0, shown=shown)


def _asked(state: Challenge, shown: Gesture, now: float, since: float) -> Challenge:
    ask = state.steps[state.index].ask
    wanted = ASKED_GESTURE[ask]
    if shown in {Gesture.REST, Gesture.IN_BETWEEN}:
        settled = shown if shown is Gesture.REST else state.shown
        return replace(state, shown=settled)
    if shown is not wanted:
        return state if shown is Gesture.SHUT else _failed(state, Failure.NOT_ASKED)
    if state.shown is wanted:
        return state
    if now - since < REACTION_S:
        return _failed(state, Failure.TOO_EARLY)
    done = state.done + 1
    state = replace(state, shown=wanted, done=done)
    return replace(state, phase=Phase.RETURNING) if done >= TIMES.get(ask, 1) else state


def _returning(state: Challenge, frame: LivenessFrame, shown: Gesture, now: float) -> Challenge:
    """The action is done; the next begins when the visitor is back at rest."""
    ask = state.steps[state.index].ask
    closer = ask is Ask.COME_CLOSER
    if shown not in {Gesture.REST, Gesture.IN_BETWEEN, Gesture.SHUT, ASKED_GESTURE[ask]}:
        return _failed(state, Failure.NOT_ASKED)
    if not closer and shown is not Gesture.REST:
        return state
    if state.index + 1 == len(state.steps):
        return replace(state, phase=Phase.PASSED)
    rest = state.rest
    if closer and rest is not None:
        # Who has come closer stays there; that is the new rest.
        rest = replace(rest, width=frame.box.w)
    return replace(
        state, phase=Phase.PAUSE, index=state.index + 1, since=now, rest=rest, shown=Gesture.REST
    )


def _failed(state: Challenge, failure: Failure) -> Challenge:
    return replace(state, phase=Phase.FAILED, failure=failure)
