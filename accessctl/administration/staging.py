"""The members of a backup beside their places, and then in them; what was there is moved aside."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from accessctl.administration.acceptance import accepted_path
from accessctl.administration.backup import ACCEPTED, GALLERY, HEAD, LOCKOUTS, LOG, PICTURES
from accessctl.administration.placing import interrupted, journal_of, planned
from accessctl.audit.opening import head_path, snapshot_folder
from accessctl.audit.snapshots import is_picture
from accessctl.config import Config
from accessctl.errors import FaultError, InputError
from accessctl.gallery.schema import database_file
from accessctl.storage.backup_file import OpenBackup
from accessctl.storage.files import PRIVATE, sync_folder

# The log comes last, and its head after it: until then it tells of what was there.
ORDER = (LOCKOUTS, GALLERY, ACCEPTED, LOG, HEAD)
FOLDER, HELD = ".restore.", ".held"


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
