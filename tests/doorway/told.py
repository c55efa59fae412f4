"""A doorkeeper for tests: what it wrote down and drove, in one list."""

from dataclasses import dataclass, field, replace

from accessctl.domain import DoorState, PersonId, Posture
from accessctl.doorway.keeper import Doorkeeper
from accessctl.doorway.values import (
    CommandVerb,
    DoorwayInput,
    DoorwayRecord,
    DoorwayRules,
    DoorwayStart,
    LockOutputs,
    OperatorCommand,
)

ADA, BEN = PersonId("ada"), PersonId("ben")


START = DoorwayStart(False, False, False, False)


QUIET = DoorwayRules(first_person=False)


@dataclass
class Told:
    """A doorkeeper, what it wrote down and drove, in one list; the log may be `full`."""

    rules: DoorwayRules = field(default_factory=DoorwayRules)
    start: DoorwayStart = START
    full: bool = False
    happened: list[DoorwayRecord | LockOutputs] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keeper = Doorkeeper(self.rules, self.write, self.happened.append, lambda: 1000.0)
        self.keeper.take(self.start, 0.0)

    def write(self, record: DoorwayRecord, _time: float) -> bool:
        if not self.full:
            self.happened.append(record)
        return not self.full

    def take(self, given: DoorwayInput, now: float) -> str | None:
        return self.keeper.take(given, now)

    def words(self) -> list[str]:
        """What was written since the last call."""
        found = [one.word.value for one in self.happened if isinstance(one, DoorwayRecord)]
        self.happened.clear()
        return found

    @property
    def state(self) -> DoorState:
        return self.keeper.outputs.state

    @property
    def unlocked(self) -> bool:
        return self.keeper.outputs.unlock


def command(verb: CommandVerb, **more: object) -> OperatorCommand:
    return replace(OperatorCommand(verb, by="janitor", via="test"), **more)


def posture(wanted: Posture, **more: object) -> OperatorCommand:
    return command(CommandVerb.POSTURE, posture=wanted, **more)


def begun(**more: object) -> Told:
    told = Told(DoorwayRules(**more))
    told.words()
    return told
