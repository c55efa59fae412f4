from pathlib import Path

import pytest

from accessctl.audit.fake import MemoryLog
from accessctl.audit.log import EventLog
from accessctl.config.policy import AccessConfig
from accessctl.domain import Event, EventKind, PersonId, Reason
from accessctl.door.crossings import Crossings, passage_data
from accessctl.policy.passback import Crossing

ADA, BOB = PersonId("ada"), PersonId("bob")
IN = AccessConfig(direction="in", anti_passback="hard", reset_after_h=1)


def granted(time: float, direction: object, person: PersonId | None = ADA, **more: object) -> Event:
    data = {"decision": "granted", "direction": direction, "area": "inside", **more}
    return Event(time, EventKind.DECISION, data, person)


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog()


def test_the_last_grant_at_a_door_of_the_area_counts(log: MemoryLog) -> None:
    crossings = Crossings(log, IN)
    assert crossings.last(ADA, 1000.0) is None
    log.append(granted(1000.0, "in"))
    assert crossings.last(ADA, 1100.0) == Crossing("in", 100.0)
    assert crossings.last(BOB, 1100.0) is None
    log.append(granted(1200.0, "out"))
    assert crossings.last(ADA, 1300.0) == Crossing("out", 100.0)


@pytest.mark.parametrize(
    "event",
    [
        granted(1000.0, "in", decision="denied"),
        granted(1000.0, "in", area="store"),
        granted(1000.0, "in", area=None),
        granted(1000.0, "none"),
        granted(1000.0, ["in"]),
        granted(1000.0, "in", person=None),
        Event(1000.0, EventKind.DECISION, {"decision": "granted"}, ADA),
        Event(1000.0, EventKind.ACTION, {"decision": "granted", "direction": "in"}, ADA),
    ],
)
def test_what_is_no_crossing(log: MemoryLog, event: Event) -> None:
    log.append(event)
    assert Crossings(log, IN).last(ADA, 1000.0) is None


def test_a_clock_that_was_set_back_counts_it_as_of_now(log: MemoryLog) -> None:
    log.append(granted(9000.0, "in"))
    assert Crossings(log, IN).last(ADA, 8000.0) == Crossing("in", 0.0)


def test_it_survives_a_restart_and_is_shared_by_the_doors_of_a_log(tmp_path: Path) -> None:
    file = tmp_path / "events.sqlite"
    with EventLog(file) as front, EventLog(file) as back:
        crossings = Crossings(front, IN)
        back.append(granted(1000.0, "in"))
        assert crossings.last(ADA, 1010.0) == Crossing("in", 10.0)
        back.append(granted(1020.0, "out"))
        assert crossings.last(ADA, 1030.0) == Crossing("out", 10.0)
        front.append(granted(1040.0, "in"))
    with EventLog(file) as front:
        assert Crossings(front, IN).last(ADA, 1050.0) == Crossing("in", 10.0)
        # What is older than the reset is not even read.
        assert Crossings(front, IN).last(ADA, 1040.0 + 3601.0) is None


def test_another_configuration_reads_anew(log: MemoryLog) -> None:
    log.append(granted(1000.0, "in"))
    log.append(granted(1001.0, "out", area="store"))
    crossings = Crossings(log, IN)
    assert crossings.last(ADA, 1010.0) == Crossing("in", 10.0)
    store = crossings.under(IN.model_copy(update={"area": "store"}))
    assert store.last(ADA, 1010.0) == Crossing("out", 9.0)


def test_what_a_decision_says_of_its_way() -> None:
    assert passage_data(AccessConfig(), Reason.MATCHED, again=False) == {}
    assert passage_data(IN, Reason.MATCHED, again=False) == {"direction": "in", "area": "inside"}
    assert passage_data(IN, Reason.MATCHED, again=True)["passback"] is True
    assert "passback" not in passage_data(IN, Reason.EXPIRED, again=True)
