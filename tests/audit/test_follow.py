from collections.abc import Callable
from pathlib import Path

import pytest

from accessctl.audit.fake import MemoryLog
from accessctl.audit.follow import POLL_S, follow
from accessctl.audit.log import EventLog
from accessctl.domain import Event, EventKind, PersonId
from accessctl.errors import StoreError

MakeEvent = Callable[..., Event]


class Script:
    """Sleeping performs the next step; stop is true when there are no more."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        self.steps = list(steps)
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.steps.pop(0)()

    def stop(self) -> bool:
        return not self.steps


def test_gives_what_is_there_and_then_what_comes(event: MakeEvent) -> None:
    log = MemoryLog()
    for _ in range(3):
        log.append(event())
    script = Script(
        lambda: [log.append(event()), log.append(event())],
        lambda: None,
        lambda: log.append(event()),
    )
    got = [number for number, _ in follow(log, 1, script.sleep, script.stop)]
    assert got == [2, 3, 4, 5, 6]
    assert script.slept == [POLL_S] * 3


def test_stops_only_after_a_last_look(event: MakeEvent) -> None:
    log = MemoryLog()
    log.append(event())
    assert len(list(follow(log, 0, pytest.fail, lambda: True))) == 1


def test_filters_hold_for_what_comes(event: MakeEvent) -> None:
    log = MemoryLog()
    log.append(event(5, person="p1"))
    script = Script(
        lambda: [
            log.append(event(20, person="p2")),
            log.append(event(20, EventKind.ACTION, person="p1")),
            log.append(event(20, person="p1")),
            log.append(event(9, person="p1")),
        ]
    )
    got = follow(
        log,
        0,
        script.sleep,
        script.stop,
        since=10,
        person=PersonId("p1"),
        kind=EventKind.DECISION,
    )
    assert [number for number, _ in got] == [4]


def test_sees_what_another_log_on_the_same_file_writes(
    path: Path, log: EventLog, event: MakeEvent
) -> None:
    with EventLog(path) as writer:
        script = Script(lambda: writer.append(event()), lambda: writer.append(event()))
        assert [n for n, _ in follow(log, 0, script.sleep, script.stop)] == [1, 2]


def test_a_fault_comes_out(path: Path, log: EventLog, event: MakeEvent) -> None:
    script = Script(path.unlink, lambda: None)
    with pytest.raises(StoreError, match="cannot be opened"):
        list(follow(log, 0, script.sleep, script.stop))
