"""A door whose lock is a fake, and that hubs may command."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from accessctl.audit.base import MemoryLog
from accessctl.config import Config
from accessctl.domain import EventKind, PersonRules
from accessctl.door.doorway_gate import DoorwayGate, Grantees
from accessctl.doorway.doorway import DoorwayParts
from accessctl.doorway.keeper import DoorwayListener, Record
from accessctl.doorway.lines import FakeInputs, FakeOutput
from accessctl.doorway.opening import rules_of

CONFIG = Config.model_validate({"doorway": {"lock": {"type": "gpio", "chip": "fake", "line": "B"}}})


@dataclass
class CommandedDoor:
    """`log` is its event log, `lock` what opens it."""

    lock: FakeOutput = field(default_factory=lambda: FakeOutput("lock"))
    log: MemoryLog = field(default_factory=MemoryLog)

    def _parts(
        self,
        config: Config,
        record: Record,
        *,
        hours: Callable[[float], bool],
        clock_believed: Callable[[], bool],
        listeners: Sequence[DoorwayListener] = (),
    ) -> DoorwayParts:
        return DoorwayParts(
            rules=rules_of(config.doorway),
            record=record,
            clock=time.monotonic,
            wall_clock=time.time,
            inputs=FakeInputs({}),
            outputs={"lock": self.lock},
            listeners=listeners,
            clock_believed=clock_believed,
        )

    @contextmanager
    def opened(self) -> Iterator[DoorwayGate]:
        grantees = Grantees(lambda _: PersonRules(), lambda _: False)
        gate = DoorwayGate(CONFIG, self.log, grantees, lambda *_: None, self._parts)
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
