"""SQLite's errors as sentences."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from accessctl.errors import StoreError
from accessctl.strict_yaml import shortened

_SENTENCES = {
    sqlite3.SQLITE_BUSY: "{path} is in use by another process; wait a moment and try again.",
    sqlite3.SQLITE_LOCKED: "{path} is in use by another process; wait a moment and try again.",
    sqlite3.SQLITE_FULL: "The disk of {path} is full; free some space and try again.",
    sqlite3.SQLITE_READONLY: "{path} cannot be written; check its owner, its permissions and disk.",
    sqlite3.SQLITE_PERM: "{path} cannot be written; check its owner and permissions.",
    sqlite3.SQLITE_CANTOPEN: "{path} cannot be opened; check its owner and permissions.",
    sqlite3.SQLITE_CORRUPT: "{path} is damaged; restore it from a backup.",
    sqlite3.SQLITE_NOTADB: "{path} is damaged or not a gallery; restore it from a backup.",
    sqlite3.SQLITE_IOERR: "The disk of {path} reports errors; check the disk.",
}
_PRIMARY = 0xFF
# What Python says of a text that is none; it has no code.
_NOT_TEXT = "Could not decode"


@contextmanager
def reported(path: Path) -> Iterator[None]:
    """Turn sqlite3.Error, its unreadable messages and OSError into a StoreError about `path`."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(sentence(error, path)) from error
    except UnicodeDecodeError as error:
        # SQLite quotes a damaged schema in its message, and Python cannot read that.
        raise StoreError(_SENTENCES[sqlite3.SQLITE_CORRUPT].format(path=path)) from error
    except OSError as error:
        raise StoreError(
            f"{path} cannot be used ({error.strerror}); check its owner, permissions and disk."
        ) from error


def sentence(error: sqlite3.Error, path: Path) -> str:
    # The low byte is the kind; the extended codes above it only refine it.
    kind = getattr(error, "sqlite_errorcode", None)
    known = _SENTENCES.get(kind & _PRIMARY) if kind is not None else None
    if kind is None and str(error).startswith(_NOT_TEXT):
        known = _SENTENCES[sqlite3.SQLITE_CORRUPT]
    if known is None:
        return (
            f"{path} failed ({shortened(str(error))}); restore it from a backup if that persists."
        )
    return known.format(path=path)
