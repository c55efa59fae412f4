import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.camera.companion import (
    SKEW_S,
    Companion,
    LiveCompanion,
    StepCompanion,
    companion_of,
    nearest,
)
from accessctl.camera.fake import FakeSource, Step, flat_image
from accessctl.camera.reader import Reader
from accessctl.camera.source import Shot
from accessctl.config.camera import CameraConfig
from accessctl.domain import Frame, Image
from accessctl.errors import CameraError, PhotoError

PATIENCE_S = 20.0


def picture(level: int, seed: int = 0) -> Image:
    """Noise about `level`: neither dark nor blank, and never twice the same."""
    noise = np.random.default_rng(seed).normal(level, 25, (64, 64, 3))
    return np.clip(noise, 0, 255).astype(np.uint8)


def frame(captured: float, level: int = 100) -> Frame:
    return Frame(picture(level), captured, 0)


def shots(count: int, fps: float, level: int = 100) -> list[Shot]:
    return [Shot(picture(level, n), n / fps) for n in range(count)]


class Told(list[tuple[str, str]]):
    def __call__(self, state: str, detail: str) -> None:
        self.append((state, detail))


def test_the_picture_nearest_in_time_is_the_one() -> None:
    one, two = frame(1.0), frame(1.1)
    assert nearest([one, two], 1.04) is one
    assert nearest([one, two], 1.06) is two
    assert nearest([one, two], 1.26) is None
    assert nearest([one, two], 0.84) is None
    assert nearest([], 1.0) is None


def test_what_the_lamp_lit_comes_before_what_is_nearer() -> None:
    dull, lit = frame(1.0, 60), frame(1.1, 120)
    assert nearest([dull, lit], 1.0) is lit
    # Out of reach, it takes no part.
    assert nearest([dull, lit], 0.94) is dull


@given(st.lists(st.floats(0, 2), max_size=6), st.floats(0, 2))
def test_no_picture_is_of_another_moment(times: Sequence[float], now: float) -> None:
    found = nearest([Frame(flat_image(100), t, 0) for t in times], now)
    if found is None:
        assert all(abs(t - now) > SKEW_S for t in times)
    else:
        assert abs(found.captured - now) == min(abs(t - now) for t in times)


def played(steps: Sequence[Step], clock: Any, told: Told) -> LiveCompanion:
    """A companion whose camera has sent all of `steps`, from 100 s on."""
    source = FakeSource([steps])
    companion = LiveCompanion(Reader(source, CameraConfig(), clock=clock), told)
    with companion:
        assert companion._thread.wait(PATIENCE_S)
    return companion


def test_no_picture_of_a_camera_is_passed_over(clock: Any) -> None:
    companion = played(shots(6, fps=5), clock, Told())
    for n in range(6):
        found = companion.at(100 + n / 5)
        assert found is not None
        assert found.captured == pytest.approx(100 + n / 5)
    assert companion.at(101.2) is None


def test_only_the_newest_pictures_are_kept(clock: Any) -> None:
    companion = played(shots(12, fps=5), clock, Told())
    assert companion.at(100.6) is None
    assert companion.at(100.8) is not None


def test_a_picture_that_shows_nothing_is_none(clock: Any) -> None:
    flat = np.full((64, 64, 3), 90, np.uint8)
    black = np.zeros((64, 64, 3), np.uint8)
    steps = [Shot(picture(100), 0.0), Shot(black, 0.4), Shot(flat, 0.8), Shot(picture(90), 1.2)]
    companion = played(steps, clock, Told())
    found = [companion.at(100 + t) is not None for t in (0.0, 0.4, 0.8, 1.2)]
    assert found == [True, False, False, True]


def test_a_frozen_camera_is_silent_from_the_second_picture_on(clock: Any) -> None:
    same = picture(100)
    companion = played([Shot(same, t) for t in (0.0, 0.4, 0.8)], clock, Told())
    assert companion.at(100.0) is not None
    assert companion.at(100.4) is None
    assert companion.at(100.8) is None


def test_a_camera_that_changes_its_size_goes_on(clock: Any) -> None:
    small = np.ascontiguousarray(picture(100, 1)[:32, :48])
    companion = played([Shot(picture(100), 0.0), Shot(small, 0.4)], clock, Told())
    found = companion.at(100.4)
    assert found is not None
    assert found.image.shape == (32, 48, 3)


def test_what_stops_it_is_told_and_raises_nothing(clock: Any) -> None:
    told = Told()
    companion = played([*shots(1, 5), PhotoError("broken")], clock, told)
    assert companion.at(100.0) is not None
    assert companion.error == "broken"
    assert told == [("lost", "broken")]


def test_a_fault_of_any_kind_makes_it_silent(clock: Any) -> None:
    told = Told()
    assert played([ValueError("a bug")], clock, told).error == "a bug"
    assert told == [("lost", "a bug")]


def test_a_camera_that_went_away_and_came_back_gives_pictures_again(clock: Any) -> None:
    told, halt, back = Told(), threading.Event(), threading.Event()

    def hear(state: str, detail: str) -> None:
        told(state, detail)
        if state == "back":
            back.set()

    feeds = [[*shots(1, 5), CameraError("unplugged")], [Shot(picture(80, 9), 0.0), halt]]
    source = FakeSource(feeds, live=True, endless=True)
    config = CameraConfig(backoff_min_s=0.001, backoff_max_s=0.001, steady_s=0)
    reader = Reader(source, config, clock=clock, on_event=hear)
    with LiveCompanion(reader, hear) as companion:
        assert back.wait(PATIENCE_S)
        halt.set()
    assert [state for state, _ in told][:2] == ["lost", "back"]
    assert companion.description == "fake camera"


def test_a_recording_is_played_in_step_with_the_first_ones_time() -> None:
    told = Told()
    source = FakeSource([shots(6, fps=5)])
    with StepCompanion(source, told) as companion:
        # The first camera's recording began at 500 s.
        found = [companion.at(500 + t) for t in (0.0, 0.08, 0.19, 0.33, 0.52, 0.8)]
        times = [None if one is None else round(one.captured - 500, 3) for one in found]
        assert times == [0.0, 0.0, 0.2, 0.4, 0.6, 0.8]
        assert companion.error is None
        assert companion.at(501.2) is None
        assert companion.error == "fake camera is over."
    assert told == [("lost", "fake camera is over.")]
    assert source.opened[0].closed.is_set()


def test_a_recording_that_breaks_is_silent_and_told_once() -> None:
    told = Told()
    with StepCompanion(FakeSource([[*shots(1, 5), CameraError("torn")]]), told) as companion:
        assert companion.at(0.0) is not None
        assert companion.at(1.0) is None
        assert companion.at(2.0) is None
    assert companion.error == "torn"
    assert told == [("lost", "torn")]


def test_a_dark_moment_of_a_recording_is_none() -> None:
    black = Shot(np.zeros((64, 64, 3), np.uint8), 0.0)
    with StepCompanion(FakeSource([[black, *shots(0, 5)]]), Told()) as companion:
        assert companion.at(0.0) is None


def test_a_recording_that_is_not_there_is_told_at_once() -> None:
    with (
        pytest.raises(CameraError, match="gone"),
        StepCompanion(FakeSource([CameraError("gone")]), Told()),
    ):
        pytest.fail("nothing to play")


@pytest.mark.parametrize(("in_step", "kind"), [(True, StepCompanion), (False, LiveCompanion)])
def test_recordings_are_played_in_step_and_cameras_run(in_step: bool, kind: type) -> None:
    made: Companion = companion_of(FakeSource([[]]), CameraConfig(), Told(), in_step=in_step)
    assert isinstance(made, kind)
    assert made.description == "fake camera"
