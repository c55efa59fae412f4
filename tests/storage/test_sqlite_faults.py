import errno
import sqlite3
from dataclasses import fields
from pathlib import Path

import pytest

from accessctl.errors import StoreError
from accessctl.storage.sqlite_faults import FaultWords, reported

PATH = Path("state/{braces}.sqlite")
KINDS = [field.name for field in fields(FaultWords)]
WORDS = FaultWords(**{kind: f"{kind} of {{path}}: {{what}}." for kind in KINDS})


def fault(code: int | None, words: str = "raw words.") -> sqlite3.Error:
    error = sqlite3.OperationalError(words)
    if code is not None:
        error.sqlite_errorcode = code
    return error


def told(error: BaseException) -> str:
    with pytest.raises(StoreError) as caught, reported(PATH, WORDS):
        raise error
    assert caught.value.__cause__ is error
    return str(caught.value)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_BUSY, "busy"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "busy"),
        (sqlite3.SQLITE_LOCKED_SHAREDCACHE, "busy"),
        (sqlite3.SQLITE_FULL, "full"),
        (sqlite3.SQLITE_IOERR_WRITE, "disk"),
        (sqlite3.SQLITE_READONLY_DBMOVED, "read_only"),
        (sqlite3.SQLITE_PERM, "not_permitted"),
        (sqlite3.SQLITE_CANTOPEN_ISDIR, "cannot_open"),
        (sqlite3.SQLITE_CORRUPT_INDEX, "damaged"),
        (sqlite3.SQLITE_NOTADB, "not_a_database"),
        (sqlite3.SQLITE_MISUSE, "other"),
        (None, "other"),
    ],
)
def test_each_kind_has_its_sentence(code: int | None, kind: str) -> None:
    assert told(fault(code)) == f"{kind} of state/{{braces}}.sqlite: raw words."


def test_a_text_that_is_none_is_damage() -> None:
    error = fault(None, "Could not decode to UTF-8 column 'name'")
    assert told(error).startswith("damaged of state/{braces}.sqlite: Could not decode")
    assert told(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad")).endswith("it is damaged.")
    assert told(OverflowError("too large")).startswith("damaged of")


def test_a_fault_of_the_system_is_told_in_its_words() -> None:
    error = PermissionError(errno.EACCES, "Permission denied")
    assert told(error) == "system of state/{braces}.sqlite: Permission denied."


def test_others_pass() -> None:
    with pytest.raises(ZeroDivisionError), reported(PATH, WORDS):
        raise ZeroDivisionError


def test_one_sentence_may_do_for_all() -> None:
    words = FaultWords.all_alike("{path} failed ({what}).")
    assert {getattr(words, kind) for kind in KINDS} == {"{path} failed ({what})."}
