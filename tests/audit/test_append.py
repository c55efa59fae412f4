import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from accessctl.audit.append import append, last_end
from accessctl.audit.chain import GENESIS, link, record_bytes
from accessctl.audit.head import End, HeadFile
from accessctl.audit.log import EventLog
from accessctl.audit.record import row_of
from accessctl.domain import Event

MakeEvent = Callable[..., Event]


@pytest.fixture
def db(path: Path, log: EventLog):
    connection = sqlite3.connect(path, isolation_level=None)
    yield connection
    connection.close()


def test_each_record_continues_the_one_before(
    db: sqlite3.Connection, head: HeadFile, event: MakeEvent
) -> None:
    assert last_end(db) == End(0, GENESIS)
    digest = GENESIS
    for number in (1, 2, 3):
        row = row_of(event(person="p", turn=number))
        digest = link(digest, record_bytes(number, *row))
        assert append(db, row, head) == End(number, digest) == last_end(db) == head.read()


def test_what_fails_leaves_log_and_head_as_they_were(
    db: sqlite3.Connection, head: HeadFile, event: MakeEvent
) -> None:
    end = append(db, row_of(event()), head)

    def fail(_: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("no more")

    with pytest.raises(sqlite3.OperationalError):
        append(db, row_of(event()), head, also=fail)
    assert not db.in_transaction
    assert last_end(db) == end == head.read()
    assert append(db, row_of(event()), head).number == 2


def test_a_head_that_lags_behind_is_no_oddity(
    db: sqlite3.Connection, head: HeadFile, event: MakeEvent
) -> None:
    append(db, row_of(event()), head)
    append(db, row_of(event()), None)
    assert append(db, row_of(event()), head).number == 3
    assert head.read() == last_end(db)
