"""Restored files put in their places, so that a kill or a power cut at any moment can be undone.

What is going to be done is written down first. Where that note is still there, somebody was stopped
in the middle: then all that was there before is put back.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from accessctl.errors import StoreError
from accessctl.storage.files import sync_folder, write_atomically
from accessctl.storage.parsing import read_bounded

# The file itself last: whatever SQLite keeps beside one that is there belongs to it.
SQLITE_SIDES = ("-wal", "-shm", "-journal", "")
JOURNAL_ENDING = ".restoring"
FORMAT = "accessctl restoring 1"

Fingerprint: TypeAlias = tuple[int, int, int]
"""Inode, bytes and time of the last change (ns): another one as soon as somebody wrote."""


def journal_of(log_file: Path) -> Path:
    """Where it stands what a restore to that event log is about to replace."""
    return log_file.with_name(log_file.name + JOURNAL_ENDING)


@dataclass(frozen=True, slots=True)
class Placement:
    """What is to be put where. Of each member by name: the `target`, the `sides` that are there
    before, and the fingerprint of what comes in its place; `ending` names what is moved aside.
    """

    journal: Path
    ending: str
    targets: Mapping[str, Path]
    sides: Mapping[str, tuple[str, ...]]
    fresh: Mapping[str, Fingerprint]

    def begin(self) -> None:
        """Write the note; OSError."""
        note = {
            "format": FORMAT,
            "ending": self.ending,
            "sides": {name: list(sides) for name, sides in self.sides.items()},
            "fresh": {name: list(known) for name, known in self.fresh.items()},
        }
        write_atomically(self.journal, json.dumps(note).encode("ascii"))

    def put(self, name: str, file: Path) -> list[Path]:
        """Move aside what is there, and `file` in its place; where what was there lies. OSError."""
        target = self.targets[name]
        moved = []
        for side in self.sides[name]:
            lies = _beside(target, side + self.ending)
            os.rename(_beside(target, side), lies)
            moved.append(lies)
        file.replace(target)
        return moved

    def end(self) -> None:
        """All is in place, or back in it; OSError."""
        for folder in {target.parent for target in self.targets.values()}:
            sync_folder(folder)
        self.journal.unlink()
        sync_folder(self.journal.parent)

    def undo(self) -> list[Path]:
        """Put back what was there, from whatever state this was left in; OSError.

        What somebody wrote meanwhile is moved aside: where it lies.
        """
        foreign: list[Path] = []
        for name, target in self.targets.items():
            for side in SQLITE_SIDES:
                there, lies = _beside(target, side), _beside(target, side + self.ending)
                was_there = side in self.sides[name]
                if was_there and not lies.exists():
                    continue
                if there.exists():
                    if not side and _fingerprint(there) == self.fresh[name]:
                        there.unlink()
                    else:
                        later = _free(there, f"{self.ending}-interrupted")
                        os.rename(there, later)
                        foreign.append(later)
                if was_there:
                    os.rename(lies, there)
        self.end()
        return foreign


def planned(
    journal: Path, files: Mapping[str, Path], targets: Mapping[str, Path], now: float
) -> Placement:
    """How `files` come to their `targets`, both by name; `now` is epoch time. OSError."""
    stamp = f".before-restore-{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%S}"
    beside = [_beside(targets[name], side) for name in files for side in SQLITE_SIDES]
    return Placement(
        journal,
        _free_ending(beside, stamp),
        {name: targets[name] for name in files},
        {
            name: tuple(side for side in SQLITE_SIDES if _beside(targets[name], side).exists())
            for name in files
        },
        {name: _fingerprint(file) for name, file in files.items()},
    )


def interrupted(journal: Path, targets: Mapping[str, Path]) -> Placement | None:
    """What a restore was stopped in the middle of; None where none was. StoreError, OSError."""
    try:
        note = json.loads(read_bounded(journal))
        if note["format"] != FORMAT or set(note["sides"]) - targets.keys():
            raise ValueError("another format")
        return Placement(
            journal,
            _plain(note["ending"]),
            {name: targets[name] for name in note["sides"]},
            {name: _known_sides(sides) for name, sides in note["sides"].items()},
            {name: _numbers(note["fresh"][name]) for name in note["sides"]},
        )
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise StoreError(
            f"A restore was interrupted, and its note {journal} does not say what it had done; "
            "put the files *.before-restore-* back by hand and remove it."
        ) from error


def refuse_interrupted(log_file: Path) -> None:
    """StoreError while a restore to that event log is half done: half a state guards nothing."""
    if os.path.lexists(journal_of(log_file)):
        raise StoreError(
            f"A restore was interrupted ({journal_of(log_file)}), and the door's files are half of "
            "one state and half of another; run it again: accessctl restore FILE"
        )


def _plain(ending: str) -> str:
    # It becomes part of a file's name.
    if not ending.startswith(".before-restore-") or os.sep in ending:
        raise ValueError("another ending")
    return ending


def _known_sides(sides: Iterable[str]) -> tuple[str, ...]:
    known = tuple(side for side in SQLITE_SIDES if side in set(sides))
    if len(known) != len(tuple(sides)):
        raise ValueError("another side")
    return known


def _numbers(known: Iterable[int]) -> Fingerprint:
    inode, size, changed = map(int, known)
    return inode, size, changed


def _fingerprint(file: Path) -> Fingerprint:
    status = file.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def _beside(target: Path, more: str) -> Path:
    return target.with_name(target.name + more)


def _free(file: Path, ending: str) -> Path:
    return _beside(file, _free_ending([file], ending))


def _free_ending(files: Iterable[Path], ending: str) -> str:
    """One under which none of the files lies yet: nothing that was moved aside is overwritten."""
    known = tuple(files)
    number, tried = 1, ending
    while any(os.path.lexists(_beside(file, tried)) for file in known):
        number, tried = number + 1, f"{ending}-{number}"
    return tried
