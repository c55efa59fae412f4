"""What SQLite, and the disk below it, complain of: one StoreError, one sentence."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from accessctl.errors import StoreError
from accessctl.storage.strict_yaml import shortened

# The low byte of a code is the kind; the extended codes above it only refine it.
_PRIMARY = 0xFF
# What Python says of a text that is none; it has no code.
_NOT_TEXT = "Could not decode"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultWords:
    """How one kind of database tells its faults: whole sentences, what is wrong and what to do.

    Each may hold `{path}`, and `{what}` for SQLite's or the system's own words; `system` is for
    an OSError, `other` for every fault that has no sentence of its own.
    """

    busy: str
    full: str
    disk: str
    read_only: str
    not_permitted: str
    cannot_open: str
    damaged: str
    not_a_database: str
    system: str
    other: str

    @classmethod
    def all_alike(cls, sentence: str) -> "FaultWords":
        """One sentence for every fault."""
        return cls(**{field.name: sentence for field in fields(cls)})


_KINDS = {
    sqlite3.SQLITE_BUSY: "busy",
    sqlite3.SQLITE_LOCKED: "busy",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_IOERR: "disk",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_PERM: "not_permitted",
    sqlite3.SQLITE_CANTOPEN: "cannot_open",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "not_a_database",
}


@contextmanager
def reported(path: Path, words: FaultWords) -> Iterator[None]:
    """Turn sqlite3.Error, its unreadable messages and OSError into a StoreError about `path`."""
    try:
        yield
    except sqlite3.Error as error:
        sentence: str = getattr(words, _kind_of(error))
        what = shortened(str(error)).rstrip(".")
        raise StoreError(sentence.format(path=path, what=what)) from error
    except (UnicodeDecodeError, OverflowError) as error:
        # SQLite quotes a damaged schema in its message, and Python cannot read that; a row with
        # the largest number there is can have none after it.
        raise StoreError(words.damaged.format(path=path, what="it is damaged")) from error
    except OSError as error:
        raise StoreError(words.system.format(path=path, what=error.strerror)) from error


def _kind_of(error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        return _KINDS.get(code & _PRIMARY, "other")
    return "damaged" if str(error).startswith(_NOT_TEXT) else "other"
