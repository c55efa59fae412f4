"""A door with its doorway and its bridge to a broker, under the rules of docs/doorway.md."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from accessctl.audit.base import MemoryLog
from accessctl.config import Config
from accessctl.domain import Decision, EventKind, Outcome, PersonId, PersonRules, Reason
from accessctl.door.doorway_gate import DoorwayGate, Grantees
from accessctl.doorway.lines import FakeInputs, FakeOutput
from accessctl.mqtt.link import Patience
from accessctl.service.mqtt_bridge import BridgeParts, MqttBridge
from accessctl.service.mqtt_desk import DeskParts
from accessctl.service.statistics import Statistics
from tests.door.fake_doorway import hung_on
from tests.mqtt.brokers import PASSWORDS, Speaker
from tests.mqtt.home_assistant import Entity, read_discovery
from tests.patience import wait_for

DOCUMENT = Path(__file__).parents[2] / "docs" / "doorway.md"
LINE = {"chip": "fake", "line": "A"}
LOCK = {"type": "gpio", "chip": "fake", "line": "B"}
BASE = "accessctl/accessctl_front"
ANNOUNCED = "homeassistant/device/accessctl_front/config"
ADA = PersonId("ada")
SOON = Patience(first_s=0.05, most_s=0.05)


def documented_rules() -> str:
    """The broker's rules as docs/doorway.md has them."""
    return DOCUMENT.read_text(encoding="utf-8").split("```conf\n")[1].split("```")[0]


@dataclass
class FrontDoor:
    """A door `front`; what hangs on it are fakes."""

    folder: Path
    port: int
    lock: FakeOutput = field(default_factory=lambda: FakeOutput("lock"))
    inputs: FakeInputs = field(default_factory=lambda: FakeInputs({"contact": False}))
    log: MemoryLog = field(default_factory=MemoryLog)
    statistics: Statistics = field(default_factory=lambda: Statistics("1.2.3", "door.yaml"))
    acting: bool = True
    wall_clock: Callable[[], float] = time.time

    def config(self, **mqtt: Any) -> Config:
        password = self.folder / "mqtt.password"
        password.write_text(PASSWORDS["door"])
        password.chmod(0o600)
        reach = {"host": "127.0.0.1", "port": self.port, "tls": False, "user": "door"}
        return Config.model_validate(
            {
                "doorway": {"lock": LOCK, "contact": LINE},
                "mqtt": {**reach, "password_file": password, **mqtt},
            }
        )

    @contextmanager
    def door(self, **mqtt: Any) -> Iterator[MqttBridge]:
        config = self.config(**mqtt)
        bridge = MqttBridge(config, "1.2.3", {}, patience=SOON, chance=lambda: 0.0)
        grantees = Grantees(lambda _: PersonRules(), lambda _: False)
        parts = hung_on(self.inputs, self.lock)
        gate = DoorwayGate(config, self.log, grantees, lambda *_: None, parts, (bridge,))
        gate.open()
        beside = BridgeParts(
            doorway=gate.report,
            totals=self.statistics.totals,
            names=lambda: {ADA: "Ada Lovelace"},
            acting=lambda: self.acting,
            desk=DeskParts(
                command=gate.command,
                audit=self.log,
                clock_believed=lambda: self.log.clock_doubt_s() is None,
                wall_clock=self.wall_clock,
            ),
        )
        try:
            with bridge.link(beside):
                yield bridge
        finally:
            gate.close()

    def records(self, kind: EventKind, state: str) -> list[Mapping[str, Any]]:
        found = self.log.query(kind=kind)
        return [event.data for _, event in found if event.data.get("state") == state]


def online(home: Speaker, bridge: MqttBridge) -> dict[str, Entity]:
    """The device, once the door is there."""
    wait_for(lambda: (bridge.report() or {})["connected"], "the connection")
    return read_discovery(ANNOUNCED, home.wait(ANNOUNCED))


def decision(outcome: Outcome, person: PersonId | None = None, visit: str = "v1") -> Decision:
    reason = Reason.MATCHED if outcome is Outcome.GRANTED else Reason.NO_MATCH
    return Decision(1_796_000_000.0, visit, outcome, reason, person, None, 5, 400.0)


def command(value: str, nonce: str = "n-1", life_s: float = 5.0) -> str:
    return json.dumps({"value": value, "nonce": nonce, "expires": time.time() + life_s})
