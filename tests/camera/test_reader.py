import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from accessctl.camera.fake import FakeFeed, FakeSource, flat_image, flat_shots
from accessctl.camera.reader import MAX_STUCK, Reader
from accessctl.camera.source import Shot
from accessctl.config.camera import CameraConfig
from accessctl.domain import Frame
from accessctl.errors import CameraError, PhotoError

PATIENCE_S = 20.0
AT_ONCE = CameraConfig(steady_s=0)


def camera(*feeds: Any) -> FakeSource:
    return FakeSource(feeds, live=True, endless=True)


def value(frame: Frame | None) -> int:
    assert frame is not None
    return int(frame.image[0, 0, 0])


class Halt:
    """An event at which a scripted feed waits; released when the test is over."""

    def __init__(self) -> None:
        self.event = threading.Event()

    def __enter__(self) -> threading.Event:
        return self.event

    def __exit__(self, *_: object) -> None:
        self.event.set()


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


class Signal(threading.Event):
    """A step that does not wait but tells the test that the feed got this far."""

    def __init__(self, reached: threading.Event) -> None:
        super().__init__()
        self._reached = reached

    def wait(self, timeout: float | None = None) -> bool:
        self._reached.set()
        return True


def test_next_does_not_wait_for_a_camera_that_says_nothing(clock: Any) -> None:
    with Halt() as halt, Reader(camera([halt]), CameraConfig(), clock=clock) as reader:
        assert reader.next(0) is None
        assert not reader.ended
        assert not reader.connected
        halt.set()


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


@pytest.mark.parametrize(
    ("first", "silence_s"),
    [pytest.param([], 11, id="while opening"), pytest.param([7], 6, id="in mid-feed")],
)
def test_a_thread_stuck_in_a_silent_camera_is_given_up(
    clock: Any, make_pause: Callable[..., Any], first: list[int], silence_s: float
) -> None:
    config = CameraConfig(open_timeout_s=10, read_timeout_s=5, steady_s=0)
    events: list[str] = []
    with Halt() as stuck, Halt() as halt:
        reached = threading.Event()
        source = camera(
            [*flat_shots(first), Signal(reached), stuck, *flat_shots([99])],
            [*flat_shots([8]), halt],
        )
        with Reader(
            source,
            config,
            clock=clock,
            chance=lambda: 0.0,
            pause=make_pause(),
            on_event=lambda event, detail: events.append(event),
        ) as reader:
            assert reached.wait(PATIENCE_S)
            if first:
                assert value(reader.next(PATIENCE_S)) == 7
            clock.advance(silence_s - 2)
            assert reader.next(0) is None
            assert events == []
            clock.advance(2)
            frame = reader.next(0) or reader.next(PATIENCE_S)
            assert value(frame) == 8
            assert events == ["lost", "back"]
            stuck.set()
            assert source.opened[0].closed.wait(PATIENCE_S)
            assert reader.next(0) is None, "the frame of the given-up thread must not arrive"
            halt.set()


class OpensLate(FakeSource):
    """The first feed is opened only once `woken` is set."""

    def __init__(self, feeds: Sequence[Any]) -> None:
        super().__init__(feeds, live=True, endless=True)
        self.reached, self.woken = threading.Event(), threading.Event()

    def open(self) -> FakeFeed:
        feed = super().open()
        if len(self.opened) == 1:
            self.reached.set()
            self.woken.wait()
        return feed


class Wakes(threading.Event):
    """A step that lets the first thread open its camera after all, and waits until it ended."""

    def __init__(self) -> None:
        super().__init__()
        self.source: OpensLate | None = None

    def wait(self, timeout: float | None = None) -> bool:
        assert self.source is not None
        self.source.woken.set()
        return self.source.opened[0].closed.wait(PATIENCE_S)


@pytest.mark.parametrize("blank", [False, True], ids=["frozen", "dark"])
def test_a_given_up_thread_that_wakes_up_leaves_the_timers_as_they_are(
    clock: Any, make_pause: Callable[..., Any], blank: bool
) -> None:
    """The picture stands still for 3 s before, and for 2 s after it wakes: 4 s are too long."""
    picture = Shot(flat_image(0, 48, 32)) if blank else noise(1)
    notes, wakes = Notes(), Wakes()
    with Halt() as halt:
        source = wakes.source = OpensLate(
            [
                [],
                [*spaced(clock, [picture] * 3), wakes, *spaced(clock, [picture] * 3), halt],
                [halt],
            ]
        )
        with Reader(
            source,
            CameraConfig(frozen_after_s=4, dark_after_s=4),
            clock=clock,
            chance=lambda: 0.0,
            pause=make_pause(),
            on_event=notes,
        ) as reader:
            assert source.reached.wait(PATIENCE_S)
            clock.advance(5)
            reader.next(0)
            assert notes.wait_for(3) == ["lost", "back", "dark" if blank else "lost"]
            halt.set()
    assert "same picture" in notes.seen[2][1] or blank


class Guarded:
    """Stands before a value of the reader's, and counts who looks at it without the lock."""

    def __init__(self, value: Any, lock: threading.Lock) -> None:
        self._value, self._lock, self.unguarded = value, lock, 0

    def _checked(self) -> Any:
        self.unguarded += not self._lock.locked()
        return self._value

    def __getattr__(self, name: str) -> Any:
        return getattr(self._checked(), name)

    def __iter__(self) -> Any:
        return iter(self._checked())


def test_what_threads_share_is_read_under_its_lock(
    clock: Any, make_pause: Callable[..., Any]
) -> None:
    pause = make_pause(limit=3)
    reader = Reader(camera(*[CameraError("Lost.")] * 5), CameraConfig(), clock=clock, pause=pause)
    outage = Guarded(reader._outage, reader._lock)
    stuck = Guarded(reader._stuck, reader._lock)
    reader._outage, reader._stuck = outage, stuck  # type: ignore[assignment]
    with reader:
        assert pause.enough.wait(PATIENCE_S)
        assert reader.error == "Lost."
    assert (outage.unguarded, stuck.unguarded) == (0, 0)


def test_a_recording_that_is_opened_once_is_given_the_longest_to_open(clock: Any) -> None:
    with Halt() as stuck:
        reached = threading.Event()
        source = FakeSource([[Signal(reached), stuck]])
        with Reader(source, CameraConfig(open_timeout_s=10), clock=clock) as reader:
            assert reached.wait(PATIENCE_S)
            clock.advance(39)
            assert reader.next(0) is None
            clock.advance(2)
            with pytest.raises(CameraError, match="does not answer"):
                reader.next(0)


def test_stuck_threads_are_bounded(clock: Any) -> None:
    pauses = threading.Semaphore(0)
    halts = [threading.Event() for _ in range(MAX_STUCK + 1)]
    reached = [threading.Event() for _ in halts]
    source = camera(
        *[[Signal(arrived), halt] for arrived, halt in zip(reached, halts, strict=True)]
    )

    def pause(seconds: float) -> bool:
        pauses.release()
        return False

    with Reader(source, CameraConfig(), clock=clock, pause=pause) as reader:
        for arrived in reached[:MAX_STUCK]:
            assert arrived.wait(PATIENCE_S)
            assert not reader.exhausted
            clock.advance(60)
            assert reader.next(0) is None
        for _ in range(MAX_STUCK + 20):
            assert pauses.acquire(timeout=PATIENCE_S)
        assert source.attempts == MAX_STUCK
        assert reader.exhausted
        halts[0].set()
        assert reached[MAX_STUCK].wait(PATIENCE_S)
        assert not reader.exhausted
        for halt in halts:
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


def test_closing_does_not_wait_for_a_stuck_camera() -> None:
    with Halt() as stuck:
        with Reader(camera([stuck]), CameraConfig(), close_s=0.01) as reader:
            pass
        assert reader.ended
        assert not stuck.is_set()


def noise(seed: int) -> Shot:
    """A picture of a working sensor: never twice the same."""
    return Shot(np.random.default_rng(seed).integers(0, 255, (32, 48, 3), dtype=np.uint8))


class Later(threading.Event):
    """A step that takes time, and gives no picture."""

    def __init__(self, clock: Any, seconds: float) -> None:
        super().__init__()
        self._clock, self._seconds = clock, seconds

    def wait(self, timeout: float | None = None) -> bool:
        self._clock.advance(self._seconds)
        return True


def spaced(clock: Any, shots: Sequence[Shot]) -> list[Any]:
    """The shots, a second between one and the next."""
    return [step for shot in shots for step in (shot, Later(clock, 1))]


class Notes:
    """The events of a reader, and a way to wait for so many of them."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []
        self._changed = threading.Condition()

    def __call__(self, event: str, detail: str) -> None:
        with self._changed:
            self.seen.append((event, detail))
            self._changed.notify_all()

    def wait_for(self, count: int) -> list[str]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.seen) >= count, PATIENCE_S)
            return [event for event, _ in self.seen]


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
