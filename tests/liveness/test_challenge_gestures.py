"""Which gestures a face makes, measured from the visitor's own rest."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import Box, Pose
from accessctl.liveness.challenge import ASKED_GESTURE, PROMPTS, TIMES, Ask, Gesture, Rest, gesture
from accessctl.liveness.evidence import LEFT_EYE, LivenessFrame
from accessctl.liveness.fake import fake_frame

REST = Rest(yaw=0.0, pitch=0.0, width=100.0, opening=0.3)
DEGREES = st.floats(-80, 80)


def posed(
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
    assert gesture(posed(yaw, pitch), REST) is shown


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
    assert gesture(posed(width=width, opening=opening), REST) is shown


def test_a_wink_is_no_blink() -> None:
    shut, open_ = posed(opening=0.0), posed(opening=0.3)
    landmarks = open_.landmarks.copy()
    landmarks[list(LEFT_EYE)] = shut.landmarks[list(LEFT_EYE)]
    assert gesture(shut, REST) is Gesture.SHUT
    assert gesture(replace(open_, landmarks=landmarks), REST) is Gesture.REST


@given(DEGREES, DEGREES, st.floats(-20, 20), st.floats(-20, 20))
def test_everything_is_measured_from_the_visitors_own_rest(yaw, pitch, from_yaw, from_pitch):
    # Whole degrees, so that adding and taking away gives the same number again.
    yaw, pitch, from_yaw, from_pitch = map(round, (yaw, pitch, from_yaw, from_pitch))
    moved = replace(REST, yaw=from_yaw, pitch=from_pitch)
    assert gesture(posed(yaw + from_yaw, pitch + from_pitch), moved) is gesture(
        posed(yaw, pitch), REST
    )


@given(DEGREES, DEGREES, st.floats(50, 200), st.floats(0, 0.5))
def test_left_and_right_are_each_others_mirror(yaw, pitch, width, opening) -> None:
    mirrored = {Gesture.LEFT: Gesture.RIGHT, Gesture.RIGHT: Gesture.LEFT}
    shown = gesture(posed(yaw, pitch, width, opening), REST)
    assert gesture(posed(-yaw, pitch, width, opening), REST) is mirrored.get(shown, shown)


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
