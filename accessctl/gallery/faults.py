"""The sentences for what goes wrong with a gallery's file."""

from contextlib import AbstractContextManager
from pathlib import Path

from accessctl.storage import sqlite
from accessctl.storage.sqlite import FaultWords

WORDS = FaultWords(
    busy="{path} is in use by another process; wait a moment and try again.",
    full="The disk of {path} is full; free some space and try again.",
    disk="The disk of {path} reports errors; check the disk.",
    read_only="{path} cannot be written; check its owner, its permissions and disk.",
    not_permitted="{path} cannot be written; check its owner and permissions.",
    cannot_open="{path} cannot be opened; check its owner and permissions.",
    damaged="{path} is damaged; restore it from a backup.",
    not_a_database="{path} is damaged or not a gallery; restore it from a backup.",
    system="{path} cannot be used ({what}); check its owner, permissions and disk.",
    other="{path} failed ({what}); restore it from a backup if that persists.",
)


def reported(path: Path) -> AbstractContextManager[None]:
    """Turn what SQLite and the disk complain of into a StoreError about `path`."""
    return sqlite.reported(path, WORDS)
