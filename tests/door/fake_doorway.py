"""A doorway of which all that hangs on it is a fake."""

import time
from collections.abc import Callable, Sequence

from accessctl.config import Config
from accessctl.door.doorway_gate import PartsMaker
from accessctl.doorway.doorway import DoorwayParts
from accessctl.doorway.keeper import DoorwayListener, Record
from accessctl.doorway.lines import FakeInputs, FakeOutput
from accessctl.doorway.opening import rules_of


def hung_on(inputs: FakeInputs, lock: FakeOutput) -> PartsMaker:
    """Makes the parts of a doorway with these lines, by the real clock."""

    def make(
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
            inputs=inputs,
            outputs={"lock": lock},
            listeners=listeners,
            clock_believed=clock_believed,
        )

    return make
