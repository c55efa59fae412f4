"""What SQLite complains of, as one sentence for the person at the keyboard."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from accessctl.errors import StoreError
from accessctl.strict_yaml import shortened

# Extended result codes keep the primary one in their low byte.
_PRIMARY = 0xFF
# What Python says of a text that is none; it has no code.
_NOT_TEXT = "Could not decode"

_SENTENCES = {
    sqlite3.SQLITE_BUSY: "is locked by another process; close what holds it and try again.",
    sqlite3.SQLITE_LOCKED: "is locked by another process; close what holds it and try again.",
    sqlite3.SQLITE_FULL: "cannot be written: the disk is full; make room.",
    sqlite3.SQLITE_IOERR: "cannot be read or written: the disk reports an error or is full.",
    sqlite3.SQLITE_READONLY: "may not be written; give it to the user that runs accessctl.",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; check its folder and who may read and write it.",
    sqlite3.SQLITE_PERM: "may not be opened; give it to the user that runs accessctl.",
    sqlite3.SQLITE_CORRUPT: "is damaged; move it away to begin a new one, and keep it as evidence.",
    sqlite3.SQLITE_NOTADB: "is not an event log; name another file or move it away.",
}


@contextmanager
def reported(path: Path) -> Iterator[None]:
    """Turns sqlite3.Error, its unreadable messages and OSError into StoreError."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        sentence = None if code is None else _SENTENCES.get(code & _PRIMARY)
        if code is None and str(error).startswith(_NOT_TEXT):
            sentence = _SENTENCES[sqlite3.SQLITE_CORRUPT]
        if sentence is None:
            sentence = f"cannot be used ({shortened(str(error)).rstrip('.')})."
        raise StoreError(f"The event log {path} {sentence}") from error
    except (UnicodeDecodeError, OverflowError) as error:
        # SQLite quotes a damaged schema in its message, and Python cannot read that; a record
        # with the largest number there is can have none after it.
        damaged = _SENTENCES[sqlite3.SQLITE_CORRUPT]
        raise StoreError(f"The event log {path} {damaged}") from error
    except OSError as error:
        raise StoreError(
            f"The event log {path} cannot be used ({error.strerror}); "
            "check its folder and who may read and write it."
        ) from error
