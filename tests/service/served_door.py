"""A door that is served in this process, and the service manager that it tells how it fares."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from accessctl.camera.fake import FakeSource, flat_shots
from accessctl.camera.source import register_source
from accessctl.config import Config
from accessctl.domain import EventKind
from accessctl.door.fake import FakeHouse
from accessctl.errors import ConfigError
from accessctl.recognition.engine import Engine
from accessctl.service.daemon import Orders, ServiceMakers, serve
from accessctl.service.display import Show


class Manager:
    """A service manager that remembers what it was told."""

    def __init__(self, path: Path) -> None:
        self.address = str(path)
        self._ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._ear.bind(self.address)

    def next(self, timeout_s: float = 20.0) -> list[str] | None:
        """The lines of the next message; None when none comes."""
        self._ear.settimeout(timeout_s)
        try:
            return self._ear.recv(4096).decode().split("\n")
        except TimeoutError:
            return None

    def until(self, first: str) -> list[list[str]]:
        """All messages up to the one that begins with that line."""
        heard: list[list[str]] = []
        while not heard or heard[-1][0] != first:
            message = self.next()
            assert message is not None, f"{first} never came; heard {heard}"
            heard.append(message)
        return heard

    def rest(self) -> list[list[str]]:
        """What was said and not yet heard."""
        heard = []
        while (message := self.next(0.01)) is not None:
            heard.append(message)
        return heard

    def close(self) -> None:
        self._ear.close()


class Site:
    """A door's folder; `config` is what its file would say now."""

    def __init__(self, folder: Path, manager: Manager) -> None:
        self.house = FakeHouse()
        self.manager = manager
        self.stop = threading.Event()
        self.end = threading.Event()
        self.base = {
            "camera": {
                "source": "fake",
                "backoff_min_s": 0.01,
                "backoff_max_s": 0.01,
                "steady_s": 0,
            },
            "gallery": {"folder": folder / "enrolled"},
            "audit": {"file": folder / "events.sqlite"},
            "service": {"socket": folder / "door.sock"},
            "liveness": {"mode": "off"},
        }
        self.refusal: ConfigError | None = None
        self.sources: list[FakeSource] = []
        self.configure()

        @contextmanager
        def open_engine(config: Config, progress: object) -> Iterator[Engine]:
            house = self.house
            yield Engine(config, house.observer, house.recogniser, house.gallery, house.roster())

        @contextmanager
        def open_audit(config: Config) -> Iterator[Any]:
            yield self.house.audit

        self._makers = ServiceMakers(open_engine, open_audit, retain=lambda *_, **__: None)
        register_source("fake", lambda config, fast: self.sources.pop(0))

    def configure(self, **sections: dict[str, Any]) -> None:
        names = self.base | sections
        merged = {n: {**self.base.get(n, {}), **sections.get(n, {})} for n in names}
        self.config = Config.model_validate(merged)

    @property
    def socket(self) -> Path:
        return self.config.service.socket

    def load(self) -> Config:
        if self.refusal is not None:
            raise self.refusal
        return self.config

    def serve(self, show: Show = lambda *_: None, **environment: str) -> None:
        told = {"NOTIFY_SOCKET": self.manager.address} | environment
        orders = Orders(self.load, "config.yaml", fast=True)
        serve(orders, show, self.stop, told, lambda photos, _: iter(photos), self._makers)

    def camera(self, *values: int) -> FakeSource:
        """An endless camera that gives these flat pictures and then none for as long as it runs."""
        return FakeSource([[*flat_shots(values), self.end]], endless=True)

    def beside(self, work: Callable[[], None]) -> "Beside":
        return Beside(self, work)

    def states(self) -> list[str]:
        events = self.house.events()
        return [e.data["state"] for e in events if e.kind is EventKind.SERVICE]


class Beside:
    """Does `work` in a thread while the door is served, then stops the door."""

    def __init__(self, site: Site, work: Callable[[], None]) -> None:
        self._site = site
        self._work = work
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run)

    def serve(self, **environment: str) -> None:
        self._thread.start()
        try:
            self._site.serve(**environment)
        finally:
            # Not before: a camera that ends is a lost one.
            self._site.end.set()
            self._thread.join(30)
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - raised again in the test's own thread
            self._error = error
        finally:
            self._site.stop.set()
