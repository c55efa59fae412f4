"""The members of a backup beside their places, and then in them, so that a kill or a power cut at
any moment can be undone; what was there is moved aside.

What is going to be done is written down first. Where that note is still there, somebody was stopped
in the middle: then all that was there before is put back.
"""

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from accessctl.administration.acceptance import accepted_path
from accessctl.administration.backup import ACCEPTED, GALLERY, HEAD, LOCKOUTS, LOG, PICTURES
from accessctl.audit.opening import head_path, journal_of, snapshot_folder
from accessctl.audit.snapshots import is_picture
from accessctl.config import Config
from accessctl.errors import FaultError, InputError, StoreError
from accessctl.gallery.schema import database_file
from accessctl.storage.backup_file import OpenBackup
from accessctl.storage.files import PRIVATE, sync_folder, write_atomically
from accessctl.storage.parsing import read_bounded

# The file itself last: whatever SQLite keeps beside one that is there belongs to it.
SQLITE_SIDES = ("-wal", "-shm", "-journal", "")
FORMAT = "accessctl restoring 1"

Fingerprint: TypeAlias = tuple[int, int, int]
"""Inode, bytes and time of the last change (ns): another one as soon as somebody wrote."""

# The log comes last, and its head after it: until then it tells of what was there.
ORDER = (LOCKOUTS, GALLERY, ACCEPTED, LOG, HEAD)
FOLDER, HELD = ".restore.", ".held"


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


@dataclass(frozen=True, slots=True)
class StagedBackup:
    """Members by name: where each was unpacked to, and where it belongs, on the same disk."""

    files: dict[str, Path]
    targets: dict[str, Path]

    @property
    def pictures(self) -> list[str]:
        return [name for name in self.files if name.startswith(PICTURES)]


def targets_of(config: Config, config_path: Path) -> dict[str, Path]:
    """Where each member but the pictures belongs, for the configuration at `config_path`."""
    return {
        LOG: config.audit.file,
        HEAD: head_path(config.audit),
        GALLERY: database_file(config.gallery.folder),
        LOCKOUTS: config.lockout_file,
        ACCEPTED: accepted_path(config_path),
    }


def put_back(config: Config, config_path: Path) -> tuple[Path, ...]:
    """Undo a restore that was stopped in the middle, where one was; FaultError.

    What somebody wrote since is moved aside: where it lies.
    """
    targets = targets_of(config, config_path)
    with _written_for(config):
        placement = interrupted(journal_of(config.audit.file), targets)
        for folder in {target.parent for target in targets.values()}:
            _clear_away(folder)
        return () if placement is None else tuple(placement.undo())


def unpacked(
    backup: OpenBackup, config: Config, config_path: Path, stack: ExitStack
) -> StagedBackup:
    """All members, until `stack` is closed; InputError for one that this release does not know,
    and for a backup without an event log; FaultError."""
    places = targets_of(config, config_path)
    folders: dict[Path, Path] = {}
    files: dict[str, Path] = {}
    targets: dict[str, Path] = {}
    with _written_for(config):
        for name in backup.listed.members:
            target = targets[name] = places.get(name) or _picture_place(name, config)
            if target.parent not in folders:
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                folders[target.parent] = _working_folder(target.parent, stack)
            files[name] = folders[target.parent] / name.removeprefix(PICTURES)
            backup.unpack(name, files[name])
    if not {LOG, HEAD} <= files.keys():
        raise InputError("The backup holds no event log; name another file.")
    return StagedBackup(files, targets)


def put_in_place(staged: StagedBackup, config: Config, now: float) -> tuple[Path, ...]:
    """What was moved aside; FaultError, and then all that was there is there again.

    `now`, epoch time, names what is moved aside. Pictures that are there already stay.
    """
    files = {name: staged.files[name] for name in ORDER if name in staged.files}
    aside: list[Path] = []
    with _written_for(config):
        placement = planned(journal_of(config.audit.file), files, staged.targets, now)
        placement.begin()
        try:
            for name, file in files.items():
                aside += placement.put(name, file)
            for name in staged.pictures:
                if not staged.targets[name].exists():
                    staged.files[name].replace(staged.targets[name])
            for folder in {staged.targets[name].parent for name in staged.pictures}:
                sync_folder(folder)
            placement.end()
        except BaseException:
            placement.undo()
            raise
    return tuple(aside)


def _picture_place(name: str, config: Config) -> Path:
    picture = name.removeprefix(PICTURES)
    if name.startswith(PICTURES) and is_picture(picture):
        return snapshot_folder(config.audit) / picture
    raise InputError(f"The backup holds {name!r}, which this release does not know; update it.")


def _working_folder(parent: Path, stack: ExitStack) -> Path:
    """A private folder, held by this process: one that nobody holds was left by a kill."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=FOLDER, dir=parent)))
    # Not the folder itself: a gallery that is opened there locks that.
    descriptor = os.open(folder / HELD, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
    stack.callback(os.close, descriptor)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return folder


def _clear_away(parent: Path) -> None:
    """Remove working folders that a killed restore left."""
    for folder in parent.glob(f"{FOLDER}*"):
        descriptor = os.open(folder / HELD, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
        try:
            with suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
        finally:
            os.close(descriptor)


@contextmanager
def _written_for(config: Config) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FaultError(
            f"The backup could not be put in place ({error.strerror}); check the disks of "
            f"{config.gallery.folder} and {config.audit.file.parent}, and who may write there."
        ) from error
