from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from accessctl.audit.append import HeadFile
from accessctl.audit.log import EventLog
from accessctl.domain import Event, EventKind, PersonId


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "events.sqlite"


@pytest.fixture
def log(path: Path) -> Iterator[EventLog]:
    with EventLog(path) as opened:
        yield opened


@pytest.fixture
def event() -> Callable[..., Event]:
    """An event at a time, with data that tells it apart."""

    def make(
        time: float = 1000.0,
        kind: EventKind = EventKind.DECISION,
        person: str | None = None,
        **data: object,
    ) -> Event:
        return Event(time, kind, data, None if person is None else PersonId(person))

    return make


@pytest.fixture
def head(path: Path) -> HeadFile:
    return HeadFile(path.with_name("events.sqlite.head"), b"k" * 32)


@pytest.fixture
def sealed(path: Path, head: HeadFile) -> Iterator[EventLog]:
    """A log that keeps a head."""
    with EventLog(path, head=head) as opened:
        yield opened
