"""Cameras that are open and show nothing, or nothing new."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from accessctl.camera.fake import FakeSource, flat_image
from accessctl.camera.reader import Reader
from accessctl.camera.source import Shot
from accessctl.config.camera import CameraConfig
from tests.camera.scripted_cameras import (
    AT_ONCE,
    PATIENCE_S,
    Halt,
    Notes,
    Signal,
    camera,
    noise,
    spaced,
)


def test_a_frozen_camera_is_lost_until_it_shows_something_else(
    clock: Any, make_pause: Callable[..., Any]
) -> None:
    notes, pause = Notes(), make_pause()
    with Halt() as halt:
        source = camera(
            spaced(clock, [noise(1), *[noise(2)] * 9]),
            spaced(clock, [noise(2)] * 9),
            [*spaced(clock, [noise(2), noise(2), noise(3)]), halt],
        )
        with Reader(
            source, AT_ONCE, clock=clock, chance=lambda: 0.0, pause=pause, on_event=notes
        ) as reader:
            assert notes.wait_for(2) == ["lost", "back"]
            frame = reader.next(PATIENCE_S)
            # One of before the outage may still have been waiting.
            while frame is not None and frame.sequence < 5:
                frame = reader.next(PATIENCE_S)
            # Of the frozen picture, those of the 4 s until it was noticed were handed on.
            assert frame is not None
            assert frame.sequence == 5
            assert np.array_equal(frame.image, noise(3).image)
            halt.set()
    assert notes.seen[0][1] == (
        "fake camera has sent the very same picture for 4 seconds; restart the camera."
    )
    assert pause.waits == [1, 2]
    assert all(feed.closed.is_set() for feed in source.opened)


def test_a_recording_may_show_the_same_picture_for_ever(clock: Any) -> None:
    source = FakeSource([[Shot(noise(1).image, 60.0 * i) for i in range(9)]])
    with Reader(source, CameraConfig(), clock=clock) as reader:
        for _ in range(9):
            assert reader.next(PATIENCE_S) is not None


@pytest.mark.parametrize(
    ("blank", "condition"), [(0, "dark"), (3, "dark"), (120, "covered"), (255, "covered")]
)
def test_a_camera_that_shows_nothing_stays_open_and_is_reported_once(
    clock: Any, blank: int, condition: str
) -> None:
    """Though the pictures agree in every byte: night is no fault."""
    notes = Notes()
    with Halt() as halt, Halt() as morning:
        reached = threading.Event()
        night = [Shot(flat_image(blank, 48, 32))] * 30
        source = camera(
            [
                *spaced(clock, [noise(1), *night]),
                Signal(reached),
                morning,
                *spaced(clock, [noise(n) for n in range(2, 9)]),
                halt,
            ]
        )
        with Reader(source, CameraConfig(), clock=clock, on_event=notes) as reader:
            assert reached.wait(PATIENCE_S)
            assert notes.wait_for(1) == [condition]
            assert reader.condition == condition
            assert reader.connected
            assert reader.error is None
            assert reader.next(PATIENCE_S) is not None
            morning.set()
            assert notes.wait_for(2) == [condition, "clear"]
            assert reader.condition is None
            halt.set()
    assert source.attempts == 1
    assert notes.seen[1] == ("clear", "fake camera")


def test_by_default_a_silent_camera_is_noticed_within_five_seconds(
    clock: Any, make_pause: Callable[..., Any]
) -> None:
    """Whether it never opens, or falls silent later; the loop asks every half second."""
    for first in ([], [noise(1)]):
        notes = Notes()
        with Halt() as stuck, Halt() as halt:
            reached = threading.Event()
            source = camera([*first, Signal(reached), stuck], [noise(2), halt])
            with Reader(
                source, CameraConfig(), clock=clock, pause=make_pause(), on_event=notes
            ) as reader:
                assert reached.wait(PATIENCE_S)
                looks = 0
                while not notes.seen:
                    looks += 1
                    clock.advance(0.5)
                    reader.next(0)
                assert looks * 0.5 <= 5
                stuck.set()
                halt.set()


def test_a_slow_camera_is_given_more_time_at_every_attempt(
    clock: Any, make_pause: Callable[..., Any]
) -> None:
    """4.5 s, then 9 s: one that takes 8 s connects at the second attempt."""
    notes = Notes()
    with Halt() as stuck, Halt() as slow, Halt() as halt:
        reached = [threading.Event(), threading.Event()]
        source = camera([Signal(reached[0]), stuck], [Signal(reached[1]), slow, noise(1), halt])
        with Reader(source, AT_ONCE, clock=clock, pause=make_pause(), on_event=notes) as reader:
            assert reached[0].wait(PATIENCE_S)
            clock.advance(5)
            reader.next(0)
            assert notes.wait_for(1) == ["lost"]
            assert reached[1].wait(PATIENCE_S)
            clock.advance(8)
            reader.next(0)
            slow.set()
            assert notes.wait_for(2) == ["lost", "back"]
            stuck.set()
            halt.set()
    assert source.attempts == 2
