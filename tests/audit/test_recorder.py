import logging

import pytest

from accessctl.audit.fake import MemoryLog
from accessctl.audit.recorder import person_event, write_down
from accessctl.domain import Event, EventKind, PersonId

STARTED = Event(1.0, EventKind.SERVICE, {"state": "started"})


def test_what_is_written_down_is_there(caplog: pytest.LogCaptureFixture) -> None:
    audit = MemoryLog()
    assert write_down(audit, STARTED) is True
    assert [event for _, event in audit.query()] == [STARTED]
    assert caplog.records == []


def test_a_full_disk_is_told_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    audit = MemoryLog()
    audit.full = True
    assert write_down(audit, STARTED) is False
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "service event could not be written down" in record.message
    assert "the disk is full" in record.message


def test_the_line_names_the_visit_that_is_not_on_record(caplog: pytest.LogCaptureFixture) -> None:
    audit = MemoryLog()
    audit.full = True
    write_down(audit, Event(1.0, EventKind.DECISION, {"visit": "a1b2"}))
    assert caplog.records[0].__dict__["visit"] == "a1b2"


def test_only_what_a_store_may_do_is_forgiven() -> None:
    class Broken(MemoryLog):
        def append(self, event: Event) -> int:
            raise ValueError("an event's time lies in the years 1970 to 9999")

    with pytest.raises(ValueError, match="1970"):
        write_down(Broken(), STARTED)


def test_a_change_names_the_person_by_number_alone() -> None:
    ada = PersonId("ada")
    assert person_event("removed", ada, 1.0) == Event(
        1.0, EventKind.PERSON, {"change": "removed"}, ada
    )
