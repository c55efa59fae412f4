"""Cameras that go and come back."""

import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest

from accessctl.camera.fake import flat_shots
from accessctl.camera.reader import Reader
from accessctl.camera.source import Shot
from accessctl.config.camera import CameraConfig
from accessctl.errors import CameraError
from tests.camera.scripted_cameras import (
    AT_ONCE,
    PATIENCE_S,
    Halt,
    Notes,
    Signal,
    camera,
    noise,
    value,
)


def test_a_missing_camera_is_tried_again_on_schedule_and_reported_once(
    clock: Any, make_pause: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    pause = make_pause(limit=7)
    events: list[tuple[str, str]] = []
    source = camera(*[CameraError("No camera.")] * 20)
    with (
        caplog.at_level(logging.INFO),
        Reader(
            source,
            CameraConfig(backoff_min_s=1, backoff_max_s=30),
            clock=clock,
            chance=lambda: 0.0,
            pause=pause,
            on_event=lambda event, detail: events.append((event, detail)),
        ) as reader,
    ):
        assert pause.enough.wait(PATIENCE_S)
        assert reader.error == "No camera."
        assert not reader.connected
    assert pause.waits == [1, 2, 4, 8, 16, 24, 24]
    assert source.attempts == 7
    assert events == [("lost", "No camera.")]
    assert [record.getMessage() for record in caplog.records] == ["Camera lost: No camera."]


def test_a_camera_that_comes_back_is_reported_and_its_backoff_starts_anew(
    clock: Any, make_pause: Callable[..., Any]
) -> None:
    pause = make_pause()
    events: list[tuple[str, str]] = []
    back_twice = threading.Event()

    def note(event: str, detail: str) -> None:
        events.append((event, detail))
        if len(events) == 4:
            back_twice.set()

    with Halt() as halt:
        source = camera(
            [*flat_shots([1]), CameraError("Unplugged.")],
            CameraError("Still away."),
            [*flat_shots([2]), CameraError("Unplugged again.")],
            [*flat_shots([3]), halt],
        )
        with Reader(
            source, AT_ONCE, clock=clock, chance=lambda: 0.0, pause=pause, on_event=note
        ) as reader:
            assert back_twice.wait(PATIENCE_S)
            assert reader.error is None
            halt.set()
    assert events == [
        ("lost", "Unplugged."),
        ("back", "fake camera"),
        ("lost", "Unplugged again."),
        ("back", "fake camera"),
    ]
    assert pause.waits[:3] == [1, 2, 1]
    assert all(feed.closed.is_set() for feed in source.opened[:2])


def test_sequence_numbers_go_on_after_an_outage(clock: Any, make_pause: Callable[..., Any]) -> None:
    with Halt() as halt:
        source = camera([*flat_shots([1, 2]), CameraError("Lost.")], [*flat_shots([3]), halt])
        with Reader(source, CameraConfig(), clock=clock, pause=make_pause()) as reader:
            frame = reader.next(PATIENCE_S)
            while value(frame) != 3:
                frame = reader.next(PATIENCE_S)
            assert frame is not None
            assert frame.sequence == 2
            halt.set()


def test_a_camera_whose_feed_ends_is_lost_not_finished(
    clock: Any, make_pause: Callable[..., Any]
) -> None:
    pause = make_pause(limit=1)
    with Reader(camera([]), CameraConfig(), clock=clock, pause=pause) as reader:
        assert pause.enough.wait(PATIENCE_S)
        assert reader.error == "fake camera stopped sending pictures."
        assert not reader.ended


def test_a_thousand_outages_leave_no_threads_and_no_open_feeds(
    clock: Any, make_pause: Callable[..., Any]
) -> None:
    notes = Notes()
    outages = 1000
    before = threading.active_count()
    source = camera(*[[noise(n), CameraError("Lost.")] for n in range(outages)])
    with Reader(
        source, AT_ONCE, clock=clock, pause=make_pause(limit=outages + 1), on_event=notes
    ) as reader:
        notes.wait_for(2 * outages - 1)
        assert threading.active_count() <= before + 1
        assert sum(not feed.closed.is_set() for feed in source.opened) <= 1
        assert reader._stuck == []
    assert [event for event, _ in notes.seen[:4]] == ["lost", "back", "lost", "back"]


def test_a_camera_may_change_its_resolution(clock: Any) -> None:
    with Halt() as halt:
        all_read = threading.Event()
        shots = [Shot(noise(n).image[: 30 - n]) for n in range(10)]
        with Reader(
            camera([*shots, Signal(all_read), halt]), CameraConfig(), clock=clock
        ) as reader:
            assert all_read.wait(PATIENCE_S)
            frame = reader.next(PATIENCE_S)
            assert frame is not None
            assert frame.image.shape == (21, 48, 3)
            assert reader.connected
            halt.set()


def test_a_camera_that_flaps_is_two_reports_and_its_pictures_are_still_handed_on(
    clock: Any, make_pause: Callable[..., Any]
) -> None:
    """Such as the address of a snapshot: a picture a connection."""
    notes, pause = Notes(), make_pause(limit=40)
    source = camera(*[[noise(n), CameraError("It stopped.")] for n in range(60)])
    config = CameraConfig(source="http://camera/snap.jpg", backoff_min_s=1, backoff_max_s=30)
    with Reader(
        source, config, clock=clock, chance=lambda: 0.0, pause=pause, on_event=notes
    ) as reader:
        assert pause.enough.wait(PATIENCE_S)
        assert reader.next(PATIENCE_S) is not None
        assert reader.error == "It stopped."
    assert [event for event, _ in notes.seen] == ["lost", "flapping"]
    assert "the address of a snapshot" in notes.seen[1][1]
    assert pause.waits[:6] == [1, 2, 4, 8, 16, 24]
