"""The demo's stranger as she sits for an operator."""

import itertools

import numpy as np
import pytest

from accessctl.demo.scene import Scene, scene
from accessctl.demo.script import ACTS, ENTER_S, LENGTH_S, WALK_S
from accessctl.demo.sitting import TURN_S, YAWS, Sitting, SittingFeed, SittingSource
from accessctl.door.shot import STRAIGHT_DEG, TURNED_DEG, PortraitPose

FPS = 10.0


class Drawn:
    """A scene that says what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, float]] = []

    def render(self, t: float) -> np.ndarray:
        self.asked.append(("script", t))
        return np.zeros((2, 2, 3), np.uint8)

    def sitting(self, stance, t: float) -> np.ndarray:
        self.asked.append(("sitting", stance.yaw))
        return np.zeros((2, 2, 3), np.uint8)


@pytest.fixture
def sitting() -> Sitting:
    return Sitting()


@pytest.fixture
def drawn() -> Drawn:
    return Drawn()


@pytest.fixture
def feed(drawn: Drawn, sitting: Sitting) -> SittingFeed:
    return SittingFeed(drawn, FPS, lambda: sitting.pose)


def test_she_turns_as_she_is_asked_and_gently(feed, drawn: Drawn, sitting: Sitting) -> None:
    yaws = []
    for pose in (PortraitPose.FRONT, PortraitPose.LEFT, PortraitPose.RIGHT):
        sitting(pose)
        for _ in range(round(TURN_S * FPS) + 2):
            feed.read()
        yaws.append(drawn.asked[-1][1])
    assert yaws == [pytest.approx(YAWS[pose]) for pose in PortraitPose]
    turned = [yaw for what, yaw in drawn.asked if what == "sitting"]
    assert max(abs(b - a) for a, b in itertools.pairwise(turned)) < 8
    assert abs(YAWS[PortraitPose.FRONT]) < STRAIGHT_DEG
    assert YAWS[PortraitPose.LEFT] > TURNED_DEG


def test_the_demo_goes_on_where_she_came_in_and_begins_again(
    feed, drawn: Drawn, sitting: Sitting
) -> None:
    times = [feed.read().media for _ in range(3)]
    sitting(PortraitPose.FRONT)
    times += [feed.read().media for _ in range(5)]
    sitting(None)
    times += [feed.read().media for _ in range(2)]
    assert times == [pytest.approx(number / FPS) for number in range(10)]
    assert [at for what, at in drawn.asked if what == "script"] == [
        pytest.approx(number / FPS) for number in range(5)
    ]
    for _ in range(round(LENGTH_S * FPS)):
        feed.read()
    assert max(at for what, at in drawn.asked if what == "script") < LENGTH_S


def test_she_sits_straight_when_she_comes_again(feed, drawn: Drawn, sitting: Sitting) -> None:
    sitting(PortraitPose.LEFT)
    for _ in range(20):
        feed.read()
    sitting(None)
    feed.read()
    sitting(PortraitPose.FRONT)
    feed.read()
    assert drawn.asked[-1] == ("sitting", 0.0)


def test_its_camera_never_ends_and_shows_her() -> None:
    sitting = Sitting()
    source = SittingSource(FPS, sitting, Scene(0))
    assert source.endless
    assert source.live
    feed = source.open()
    before = feed.read().image
    assert np.array_equal(before, scene(0.0))
    sitting(PortraitPose.FRONT)
    shown = feed.read().image.astype(int)
    standing = scene(ACTS[0].start + ENTER_S + WALK_S).astype(int)
    middle = (slice(250, 400), slice(560, 720))
    assert np.abs(shown - standing)[middle].mean() < np.abs(before - standing)[middle].mean() / 2
