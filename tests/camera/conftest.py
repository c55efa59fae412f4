import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest


class FakeClock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = 100.0

    def __call__(self) -> float:
        with self._lock:
            return self._now

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._now += seconds


class FakePause:
    """Waits by moving the clock; remembers each wait, and ends the reading after `limit`."""

    def __init__(self, clock: FakeClock, limit: int | None = None) -> None:
        self.waits: list[float] = []
        self.enough = threading.Event()
        self._clock = clock
        self._limit = limit

    def __call__(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self._clock.advance(seconds)
        if self._limit is not None and len(self.waits) >= self._limit:
            self.enough.set()
            return True
        return False


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def make_pause(clock: FakeClock) -> Callable[..., FakePause]:
    return lambda limit=None: FakePause(clock, limit)


class FakeCapture:
    """Stands in for cv2.VideoCapture: plays BGR pictures, remembers its settings."""

    def __init__(self, pictures: Sequence[Any] = (), opened: bool = True) -> None:
        self.settings: dict[int, float] = {}
        self.released = 0
        self._pictures = iter(pictures)
        self._opened = opened

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return self._opened

    def read(self) -> tuple[bool, Any]:
        picture = next(self._pictures, None)
        if isinstance(picture, Exception):
            raise picture
        return picture is not None, picture

    def get(self, propId: int) -> float:  # noqa: N803 - OpenCV's name
        return self.settings.get(propId, 0.0)

    def set(self, propId: int, value: float) -> bool:  # noqa: N803 - OpenCV's name
        self.settings[propId] = value
        return True

    def release(self) -> None:
        self.released += 1


@pytest.fixture
def fake_capture() -> type[FakeCapture]:
    return FakeCapture
