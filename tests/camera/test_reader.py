import threading
from collections.abc import Callable
from typing import Any

import pytest

from accessctl.camera.fake import FakeSource, flat_shots
from accessctl.camera.reader import Reader
from accessctl.camera.source import Shot
from accessctl.config.camera import CameraConfig
from accessctl.errors import CameraError, PhotoError
from tests.camera.scripted_cameras import PATIENCE_S, Halt, Signal, camera, value


def test_every_frame_of_a_recording_arrives_in_order_with_its_own_time(clock: Any) -> None:
    source = FakeSource([flat_shots(range(30), fps=10)])
    with Reader(source, CameraConfig(), clock=clock) as reader:
        frames = []
        while not reader.ended:
            frame = reader.next(PATIENCE_S)
            if frame is not None:
                frames.append(frame)
        assert reader.next(PATIENCE_S) is None
    assert [value(frame) for frame in frames] == list(range(30))
    assert [frame.sequence for frame in frames] == list(range(30))
    assert [frame.captured for frame in frames] == pytest.approx([100 + n / 10 for n in range(30)])
    assert reader.dropped == 0
    assert source.opened[0].closed.is_set()


def test_a_recording_at_its_own_rate_waits_until_each_frame_is_due(
    clock: Any, make_pause: Callable[..., Any]
) -> None:
    pause = make_pause()
    source = FakeSource([flat_shots([1, 2, 3], fps=4)], live=True)
    with Reader(source, CameraConfig(), clock=clock, pause=pause) as reader:
        last = None
        while not reader.ended:
            last = reader.next(PATIENCE_S) or last
    assert pause.waits == pytest.approx([0.25, 0.25])
    assert value(last) == 3
    assert last is not None
    assert last.captured == pytest.approx(100.5)


def test_the_newest_frame_of_a_camera_wins(clock: Any) -> None:
    with Halt() as halt:
        all_read = threading.Event()
        source = camera([*flat_shots([1, 2, 3, 4]), Signal(all_read), halt])
        with Reader(source, CameraConfig(), clock=clock) as reader:
            assert all_read.wait(PATIENCE_S)
            frame = reader.next(PATIENCE_S)
            assert value(frame) == 4
            assert frame is not None
            assert (frame.sequence, frame.captured) == (3, 100.0)
            assert reader.dropped == 3
            assert reader.connected
            assert reader.last_captured == 100.0
            halt.set()


def test_a_frame_is_as_old_as_it_came_late_and_waited(clock: Any) -> None:
    with Halt() as halt:
        all_read = threading.Event()
        late = Shot(flat_shots([1])[0].image, behind_s=0.75)
        source = camera([late, Signal(all_read), halt])
        with Reader(source, CameraConfig(), clock=clock) as reader:
            assert all_read.wait(PATIENCE_S)
            clock.advance(0.5)
            frame = reader.next(PATIENCE_S)
            assert frame is not None
            assert (frame.captured, frame.age_s) == (100.0, 1.25)
            halt.set()


def test_a_recording_has_no_age_however_long_it_waits(clock: Any) -> None:
    source = FakeSource([flat_shots([1, 2], fps=10)])
    with Reader(source, CameraConfig(), clock=clock) as reader:
        clock.advance(60)
        frames = [reader.next(PATIENCE_S) for _ in range(2)]
    assert [frame and frame.age_s for frame in frames] == [0.0, 0.0]


def test_next_does_not_wait_for_a_camera_that_says_nothing(clock: Any) -> None:
    with Halt() as halt, Reader(camera([halt]), CameraConfig(), clock=clock) as reader:
        assert reader.next(0) is None
        assert not reader.ended
        assert not reader.connected
        halt.set()


def test_a_recording_that_cannot_be_opened_stops_the_loop_with_its_reason(clock: Any) -> None:
    source = FakeSource([CameraError("Not a video.")])
    with (
        Reader(source, CameraConfig(), clock=clock) as reader,
        pytest.raises(CameraError, match=r"^Not a video\.$"),
    ):
        reader.next(PATIENCE_S)
    assert source.attempts == 1


def test_frames_before_a_broken_one_are_seen_first(clock: Any) -> None:
    source = FakeSource([[*flat_shots([1, 2], fps=1), PhotoError("b.png is damaged.")]])
    with Reader(source, CameraConfig(), clock=clock) as reader:
        assert [value(reader.next(PATIENCE_S)) for _ in range(2)] == [1, 2]
        with pytest.raises(PhotoError, match="damaged"):
            reader.next(PATIENCE_S)
        assert reader.ended
        assert reader.next(0) is None


def test_a_fault_nobody_foresaw_is_raised_in_the_loop(clock: Any) -> None:
    with (
        Reader(camera([ZeroDivisionError("oops")]), CameraConfig(), clock=clock) as reader,
        pytest.raises(ZeroDivisionError),
    ):
        reader.next(PATIENCE_S)


def test_closing_ends_a_reader_that_waits_to_retry() -> None:
    lost = threading.Event()
    source = camera(*[CameraError("No camera.")] * 3)
    config = CameraConfig(backoff_min_s=60, backoff_max_s=600)
    with Reader(source, config, on_event=lambda *_: lost.set()) as reader:
        assert lost.wait(PATIENCE_S)
    assert reader.ended
    assert reader.next(PATIENCE_S) is None
    assert source.attempts == 1
