"""Threads that hang in a camera, and how the reader goes on without them."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from accessctl.camera.fake import FakeFeed, FakeSource, flat_image, flat_shots
from accessctl.camera.reader import MAX_STUCK, Reader
from accessctl.camera.source import Shot
from accessctl.config.camera import CameraConfig
from accessctl.errors import CameraError
from tests.camera.scripted_cameras import (
    PATIENCE_S,
    Halt,
    Notes,
    Signal,
    camera,
    noise,
    spaced,
    value,
)


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


def test_closing_does_not_wait_for_a_stuck_camera() -> None:
    with Halt() as stuck:
        with Reader(camera([stuck]), CameraConfig(), close_s=0.01) as reader:
            pass
        assert reader.ended
        assert not stuck.is_set()
