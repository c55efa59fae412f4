import pytest

from accessctl.preview.meter import SMOOTHING, WINDOW, Meter


def test_no_rate_before_the_second_frame() -> None:
    meter = Meter()
    assert meter.fps == 0
    meter.note(1.0, {})
    assert meter.fps == 0


def test_the_rate_is_that_of_the_frames_in_the_window() -> None:
    meter = Meter()
    for now in (0.0, 0.1, 0.2, 0.5):
        meter.note(now, {})
    assert meter.fps == pytest.approx(3 / 0.5)


def test_what_is_long_ago_does_not_count() -> None:
    meter = Meter()
    meter.note(0.0, {})
    for index in range(WINDOW):
        meter.note(1000 + index / 15, {})
    assert meter.fps == pytest.approx(15)


def test_a_clock_that_stands_still_gives_no_rate() -> None:
    meter = Meter()
    meter.note(1.0, {})
    meter.note(1.0, {})
    assert meter.fps == 0


def test_stage_times_are_smoothed_from_the_first_on() -> None:
    meter = Meter()
    meter.note(0.0, {"search": 10.0})
    meter.note(0.1, {"search": 20.0, "encode": 5.0})
    assert meter.stages["search"] == pytest.approx(10 + SMOOTHING * 10)
    assert meter.stages["encode"] == 5.0
