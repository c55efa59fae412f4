import threading
from collections.abc import Callable, Sequence
from pathlib import Path
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


class FakeSysfs:
    """The part of /sys that tells which hardware a video device is, as the kernel lays it out."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def add_driver(self, interface: Path, driver: str) -> None:
        (self.root / "drivers" / driver).mkdir(parents=True, exist_ok=True)
        (interface / "driver").symlink_to(self.root / "drivers" / driver)

    def add_node(
        self, interface: Path, name: str, card: str, *, index: int = 0, linked: bool = True
    ) -> Path:
        entry = interface / "video4linux" / name
        entry.mkdir(parents=True)
        (entry / "name").write_text(f"{card}\n")
        (entry / "index").write_text(f"{index}\n")
        if linked:
            (entry / "device").symlink_to(interface)
        (self.root / "class/video4linux").mkdir(parents=True, exist_ok=True)
        (self.root / "class/video4linux" / name).symlink_to(entry)
        return entry

    def add_usb_camera(
        self,
        name: str = "video0",
        *,
        port: str = "1-2",
        usb_id: str = "046d:0825",
        serial: str | None = "5FB1",
        below: str = "devices/pci0000:00/0000:00:14.0/usb1",
        index: int = 0,
    ) -> Path:
        bus, usb = self.root / below, self.root / below / port
        interface = usb / f"{port}:1.0"
        interface.mkdir(parents=True)
        (bus / "idVendor").write_text("1d6b\n")
        (bus / "idProduct").write_text("0002\n")
        vendor, product = usb_id.split(":")
        (usb / "idVendor").write_text(f"{vendor}\n")
        (usb / "idProduct").write_text(f"{product}\n")
        (usb / "product").write_text("Webcam C270\n")
        if serial is not None:
            (usb / "serial").write_text(f"{serial}\n")
        self.add_driver(interface, "uvcvideo")
        return self.add_node(interface, name, "UVC Camera (046d:0825)", index=index)

    def add_loopback(self, name: str = "video0") -> Path:
        place = self.root / "devices/virtual"
        return self.add_node(place, name, "OBS Virtual Camera", linked=False)


@pytest.fixture
def sysfs(tmp_path: Path) -> FakeSysfs:
    return FakeSysfs(tmp_path / "sys")
