import errno
import sqlite3
from pathlib import Path

import pytest

from accessctl.audit.faults import reported
from accessctl.errors import StoreError

PATH = Path("state/events.sqlite")


def fault(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("raw words of SQLite")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (sqlite3.SQLITE_BUSY, "is locked by another process"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "is locked by another process"),
        (sqlite3.SQLITE_FULL, "cannot be written: the disk is full; make room"),
        (sqlite3.SQLITE_IOERR_WRITE, "cannot be read or written: the disk reports an error"),
        (sqlite3.SQLITE_READONLY_DBMOVED, "may not be written"),
        (sqlite3.SQLITE_CANTOPEN, "cannot be opened"),
        (sqlite3.SQLITE_CORRUPT_INDEX, "is damaged"),
        (sqlite3.SQLITE_NOTADB, "is not an event log"),
        (sqlite3.SQLITE_MISUSE, r"cannot be used \(raw words of SQLite\)\."),
    ],
)
def test_each_fault_is_one_sentence(code: int, sentence: str) -> None:
    with (
        pytest.raises(StoreError, match=rf"^The event log state/events\.sqlite {sentence}"),
        reported(PATH),
    ):
        raise fault(code)


def test_a_fault_of_the_system() -> None:
    with pytest.raises(StoreError, match=r"\(Permission denied\)"), reported(PATH):
        raise PermissionError(errno.EACCES, "Permission denied")


def test_others_pass() -> None:
    with pytest.raises(ZeroDivisionError), reported(PATH):
        raise ZeroDivisionError
