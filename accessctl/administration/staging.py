"""The members of a backup beside their places, and then in them; what was there is moved aside."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from accessctl.administration.backup import GALLERY, HEAD, LOCKOUTS, LOG, PICTURES
from accessctl.audit.opening import head_path, snapshot_folder
from accessctl.audit.snapshots import is_picture
from accessctl.config import Config
from accessctl.errors import FaultError, InputError
from accessctl.gallery.schema import database_file
from accessctl.storage.backup_file import OpenBackup
from accessctl.storage.files import sync_folder

SQLITE_SIDES = ("", "-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class StagedBackup:
    """Members by name: where each was unpacked to, and where it belongs, on the same disk."""

    files: Mapping[str, Path]
    targets: Mapping[str, Path]

    @property
    def pictures(self) -> list[str]:
        return [name for name in self.files if name.startswith(PICTURES)]


def unpacked(backup: OpenBackup, config: Config, stack: ExitStack) -> StagedBackup:
    """All members, until `stack` is closed; InputError for one that this release does not know,
    and for a backup without an event log; FaultError."""
    folders: dict[Path, Path] = {}
    files: dict[str, Path] = {}
    targets: dict[str, Path] = {}
    with _written_for(config):
        for name in backup.listed.members:
            target = targets[name] = _target(name, config)
            if target.parent not in folders:
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                made = tempfile.TemporaryDirectory(prefix=".restore.", dir=target.parent)
                folders[target.parent] = Path(stack.enter_context(made))
            files[name] = folders[target.parent] / name.removeprefix(PICTURES)
            backup.unpack(name, files[name])
    if not {LOG, HEAD} <= files.keys():
        raise InputError("The backup holds no event log; name another file.")
    return StagedBackup(files, targets)


def put_in_place(staged: StagedBackup, config: Config, now: float) -> tuple[Path, ...]:
    """What was moved aside; FaultError, and then all that was there is there again.

    `now`, epoch time, names what is moved aside. Pictures that are there already stay.
    """
    ending = f".before-restore-{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%S}"
    aside: list[tuple[Path, Path]] = []
    placed: list[Path] = []
    with _written_for(config):
        try:
            for name in (LOCKOUTS, GALLERY, LOG, HEAD):
                if name in staged.files:
                    target = staged.targets[name]
                    _move_aside(target, ending, aside)
                    staged.files[name].replace(target)
                    placed.append(target)
            for name in staged.pictures:
                if not staged.targets[name].exists():
                    staged.files[name].replace(staged.targets[name])
            for folder in {target.parent for target in staged.targets.values()}:
                sync_folder(folder)
        except BaseException:
            for target in placed:
                target.unlink(missing_ok=True)
            for was, lies in reversed(aside):
                lies.replace(was)
            raise
    return tuple(lies for _, lies in aside)


def _target(name: str, config: Config) -> Path:
    targets = {
        LOG: config.audit.file,
        HEAD: head_path(config.audit),
        GALLERY: database_file(config.gallery.folder),
        LOCKOUTS: config.lockout_file,
    }
    if name in targets:
        return targets[name]
    picture = name.removeprefix(PICTURES)
    if name.startswith(PICTURES) and is_picture(picture):
        return snapshot_folder(config.audit) / picture
    raise InputError(f"The backup holds {name!r}, which this release does not know; update it.")


def _move_aside(target: Path, ending: str, aside: list[tuple[Path, Path]]) -> None:
    for side in SQLITE_SIDES:
        there = target.with_name(target.name + side)
        if there.exists():
            lies = there.with_name(there.name + ending)
            os.rename(there, lies)
            aside.append((there, lies))


@contextmanager
def _written_for(config: Config) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FaultError(
            f"The backup could not be put in place ({error.strerror}); check the disks of "
            f"{config.gallery.folder} and {config.audit.file.parent}, and who may write there."
        ) from error
