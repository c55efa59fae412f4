"""The sentences for what goes wrong with the event log's file."""

from contextlib import AbstractContextManager
from pathlib import Path

from accessctl.storage import sqlite
from accessctl.storage.sqlite import FaultWords

WORDS = FaultWords(
    busy="The event log {path} is locked by another process; close what holds it and try again.",
    full="The event log {path} cannot be written: the disk is full; make room.",
    disk="The event log {path} cannot be read or written: the disk reports an error or is full.",
    read_only="The event log {path} may not be written; give it to the user that runs accessctl.",
    not_permitted="The event log {path} may not be opened; "
    "give it to the user that runs accessctl.",
    cannot_open="The event log {path} cannot be opened; "
    "check its folder and who may read and write it.",
    damaged="The event log {path} is damaged; "
    "move it away to begin a new one, and keep it as evidence.",
    not_a_database="The event log {path} is not an event log; name another file or move it away.",
    system="The event log {path} cannot be used ({what}); "
    "check its folder and who may read and write it.",
    other="The event log {path} cannot be used ({what}).",
)


def reported(path: Path) -> AbstractContextManager[None]:
    """Turn what SQLite and the disk complain of into a StoreError about the log at `path`."""
    return sqlite.reported(path, WORDS)
