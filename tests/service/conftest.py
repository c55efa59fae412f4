from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from accessctl.domain import Decision, Frame, Outcome, PersonId, Reason
from accessctl.door.visit import FaceView, Step
from accessctl.service.statistics import DoorView, Statistics
from accessctl.service.status_parts import LockoutView
from tests.clocks import HandClock
from tests.mqtt.brokers import ALL_RIGHTS, Mosquitto, Speaker
from tests.service.mqtt_site import FrontDoor, documented_rules


@dataclass
class Shown:
    """A running door's statistics, and what it would answer when asked."""

    clock: HandClock = field(default_factory=lambda: HandClock(100.0))
    people: int = 3
    dropped: int = 0
    names: dict[PersonId, str] = field(default_factory=dict)
    lockout: Callable[[], LockoutView] = LockoutView
    infrared: tuple[str, str | None] | None = None
    clock_doubt_s: float | None = None
    beyond_calibration: str | None = None
    statistics: Statistics = field(init=False)

    def __post_init__(self) -> None:
        self.statistics = Statistics("1.2.3", "/etc/door.yaml", clock=self.clock)

    def view(self) -> DoorView:
        return DoorView(
            door="front",
            camera="USB camera /dev/video0",
            fingerprint="0123456789abcdef" * 4,
            device="cpu",
            liveness="passive",
            people=lambda: self.people,
            names=lambda: self.names,
            dropped=lambda: self.dropped,
            lockout=lambda: self.lockout(),
            infrared=lambda: self.infrared,
            clock_doubt_s=lambda: self.clock_doubt_s,
            beyond_calibration=lambda: self.beyond_calibration,
        )

    def step(self, *decisions: Decision, **timings: float) -> None:
        """A frame of 8x6 pixels that the door has looked at; timings in milliseconds."""
        frame = Frame(np.zeros((6, 8, 3), np.uint8), 0.0, 0)
        self.statistics.note_step(frame, Step((), decisions, timings))

    def stand(self, *faces: FaceView) -> None:
        """A frame that shows these."""
        frame = Frame(np.zeros((6, 8, 3), np.uint8), 0.0, 0)
        self.statistics.note_step(frame, Step(faces, (), {}))

    def unknown(self, visit: str = "v1") -> Decision:
        return Decision(TIME, visit, Outcome.UNKNOWN, Reason.NO_MATCH, None, None, 5, 400.0)

    def granted(self, person: PersonId, visit: str = "v1", latency_ms: float = 400.0) -> Decision:
        matched = Reason.MATCHED
        return Decision(TIME, visit, Outcome.GRANTED, matched, person, None, 5, latency_ms)


TIME = 1_769_884_200.0


@pytest.fixture
def starting() -> Shown:
    return Shown()


@pytest.fixture
def shown(starting: Shown) -> Shown:
    starting.statistics.look_at(starting.view())
    return starting


@pytest.fixture(scope="session")
def broker(mosquitto: Callable[..., Mosquitto]) -> Mosquitto:
    """It lets everybody do what docs/doorway.md says, and a janitor everything."""
    return mosquitto(documented_rules() + ALL_RIGHTS)


@pytest.fixture
def front(tmp_path: Path, broker: Mosquitto) -> FrontDoor:
    return FrontDoor(tmp_path, broker.port)


@pytest.fixture
def home(broker: Mosquitto) -> Iterator[Speaker]:
    """Home Assistant's user, on a broker that keeps nothing of the test before."""
    with Speaker(broker, "janitor") as janitor:
        janitor.say("last", "kept", retain=True)
        janitor.wait("last")
        janitor.sweep()
    with Speaker(broker, topics=["accessctl/#", "homeassistant/#"]) as speaker:
        yield speaker
