"""A door whose lock is a fake, and that hubs may command."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from accessctl.audit.base import MemoryLog
from accessctl.config import Config
from accessctl.domain import EventKind, PersonRules
from accessctl.door.doorway_gate import DoorwayGate, Grantees
from accessctl.doorway.lines import FakeInputs, FakeOutput
from tests.door.fake_doorway import hung_on

CONFIG = Config.model_validate({"doorway": {"lock": {"type": "gpio", "chip": "fake", "line": "B"}}})


@dataclass
class CommandedDoor:
    """`log` is its event log, `lock` what opens it."""

    lock: FakeOutput = field(default_factory=lambda: FakeOutput("lock"))
    log: MemoryLog = field(default_factory=MemoryLog)

    @contextmanager
    def opened(self) -> Iterator[DoorwayGate]:
        grantees = Grantees(lambda _: PersonRules(), lambda _: False)
        gate = DoorwayGate(
            CONFIG, self.log, grantees, lambda *_: None, hung_on(FakeInputs({}), self.lock)
        )
        gate.open()
        try:
            yield gate
        finally:
            gate.close()

    def records(self, state: str) -> list[Mapping[str, Any]]:
        """What its log says of that state, at the doorway or of the service."""
        kinds = {EventKind.DOORWAY, EventKind.SERVICE}
        found = [event for _, event in self.log.query() if event.kind in kinds]
        return [event.data for event in found if event.data.get("state") == state]
