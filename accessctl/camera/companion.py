"""A second camera beside the first: its picture of the moment at which the first took one."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Protocol, Self, TypeAlias

from accessctl.background import BackgroundThread
from accessctl.camera.health import CameraEvent, condition_of, same_picture
from accessctl.camera.light import brightness
from accessctl.camera.reader import Reader
from accessctl.camera.source import Feed, Shot, Source
from accessctl.config.camera import CameraConfig
from accessctl.domain import Frame
from accessctl.errors import AccessctlError

log = logging.getLogger(__name__)

SKEW_S = 0.15
"""Pictures taken further apart are not of the same moment."""

KEPT = 8
"""Pictures of the second camera that are kept for the first one's that are still to come."""

LIT_SHARE = 0.7
"""A lamp that flashes for every other picture leaves the rest darker than this share."""

TAKE_S = 0.5
CLOSE_S = 1.0

OnEvent: TypeAlias = Callable[[CameraEvent, str], None]


class Companion(Protocol):
    """The second camera; a context manager. Called by one thread."""

    @property
    def description(self) -> str:
        """For people and logs; never holds a password."""

    @property
    def error(self) -> str | None:
        """Why it gives no pictures at the moment; None when it does."""

    def at(self, captured: float) -> Frame | None:
        """Its picture of about that time, in seconds of the first camera's frames; None where
        it has none, or shows nothing in it. To be asked for each frame, in order."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def nearest(frames: Iterable[Frame], captured: float) -> Frame | None:
    """The frame nearest to that moment, of those that a lamp lit; None where none is near."""
    near = [frame for frame in frames if abs(frame.captured - captured) <= SKEW_S]
    lights = [brightness(frame.image) for frame in near]
    lit = [
        frame for frame, light in zip(near, lights, strict=True) if light >= LIT_SHARE * max(lights)
    ]
    return min(lit, key=lambda frame: abs(frame.captured - captured), default=None)


class LiveCompanion:
    """A camera that runs by itself; `reader` is not yet entered.

    Its pictures are taken by a thread of its own, so that the loop never waits for it and none
    is passed over. A picture that shows nothing, or is the very same as the one before, is not
    kept: a camera that goes dark or freezes is silent at once, and reported as the reader does.
    """

    def __init__(self, reader: Reader, on_event: OnEvent) -> None:
        self._reader = reader
        self._on_event = on_event
        self._frames: deque[Frame] = deque(maxlen=KEPT)
        self._last: Frame | None = None
        self._failure: str | None = None
        self._lock = threading.Lock()
        self._thread = BackgroundThread(
            self._work, name="infrared", stop=reader.close, patience_s=CLOSE_S
        )

    @property
    def description(self) -> str:
        return self._reader.source.description

    @property
    def error(self) -> str | None:
        with self._lock:
            failure = self._failure
        return failure or self._reader.error

    def at(self, captured: float) -> Frame | None:
        with self._lock:
            frames = tuple(self._frames)
        return nearest(frames, captured)

    def __enter__(self) -> Self:
        self._reader.__enter__()
        self._thread.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.__exit__()

    def _work(self) -> None:
        try:
            while True:
                frame = self._reader.next(TAKE_S)
                if frame is not None:
                    self._take(frame)
                elif self._reader.ended:
                    break
            self._fail(f"{self.description} is over.")
        except Exception as error:
            # Nothing opens for it: while the infrared camera is silent nobody is let in.
            self._fail(str(error))
            log.error("The infrared camera is given up.", exc_info=error)
            self._on_event("lost", str(error))

    def _fail(self, why: str) -> None:
        with self._lock:
            self._failure = why

    def _take(self, frame: Frame) -> None:
        last, self._last = self._last, frame
        if last is not None and same_picture(last.image, frame.image):
            return
        if condition_of(frame.image) is not None:
            return
        with self._lock:
            self._frames.append(frame)


class StepCompanion:
    """A recording that is played in step with that of the first camera, by the time in both.

    Both begin at the same moment.
    """

    def __init__(self, source: Source, on_event: OnEvent) -> None:
        self._source = source
        self._on_event = on_event
        self._feed: Feed | None = None
        self._began: float | None = None
        self._frames: deque[Frame] = deque(maxlen=KEPT)
        self._read = 0
        self._error: str | None = None

    @property
    def description(self) -> str:
        return self._source.description

    @property
    def error(self) -> str | None:
        return self._error

    def at(self, captured: float) -> Frame | None:
        if self._began is None:
            self._began = captured
        while self._error is None and (
            not self._frames or self._frames[-1].captured < captured + SKEW_S
        ):
            self._step(self._began)
        found = nearest(self._frames, captured)
        return None if found is None or condition_of(found.image) is not None else found

    def __enter__(self) -> Self:
        """Raises CameraError where there is nothing to play."""
        self._feed = self._source.open()
        return self

    def __exit__(self, *_: object) -> None:
        if self._feed is not None:
            self._feed.close()

    def _step(self, began: float) -> None:
        shot: Shot | None = None
        problem = f"{self.description} is over."
        try:
            shot = None if self._feed is None else self._feed.read()
        except AccessctlError as error:
            problem = str(error)
        if shot is None:
            self._error = problem
            self._on_event("lost", problem)
            return
        self._frames.append(Frame(shot.image, began + (shot.media or 0.0), self._read))
        self._read += 1


def companion_of(
    source: Source, config: CameraConfig, on_event: OnEvent, *, in_step: bool
) -> Companion:
    """`source` beside a camera, or `in_step` with a recording of which every frame counts."""
    if in_step:
        return StepCompanion(source, on_event)
    return LiveCompanion(Reader(source, config, on_event=on_event), on_event)
