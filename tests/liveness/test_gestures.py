from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import Box, Pose
from accessctl.liveness.evidence import LEFT_EYE, LivenessFrame
from accessctl.liveness.fake import fake_frame
from accessctl.liveness.gestures import (
    ASKED_GESTURE,
    PROMPTS,
    SETTLE_FRAMES,
    TIMES,
    Ask,
    Gesture,
    IntentWatch,
    Rest,
    gesture,
    watch_intent,
)

REST = Rest(yaw=0.0, pitch=0.0, width=100.0, opening=0.3)
DEGREES = st.floats(-80, 80)


def frame(
    yaw: float = 0.0, pitch: float = 0.0, width: float = 100.0, opening: float = 0.3
) -> LivenessFrame:
    box = Box(300 - width / 2, 300 - 0.6 * width, width, 1.2 * width)
    return fake_frame(0.0, pose=Pose(yaw, pitch, 0.0), box=box, opening=opening)


@pytest.mark.parametrize(
    ("yaw", "pitch", "shown"),
    [
        (0, 0, Gesture.REST),
        (10, 0, Gesture.REST),
        (10.1, 0, Gesture.IN_BETWEEN),
        (17.9, 0, Gesture.IN_BETWEEN),
        # The nose of who turns to their own left moves right in the image.
        (18, 0, Gesture.LEFT),
        (-18, 0, Gesture.RIGHT),
        (-17.9, 0, Gesture.IN_BETWEEN),
        (0, 8, Gesture.REST),
        (0, 8.1, Gesture.IN_BETWEEN),
        (0, 14, Gesture.UP),
        (0, -14, Gesture.IN_BETWEEN),
        (0, -40, Gesture.IN_BETWEEN),
        # Who does both turns.
        (30, 30, Gesture.LEFT),
        (17, 14, Gesture.UP),
    ],
)
def test_turning_and_looking_up(yaw: float, pitch: float, shown: Gesture) -> None:
    assert gesture(frame(yaw, pitch), REST) is shown


@pytest.mark.parametrize(
    ("width", "opening", "shown"),
    [
        (115, 0.3, Gesture.REST),
        (116, 0.3, Gesture.IN_BETWEEN),
        (130, 0.3, Gesture.CLOSE),
        (60, 0.3, Gesture.REST),
        (100, 0.245, Gesture.REST),
        (100, 0.235, Gesture.IN_BETWEEN),
        (100, 0.16, Gesture.SHUT),
        (100, 0.17, Gesture.IN_BETWEEN),
        (100, 0.0, Gesture.SHUT),
        (130, 0.0, Gesture.CLOSE),
    ],
)
def test_coming_closer_and_closing_the_eyes(width: float, opening: float, shown: Gesture) -> None:
    assert gesture(frame(width=width, opening=opening), REST) is shown


def test_a_wink_is_no_blink() -> None:
    shut, open_ = frame(opening=0.0), frame(opening=0.3)
    landmarks = open_.landmarks.copy()
    landmarks[list(LEFT_EYE)] = shut.landmarks[list(LEFT_EYE)]
    assert gesture(shut, REST) is Gesture.SHUT
    assert gesture(replace(open_, landmarks=landmarks), REST) is Gesture.REST


@given(DEGREES, DEGREES, st.floats(-20, 20), st.floats(-20, 20))
def test_everything_is_measured_from_the_visitors_own_rest(yaw, pitch, from_yaw, from_pitch):
    # Whole degrees, so that adding and taking away gives the same number again.
    yaw, pitch, from_yaw, from_pitch = map(round, (yaw, pitch, from_yaw, from_pitch))
    moved = replace(REST, yaw=from_yaw, pitch=from_pitch)
    assert gesture(frame(yaw + from_yaw, pitch + from_pitch), moved) is gesture(
        frame(yaw, pitch), REST
    )


@given(DEGREES, DEGREES, st.floats(50, 200), st.floats(0, 0.5))
def test_left_and_right_are_each_others_mirror(yaw, pitch, width, opening) -> None:
    mirrored = {Gesture.LEFT: Gesture.RIGHT, Gesture.RIGHT: Gesture.LEFT}
    shown = gesture(frame(yaw, pitch, width, opening), REST)
    assert gesture(frame(-yaw, pitch, width, opening), REST) is mirrored.get(shown, shown)


def test_each_action_has_its_own_prompt_and_its_own_gesture() -> None:
    assert set(PROMPTS) == set(ASKED_GESTURE) == set(Ask)
    assert len(set(PROMPTS.values())) == len(set(ASKED_GESTURE.values())) == len(Ask)
    assert not {Gesture.REST, Gesture.IN_BETWEEN} & set(ASKED_GESTURE.values())


def test_prompts_say_what_is_counted_as_done() -> None:
    assert "your left" in PROMPTS[Ask.TURN_LEFT]
    assert ASKED_GESTURE[Ask.TURN_LEFT] is Gesture.LEFT
    assert "your right" in PROMPTS[Ask.TURN_RIGHT]
    assert ASKED_GESTURE[Ask.TURN_RIGHT] is Gesture.RIGHT
    assert "twice" in PROMPTS[Ask.BLINK_TWICE]
    assert TIMES[Ask.BLINK_TWICE] == 2


STILL: dict = {}
SHUT = {"opening": 0.1}
LEFT, RIGHT = {"pose": Pose(25, 0, 0)}, {"pose": Pose(-25, 0, 0)}
UP = {"pose": Pose(0, 20, 0)}
NEAR = {"box": Box(80, 80, 140, 168)}


def watched(ask: Ask, *scenes: dict) -> IntentWatch:
    """The state after the visitor settled and each scene was seen in one frame."""
    state = IntentWatch(ask)
    for scene in (*([STILL] * SETTLE_FRAMES), *scenes):
        state = watch_intent(state, fake_frame(0.0, **scene))
    return state


@pytest.mark.parametrize(
    ("ask", "scene"),
    [
        (Ask.TURN_LEFT, LEFT),
        (Ask.TURN_RIGHT, RIGHT),
        (Ask.LOOK_UP, UP),
        (Ask.COME_CLOSER, NEAR),
    ],
)
def test_the_gesture_is_seen_and_no_other(ask: Ask, scene: dict) -> None:
    others = [other for other in (LEFT, RIGHT, UP, NEAR, SHUT) if other is not scene]
    assert watched(ask, scene).seen
    assert not watched(ask, *others).seen
    # Unlike in a challenge, what was done before does not matter.
    assert watched(ask, *others, STILL, scene).seen


def test_two_blinks_are_two_closings() -> None:
    assert not watched(Ask.BLINK_TWICE, SHUT, SHUT, SHUT).seen
    assert not watched(Ask.BLINK_TWICE, SHUT, STILL).seen
    assert watched(Ask.BLINK_TWICE, SHUT, STILL, SHUT).seen


def test_without_a_rest_nothing_counts() -> None:
    state = IntentWatch(Ask.TURN_LEFT)
    for _ in range(20):
        state = watch_intent(state, fake_frame(0.0, **LEFT))
    assert not state.seen
    assert state.rest is None


def test_what_was_seen_stays_seen() -> None:
    done = watched(Ask.LOOK_UP, UP)
    assert watch_intent(done, fake_frame(0.0)) is done
