"""The event log as the configuration has it: where it, its head, its key and its pictures are,
how it is opened, and what it has to forget while the door is open.

The audit key is a key of its own, not the gallery's: the log outlives galleries, several write
to one log (the demo's too), and whoever checks the log should not be able to open people's
templates. Places, first found wins: the file that ACCESSCTL_AUDIT_KEY_FILE names, the
systemd credential `accessctl-audit-key`, and the file of `audit.key`.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from accessctl.audit.append import HeadFile
from accessctl.audit.clock_watch import jump_in_words
from accessctl.audit.log import EventLog
from accessctl.audit.schema import reported
from accessctl.audit.snapshots import DAY_S, purge_pictures
from accessctl.background import BackgroundThread, kept_up
from accessctl.clock import Clocks
from accessctl.config import AuditConfig
from accessctl.errors import AccessctlError, StoreError
from accessctl.storage.files import KeyPlaces
from accessctl.storage.sqlite import is_writable, readable_copy

KEY_FILE_VARIABLE = "ACCESSCTL_AUDIT_KEY_FILE"
CREDENTIAL = "accessctl-audit-key"
PLACES = KeyPlaces("the audit key", "an audit key", KEY_FILE_VARIABLE, CREDENTIAL, StoreError)

JOURNAL_ENDING = ".restoring"

# Between two bites of work: the door's loop shares Python's lock and the log's.
REST_S = 0.01
CLOSE_S = 5.0

Pause: TypeAlias = Callable[[], None]

log = logging.getLogger(__name__)


def journal_of(log_file: Path) -> Path:
    """Where it stands what a restore to that event log is about to replace."""
    return log_file.with_name(log_file.name + JOURNAL_ENDING)


def refuse_half_restored(log_file: Path) -> None:
    """StoreError while a restore to that event log is half done: half a state guards nothing, and
    what is changed in it is gone when the restore goes on."""
    if os.path.lexists(journal_of(log_file)):
        raise StoreError(
            f"A restore was interrupted ({journal_of(log_file)}), and the door's files are half of "
            "one state and half of another; run it again: accessctl restore FILE"
        )


def find_key(path: Path, environment: Mapping[str, str]) -> bytes | None:
    """The audit key, None where there is none; StoreError when it cannot be used."""
    return PLACES.find(path, environment)


def generate_key(path: Path, random_bytes: Callable[[int], bytes]) -> bytes:
    """Make the key file (0600), on disk when this returns; StoreError.

    Another process may make it at the same moment; then its key is the one returned.
    """
    key, is_new = PLACES.generate(path, random_bytes)
    if is_new:
        log.warning(
            "Generated the audit key %s. It lies beside the log, which shows tampering only by "
            "those who cannot read it; keep it elsewhere and name it in %s or as a systemd "
            "credential.",
            path,
            KEY_FILE_VARIABLE,
        )
    return key


def head_path(config: AuditConfig) -> Path:
    return config.head or config.file.with_name(config.file.name + ".head")


def key_path(config: AuditConfig) -> Path:
    return config.key or config.file.with_name(config.file.name + ".key")


def snapshot_folder(config: AuditConfig) -> Path:
    return config.snapshots.folder or config.file.with_name("snapshots")


def open_log(
    config: AuditConfig,
    environment: Mapping[str, str],
    *,
    random_bytes: Callable[[int], bytes] = os.urandom,
    clocks: Clocks | None = None,
) -> EventLog:
    """To write to: log and key are created when missing; StoreError as in EventLog, and while a
    restore is half done.

    `clocks` are the machine's where none are given.
    """
    refuse_half_restored(config.file)
    key = find_key(key_path(config), environment)
    is_new = key is None
    if key is None:
        key = generate_key(key_path(config), random_bytes)
    head = HeadFile(head_path(config), key, is_new=is_new)
    return EventLog(config.file, head=head, clocks=clocks or Clocks())


@contextmanager
def open_log_to_read(config: AuditConfig) -> Iterator[EventLog]:
    """To look at: on a read-only disk, or as another user, a copy of it; StoreError."""
    with ExitStack() as stack:
        yield stack.enter_context(EventLog(_readable(config.file, stack)))


def _readable(file: Path, stack: ExitStack) -> Path:
    """The log's own file, or a copy for as long as `stack` is open where it cannot be written."""
    if not file.exists() or is_writable(file):
        return file
    with reported(file):
        return stack.enter_context(readable_copy(file))


@contextmanager
def open_log_to_check(
    config: AuditConfig, environment: Mapping[str, str], *, clocks: Clocks | None = None
) -> Iterator[EventLog]:
    """As it is: where neither key nor head was ever made, none is made now; StoreError.

    Where it cannot be written, on a read-only disk or as another user, a copy is looked at.
    """
    key = find_key(key_path(config), environment)
    if key is None and head_path(config).exists():
        raise StoreError(
            f"The log's head {head_path(config)} is there but the audit key is not; restore "
            f"{key_path(config)}, or name the key in {KEY_FILE_VARIABLE}."
        )
    head = None if key is None else HeadFile(head_path(config), key)
    with ExitStack() as stack:
        file = _readable(config.file, stack)
        yield stack.enter_context(EventLog(file, head=head, clocks=clocks or Clocks()))


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many records and pictures were removed."""

    records: int
    pictures: int


def rest() -> None:
    time.sleep(REST_S)


def retain(
    events: EventLog,
    config: AuditConfig,
    now: float,
    pause: Pause = rest,
    *,
    unsent_after: int | None = None,
) -> Forgotten:
    """Remove what is older or more than the configuration keeps; `now` is epoch time.

    While the clock is in doubt nothing goes for its age: pictures and records only for their
    size. Where `unsent_after` is given, records after that one were not sent to the hub yet, and
    stay.

    For a thread beside the loop: it works in small bites, calls `pause` between them, and
    stops at one that raises. Raises StoreError; a log that does not verify is left as it is.
    """
    folder = snapshot_folder(config)
    doubt_s = events.clock_doubt_s()
    if doubt_s is not None:
        log.warning(
            "The clock %s: what is old is kept until it is synchronised or `accessctl clock "
            "confirm` is called.",
            jump_in_words(doubt_s),
        )
    by_age = doubt_s is None
    try:
        pictures = purge_pictures(folder, config.snapshots, now if by_age else None)
    except OSError as error:
        raise StoreError(
            f"Old snapshots in {folder} cannot be deleted ({error.strerror}); "
            "check who may write there."
        ) from error
    kept = config.retention
    before = None if kept.days is None or not by_age else now - kept.days * DAY_S
    max_bytes = None if kept.max_mb is None else kept.max_mb * 1e6
    records = events.trim(before, max_bytes, now, pause, unsent_after=unsent_after)
    if records or pictures:
        log.info("Removed %d old events and %d old snapshots.", records, pictures)
    return Forgotten(records, pictures)


class _ClosingError(Exception):
    """The door stops: leave the work where it is."""


class Upkeep(BackgroundThread):
    """Calls `work` at once and then every `every_s` seconds, from `with` to its end.

    What a door does once a day, in a thread beside its loop: it forgets (see `retain`).
    `work` is given what to call between two bites, and ends there when the door stops.
    Whatever goes wrong is logged, and it is tried again the next time.
    """

    def __init__(self, work: Callable[[Pause], object], every_s: float = DAY_S) -> None:
        self._work = work
        self._every_s = every_s
        self._closing = threading.Event()
        super().__init__(self._run, name="upkeep", stop=self._closing.set, patience_s=CLOSE_S)

    def _run(self) -> None:
        kept_up(self._turn, "Old records were not removed.", self._closing.wait, self._every_s)

    def _turn(self) -> bool:
        try:
            self._work(self._pause)
        except _ClosingError:
            return False
        except AccessctlError as error:
            log.error("Old records were not removed: %s", error)
        return not self._closing.wait(self._every_s)

    def _pause(self) -> None:
        if self._closing.wait(REST_S):
            raise _ClosingError
