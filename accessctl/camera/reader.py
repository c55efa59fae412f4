"""Reads a source beside the loop: frames are ready when the loop wants them."""

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

from accessctl.camera.frame_queue import FrameQueue
from accessctl.camera.health import (
    CONDITIONS,
    MAX_OPEN_DOUBLINGS,
    Backoff,
    CameraEvent,
    Condition,
    Outage,
    PictureHealth,
    flapping,
)
from accessctl.camera.source import Feed, Shot, Source
from accessctl.config.camera import CameraConfig
from accessctl.domain import Frame
from accessctl.errors import AccessctlError, CameraError

logger = logging.getLogger(__name__)

WATCH_S = 0.5
CLOSE_S = 1.0
MAX_STUCK = 4


@dataclass(slots=True, eq=False)
class _Worker:
    """One reading thread; given up when the clock passes `deadline` (None: nothing is due)."""

    thread: threading.Thread | None = None
    deadline: float | None = None

    @property
    def alive(self) -> bool:
        return self.thread is not None and self.thread.is_alive()


class Reader:
    """Frames of `source`, read by a thread of its own; a context manager.

    Live sources: the newest frame wins. Others: every frame in order. An endless source
    that fails, or is silent for `read_timeout_s` (`open_timeout_s` until its first frame),
    is reopened for ever; each outage is logged and passed to `on_event` once, as "lost"
    with the reason and, once pictures have come for `steady_s`, "back" with the source's
    description; a row of connections that break off before that is "flapping", once. One that
    sends the very same picture for `frozen_after_s` is lost, too, until it sends another; a frozen
    picture is not handed on. One that shows nothing for `dark_after_s` stays open and is reported
    as "dark" or "covered", and later "clear". `on_event` runs on the reading thread or
    inside `next`.

    `clock` gives monotonic seconds, `chance` numbers in [0, 1), and `pause` waits for so
    many seconds and tells whether the reader was closed meanwhile. Closing waits `close_s` for a
    camera that is being read.
    """

    def __init__(
        self,
        source: Source,
        config: CameraConfig,
        *,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
        pause: Callable[[float], bool] | None = None,
        on_event: Callable[[CameraEvent, str], None] | None = None,
        close_s: float = CLOSE_S,
    ) -> None:
        self.source = source
        self._config = config
        self._clock = clock
        self._chance = chance
        self._closing = threading.Event()
        self._pause = pause or self._closing.wait
        self._on_event = on_event
        self._close_s = close_s
        self._backoff = Backoff(config.backoff_min_s, config.backoff_max_s)
        self._queue = FrameQueue(source.live)
        self._lock = threading.Lock()
        self._outage = Outage(config.steady_s)
        self._pictures = PictureHealth(config.frozen_after_s, config.dark_after_s)
        self._failure: Exception | None = None
        self._sequence = 0
        self._last_captured: float | None = None
        self._behind_s = 0.0
        self._worker = _Worker()
        self._stuck: list[_Worker] = []

    def __enter__(self) -> Self:
        self._start(_Worker())
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def dropped(self) -> int:
        """Frames of a live source that a newer one replaced before they were taken."""
        return self._queue.dropped

    @property
    def ended(self) -> bool:
        """True when every frame of a recording was taken, or the reader is closed."""
        return self._queue.ended

    @property
    def connected(self) -> bool:
        """True from the first frame until the camera is lost, and again when it is back."""
        with self._lock:
            return self._last_captured is not None and self._outage.error is None

    @property
    def error(self) -> str | None:
        """Why the camera is lost, or not yet back, at the moment; None when it is not."""
        with self._lock:
            return self._outage.error

    @property
    def condition(self) -> Condition | None:
        """Why a camera that works shows nothing; None when it does, or is lost."""
        with self._lock:
            return None if self._outage.error else self._pictures.condition

    @property
    def exhausted(self) -> bool:
        """True while so many threads hang in the camera that it is not opened once more."""
        with self._lock:
            return sum(stuck.alive for stuck in self._stuck) >= MAX_STUCK

    @property
    def last_captured(self) -> float | None:
        """Capture time of the newest frame read so far."""
        with self._lock:
            return self._last_captured

    @property
    def behind_s(self) -> float:
        """How much later than the best of late the newest picture came, seconds."""
        with self._lock:
            return self._behind_s

    def next(self, timeout_s: float) -> Frame | None:
        """The next frame, waiting at most `timeout_s`; None when none came or none is left.

        Raises what stopped a recording (CameraError, PhotoError) once its frames are taken.
        """
        left = timeout_s
        while True:
            step = min(left, WATCH_S)
            frame = self._queue.take(step)
            if frame is not None:
                return self._aged(frame)
            self._watch()
            left -= step
            if self.ended:
                self._raise_failure()
                return None
            if left <= 0:
                return None

    def _aged(self, frame: Frame) -> Frame:
        """With the time that it waited; the times of a recording are its own."""
        if not self.source.live:
            return frame
        return replace(frame, age_s=frame.age_s + max(0.0, self._clock() - frame.captured))

    def close(self) -> None:
        """Stop reading. A thread stuck in a dead camera is left behind, not waited for."""
        self._closing.set()
        self._queue.finish()
        with self._lock:
            thread = self._worker.thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(self._close_s)

    def _raise_failure(self) -> None:
        with self._lock:
            failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _start(self, worker: _Worker) -> None:
        thread = threading.Thread(
            target=self._work, args=(worker,), name="camera-reader", daemon=True
        )
        with self._lock:
            worker.thread = thread
            self._worker = worker
            thread.start()

    def _watch(self) -> None:
        """Give up the thread when it is overdue, and put a fresh one in its place."""
        with self._lock:
            worker = self._worker
            overdue = worker.deadline is not None and self._clock() > worker.deadline
            if not overdue or self._closing.is_set():
                return
            self._stuck = [stuck for stuck in self._stuck if stuck.alive]
            self._stuck.append(worker)
            # From here on the stuck thread is not the current one: it ends when it wakes.
            self._worker = fresh = _Worker()
        silent = f"{self.source.description} does not answer; check its power and its cable."
        if self._failed(fresh, CameraError(silent)):
            self._start(fresh)

    def _work(self, worker: _Worker) -> None:
        try:
            if self._failures() and self._wait_to_retry():
                return
            while self._serve(worker) and not self._wait_to_retry():
                pass
        except Exception as error:  # noqa: BLE001 - not swallowed: `next` raises it in the loop
            if not self._stop(worker, error):
                logger.warning("A camera that was given up ended with: %s", error)

    def _wait_to_retry(self) -> bool:
        """Sleep as the backoff says; True when the reader was closed meanwhile."""
        while True:
            wait = self._backoff.wait_s(self._failures(), self._chance())
            if self._pause(wait) or self._closing.is_set():
                return True
            if not self.exhausted:
                return False

    def _failures(self) -> int:
        with self._lock:
            return self._outage.tries

    def _serve(self, worker: _Worker) -> bool:
        """Open the source and read it to its end; True when it shall be opened again."""
        worker.deadline = self._clock() + self._patience_s()
        feed: Feed | None = None
        try:
            feed = self.source.open()
            self._read_all(worker, feed)
        except AccessctlError as error:
            return self._failed(worker, error)
        finally:
            if feed is not None:
                worker.deadline = self._clock() + self._config.read_timeout_s
                feed.close()
            worker.deadline = None
        self._stop(worker, None)
        return False

    def _patience_s(self) -> float:
        """A camera that failed is given more time: a slow one, too, connects in the end.

        A recording is opened only once, so it has the longest: a slow machine takes seconds to
        draw the demo.
        """
        doublings = MAX_OPEN_DOUBLINGS
        if self.source.endless:
            doublings = min(self._failures(), MAX_OPEN_DOUBLINGS)
        return self._config.open_timeout_s * 2.0**doublings

    def _read_all(self, worker: _Worker, feed: Feed) -> None:
        with self._lock:
            # One that was given up while it opened the camera leaves the timers to its successor.
            if not self._is_current(worker):
                return
            started = self._clock()
            self._pictures.reopened(started)
        while True:
            with self._lock:
                if not self._is_current(worker):
                    return
            shot = feed.read()
            if shot is None:
                if self.source.endless:
                    raise CameraError(f"{self.source.description} stopped sending pictures.")
                return
            worker.deadline = None
            self._hand_over(worker, shot, started)
            worker.deadline = self._clock() + self._config.read_timeout_s

    def _hand_over(self, worker: _Worker, shot: Shot, started: float) -> None:
        captured = self._clock()
        if shot.media is not None:
            due = started + shot.media
            if not self.source.live:
                captured = due
            elif captured < due:
                self._pause(due - captured)
                captured = self._clock()
        with self._lock:
            if not self._is_current(worker):
                return
            changed = self.source.endless and self._pictures.examine(
                shot.image, captured, self.source.description
            )
            self._behind_s = shot.behind_s
            condition = self._pictures.condition
            frame = None if self._pictures.frozen else self._framed(shot, captured)
            event = None if frame is None else self._outage.worked(captured)
        self._report(event, self.source.description)
        if changed:
            self._report_condition(condition)
        if frame is not None:
            self._queue.put(frame)

    def _framed(self, shot: Shot, captured: float) -> Frame:
        frame = Frame(shot.image, captured, self._sequence, shot.behind_s)
        self._sequence += 1
        self._last_captured = captured
        return frame

    def _report_condition(self, condition: Condition | None) -> None:
        if condition is None:
            self._report("clear", self.source.description)
        else:
            self._report(condition, f"{self.source.description} {CONDITIONS[condition]}")

    def _is_current(self, worker: _Worker) -> bool:
        """False for a thread that was given up; to be called under the lock."""
        return worker is self._worker and not self._closing.is_set()

    def _failed(self, worker: _Worker, error: AccessctlError) -> bool:
        """Note why reading stopped; True when it shall be tried again."""
        with self._lock:
            if not self._is_current(worker):
                return False
            if self.source.endless:
                event = self._outage.failed(str(error), self._clock())
                detail = self._detail(event, error)
        if not self.source.endless:
            self._stop(worker, error)
            return False
        self._report(event, detail)
        return True

    def _detail(self, event: CameraEvent | None, error: AccessctlError) -> str:
        if event != "flapping":
            return str(error)
        has_address = "://" in self._config.source
        return flapping(self.source.description, self._outage, has_address=has_address)

    def _stop(self, worker: _Worker, error: Exception | None) -> bool:
        """No more frames, for that reason if any; False, and nothing done, for a given-up one."""
        with self._lock:
            if not self._is_current(worker):
                return False
            self._failure = error
        self._queue.finish()
        return True

    def _report(self, event: CameraEvent | None, detail: str) -> None:
        if event is None:
            return
        level = logging.INFO if event in ("back", "clear") else logging.WARNING
        logger.log(level, "Camera %s: %s", event, detail)
        if self._on_event is not None:
            self._on_event(event, detail)
