import pytest

from accessctl.domain import Box, Pose
from accessctl.liveness.challenge import SETTLE_FRAMES
from accessctl.liveness.challenge_actions import Ask
from accessctl.liveness.fake import fake_frame
from accessctl.liveness.intent import Intent, watch_intent

STILL: dict = {}
SHUT = {"opening": 0.1}
LEFT, RIGHT = {"pose": Pose(25, 0, 0)}, {"pose": Pose(-25, 0, 0)}
UP = {"pose": Pose(0, 20, 0)}
NEAR = {"box": Box(80, 80, 140, 168)}


def watched(ask: Ask, *scenes: dict) -> Intent:
    """The state after the visitor settled and each scene was seen in one frame."""
    state = Intent(ask)
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
    state = Intent(Ask.TURN_LEFT)
    for _ in range(20):
        state = watch_intent(state, fake_frame(0.0, **LEFT))
    assert not state.seen
    assert state.rest is None


def test_what_was_seen_stays_seen() -> None:
    done = watched(Ask.LOOK_UP, UP)
    assert watch_intent(done, fake_frame(0.0)) is done
