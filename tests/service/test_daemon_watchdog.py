"""When the watchdog is fed, turn by turn, with a clock set by hand."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from accessctl.config import Config
from accessctl.domain import Frame
from accessctl.door.fake import FakeHouse
from accessctl.door.visit import Step
from accessctl.service.config_source import Reloads
from accessctl.service.daemon import Service
from accessctl.service.statistics import Statistics
from accessctl.service.supervision import Notifier, Watchdog


class Bench:
    """The service's turns with a clock set by hand and a camera that is what the test says."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pings: list[float] = []
        self.reader = SimpleNamespace(
            error=None, exhausted=False, source=SimpleNamespace(description="fake camera")
        )
        house = FakeHouse()
        fake: Any = SimpleNamespace(
            config=Config.model_validate(
                {"camera": {"source": "usb:0", "open_timeout_s": 10, "read_timeout_s": 4}}
            ),
            reader=self.reader,
            door=house.door(),
        )
        watchdog = Watchdog(lambda: self.pings.append(self.now), 15.0, 0.0)
        self.service = Service(
            fake,
            house.audit,
            Notifier(None),
            Statistics("1", "config.yaml"),
            watchdog,
            lambda: fake.config,
            lambda *_: None,
            clock=lambda: self.now,
        )

    def turns(self, until: float, *, frames: bool = False) -> None:
        while self.now < until:
            self.now += 1
            if frames:
                image = np.zeros((4, 4, 3), np.uint8)
                self.service.note(Frame(image, self.now, int(self.now)), Step((), (), {}))
            self.service.between(Reloads())


def test_a_camera_thread_that_hangs_unnoticed_gets_the_door_restarted() -> None:
    bench = Bench()
    bench.turns(30, frames=True)
    assert bench.pings == [15, 30]
    bench.turns(300)
    # One more for the last frame's sake? No: it was counted at 30. Nothing moves, nothing is told.
    assert bench.pings == [15, 30]


def test_a_camera_that_never_opens_unnoticed_gets_the_door_restarted() -> None:
    bench = Bench()
    bench.turns(300)
    assert bench.pings == []


def test_a_lost_camera_keeps_the_door_alive_until_it_is_back() -> None:
    bench = Bench()
    bench.turns(30, frames=True)
    bench.reader.error = "unplugged"
    bench.turns(90)
    assert bench.pings == [15, 30, 45, 60, 75, 90]
    bench.reader.error = None
    bench.turns(120, frames=True)
    assert bench.pings[-1] == 120


def test_a_lost_camera_that_can_be_tried_no_more_gets_the_door_restarted() -> None:
    bench = Bench()
    bench.turns(30, frames=True)
    bench.reader.error = "it does not answer"
    bench.turns(60)
    bench.reader.exhausted = True
    bench.turns(300)
    assert bench.pings == [15, 30, 45, 60]
