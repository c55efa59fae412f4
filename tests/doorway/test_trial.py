from collections.abc import Iterator

import pytest

from accessctl.doorway.doorway import DoorwayParts
from accessctl.doorway.lines import FakeInputs, FakeOutput
from accessctl.doorway.trial import LineTrial
from accessctl.doorway.values import DoorwayRecord, DoorwayRules
from accessctl.errors import FaultError


class Installer:
    """Does at the door what the test asks for, as long as they are `there`."""

    def __init__(self) -> None:
        self.inputs = FakeInputs({"contact": False, "exit": True})
        self.lock = FakeOutput("lock")
        self.said: list[str] = []
        self.records: list[DoorwayRecord] = []
        self.full = False
        self.there = True
        self.answer = "y"
        self.seconds = iter(range(1000))

    def say(self, line: str) -> None:
        self.said.append(line)
        deeds = {
            "Open the door.": ("contact", True),
            "Shut the door.": ("contact", False),
            "Press the exit button, and keep it pressed.": ("exit", True),
            "Let it go.": ("exit", False),
        }
        for words, (name, active) in deeds.items():
            if self.there and line.endswith(words):
                self.inputs.set(name, active, 0.0)

    def read(self, question: str) -> str:
        self.said.append(question)
        self.on_when_asked = self.lock.on
        return self.answer

    def record(self, record: DoorwayRecord, _time: float) -> bool:
        if not self.full:
            self.records.append(record)
        return not self.full

    def run(self, *, maglock: bool = False) -> bool:
        parts = DoorwayParts(
            rules=DoorwayRules(),
            record=self.record,
            clock=lambda: 0.0,
            wall_clock=lambda: 1000.0,
            inputs=self.inputs,
            outputs={"lock": self.lock},
            maglock=maglock,
        )
        trial = LineTrial(parts, "janitor", self.say, self.read, lambda: float(next(self.seconds)))
        return trial.run(3.0, 5.0)


@pytest.fixture
def installer() -> Iterator[Installer]:
    installer = Installer()
    yield installer
    assert installer.inputs.closed
    assert installer.lock.closed


@pytest.mark.parametrize("maglock", [False, True])
def test_everything_works(installer: Installer, maglock: bool) -> None:
    assert installer.run(maglock=maglock)
    assert installer.said[-3:] == ["contact: works", "exit: works", "lock: works"]
    assert installer.on_when_asked is not maglock
    assert installer.lock.on is maglock
    (record,) = installer.records
    assert record.data == {"output": "lock", "operator": "janitor", "for_s": 5.0}


def test_what_is_not_seen_does_not_work(installer: Installer) -> None:
    installer.there = False
    assert not installer.run()
    assert "contact: nothing was seen in 3 s; look at the wires and the line." in installer.said
    assert "exit: it stays active; look at `wiring` and `active_low`." in installer.said


def test_a_lock_that_stays_shut_does_not_work(installer: Installer) -> None:
    installer.answer = ""
    assert not installer.run()
    assert installer.said[-1] == "lock: DOES NOT WORK"


def test_a_relay_that_fails_does_not_work(installer: Installer) -> None:
    installer.lock.fault = "It gave no answer."
    assert not installer.run()
    assert "lock: It gave no answer." in installer.said


def test_without_its_record_nothing_is_unlocked(installer: Installer) -> None:
    installer.full = True
    with pytest.raises(FaultError, match="nothing is unlocked"):
        installer.run()
    assert (True, 5.0) not in installer.lock.told
