"""What a check of `accessctl doctor` comes to, how checks are run, and those of the door's own
things: who can read or change its files, who needs a PIN, room on its disks, and a dry run of
what its decisions trigger.
"""

import logging
import os
import shlex
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from accessctl.actions.command import CHECK, Command
from accessctl.actions.executable import obstacle
from accessctl.actions.runner import actions_from
from accessctl.audit import opening as audit_files
from accessctl.audit.opening import head_path, key_path
from accessctl.config import (
    ActionsConfig,
    AuditConfig,
    CommandAction,
    Config,
    CustomAction,
    GalleryConfig,
    WebhookAction,
)
from accessctl.domain import Person, PersonRules
from accessctl.errors import AccessctlError
from accessctl.gallery import sealing
from accessctl.gallery.schema import database_file
from accessctl.gallery.store import open_gallery
from accessctl.policy.access import AccessPlan
from accessctl.policy.admit import may_need_pin
from accessctl.redaction import redacted_text

OTHERS = stat.S_IRWXG | stat.S_IRWXO
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH

NAMED = 5
"""So many people are named in one sentence; the others are counted."""

FULL_MB = 50
LOW_MB = 500
FreeOf = Callable[[Path], float]

LOOPBACK = ("http://127.0.0.1", "http://localhost", "http://[::1]")

log = logging.getLogger(__name__)


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Finding:
    """`sentence` says what is, and unless all is well also what to do about it."""

    level: Level
    subject: str
    sentence: str


Check: TypeAlias = Callable[[], Iterable[Finding]]


def ok(subject: str, sentence: str) -> Finding:
    return Finding(Level.OK, subject, sentence)


def warning(subject: str, sentence: str) -> Finding:
    return Finding(Level.WARNING, subject, sentence)


def failure(subject: str, sentence: str) -> Finding:
    return Finding(Level.FAILURE, subject, sentence)


def examine(checks: Sequence[tuple[str, Check]]) -> Iterator[Finding]:
    """The findings of each named check, as they come."""
    for subject, check in checks:
        try:
            yield from check()
        except AccessctlError as error:
            yield failure(subject, str(error))
        except Exception as error:  # the other checks go on; the log has the traceback
            log.debug("The check %s failed.", subject, exc_info=True)
            said = redacted_text(f"{type(error).__name__}: {error}")
            yield failure(subject, f"It could not be checked ({said}).")


def check_gallery(config: GalleryConfig, environment: Mapping[str, str]) -> Iterator[Finding]:
    database = database_file(config.folder)
    if not database.exists():
        yield ok("gallery", f"Nobody is enrolled yet; {config.folder} is made with the first.")
        return
    try:
        key = sealing.find_key(config.folder, environment)
    except AccessctlError as error:
        yield failure("gallery", str(error))
        return
    if key is None:
        yield failure(
            "gallery",
            f"{database} is there, but its key is not; restore {sealing.local_key(config.folder)}, "
            f"or name the key in {sealing.KEY_FILE_VARIABLE}.",
        )
        return
    findings = list(_exposed("gallery", [config.folder, database]))
    yield from findings
    if not findings:
        yield ok("gallery", f"{config.folder} and its key are private.")


def check_audit(config: AuditConfig, environment: Mapping[str, str]) -> Iterator[Finding]:
    """StoreError while a restore is half done."""
    audit_files.refuse_half_restored(config.file)
    if not config.file.exists():
        yield ok("event log", f"There is none yet; {config.file} is made with the first event.")
        return
    try:
        key = audit_files.find_key(key_path(config), environment)
    except AccessctlError as error:
        yield failure("event log", str(error))
        return
    if key is None:
        yield failure(
            "event log",
            f"The audit key is missing; restore {key_path(config)}, or name the key in "
            f"{audit_files.KEY_FILE_VARIABLE}.",
        )
        return
    if not head_path(config).exists():
        yield failure(
            "event log",
            f"The log's head {head_path(config)} is missing; run `accessctl events verify`.",
        )
        return
    findings = list(_exposed("event log", [config.file.parent, config.file, head_path(config)]))
    yield from findings
    if not findings:
        yield ok("event log", f"{config.file}, its head and its key are private.")


def check_config_file(path: Path) -> Iterator[Finding]:
    """Whoever can change it chooses the programs that the door runs."""
    for place in (path, path.resolve().parent):
        mode = place.stat().st_mode
        if mode & OTHERS_WRITE and not mode & stat.S_ISVTX:
            yield failure(
                "config file",
                f"Others may change {place}, and with it what the door runs; "
                f"run: chmod go-w {place}",
            )
            return
    yield ok("config file", f"Only its owner can change {path}.")


def _exposed(subject: str, paths: list[Path]) -> Iterator[Finding]:
    for path in paths:
        try:
            status = path.stat()
        except OSError as error:
            yield failure(subject, f"{path} cannot be looked at ({error.strerror}).")
            continue
        if status.st_mode & OTHERS:
            private = "700" if stat.S_ISDIR(status.st_mode) else "600"
            yield warning(subject, f"Other users can look into {path}; run: chmod {private} {path}")
        elif not os.access(path, os.R_OK | os.W_OK):
            yield failure(
                subject, f"You cannot write {path}; run this as the user that the door runs as."
            )


def check_people(config: Config, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Says nothing where there is no gallery, or none that can be read: others do."""
    folder = config.gallery.folder
    if not database_file(folder).exists() or sealing.find_key(folder, environment) is None:
        return
    with open_gallery(config.gallery, environment) as gallery:
        people, kept, pins = gallery.people(), gallery.rules(), gallery.pins()
    plan, default = AccessPlan.of(config.access), config.policy.second_factor
    rules = {person.id: kept.get(person.id, PersonRules()) for person in people}
    without = [p for p in people if p.id not in pins and not rules[p.id].disabled]
    refused = [p for p in without if may_need_pin(rules[p.id], plan, default)]
    unaided = [p for p in without if rules[p.id].life_by_pin and p not in refused]
    if refused:
        yield warning(
            "people",
            f"May be asked for a PIN and refused, for they have none: {named(refused, 'pin set')}",
        )
    if unaided:
        yield warning(
            "people",
            f"A PIN may stand in for life, but none is set for: {named(unaided, 'pin set')}",
        )
    if not refused and not unaided:
        yield ok("people", "Whoever may be asked for a PIN has one.")


def named(people: Sequence[Person], verb: str) -> str:
    """The first few by name, how many more, and the command that helps the first one."""
    names = ", ".join(person.name for person in people[:NAMED])
    more = f" and {len(people) - NAMED} more" if len(people) > NAMED else ""
    return f"{names}{more}; run: accessctl {verb} {shlex.quote(people[0].name)}"


def free_mb(folder: Path) -> float:
    return shutil.disk_usage(folder).free / 1e6


def check_disk(
    folders: Mapping[str, Path], snapshots_mb: float = 0, free: FreeOf = free_mb
) -> Iterator[Finding]:
    """`folders` by what they are for; `snapshots_mb` is what pictures may take."""
    for what, folder in folders.items():
        there = nearest(folder)
        if not os.access(there, os.W_OK):
            yield failure("disk", f"{there}, for {what}, cannot be written; allow writing there.")
            continue
        room = free(there)
        said = f"{room / 1000:.1f} GB free for {what}"
        if room < FULL_MB:
            yield failure(
                "disk", f"Only {said} in {there}; the door will refuse everybody: make room."
            )
        elif room < LOW_MB + snapshots_mb:
            yield warning("disk", f"Only {said} in {there}; make room.")
        else:
            yield ok("disk", f"{said}.")


def nearest(folder: Path) -> Path:
    """`folder`, or the nearest one above it that exists."""
    return next(path for path in (folder, *folder.absolute().parents) if path.is_dir())


def check_hooks(
    actions: ActionsConfig, environment: Mapping[str, str], *, doorway: bool = False
) -> Iterator[Finding]:
    """`environment` has the PATH on which programs are looked for; `doorway`: it has the lock."""
    if not actions.granted and not doorway:
        yield warning(
            "actions", "Nothing opens the lock: actions.granted is empty; see docs/actions.md."
        )
    for outcome, number, action in actions.listed():
        where = f"actions.{outcome}[{number}]"
        if isinstance(action, CommandAction):
            yield check_command(where, action, environment)
            if action.safe is not None:
                safe = action.model_copy(update={"argv": action.safe})
                yield check_command(f"{where}.safe", safe, environment)
        elif isinstance(action, CustomAction):
            yield check_custom(where, action)
        else:
            yield check_webhook(where, action)


def check_command(where: str, action: CommandAction, environment: Mapping[str, str]) -> Finding:
    name = action.argv[0]
    found = shutil.which(name, mode=os.F_OK, path=environment.get("PATH"))
    if found is None:
        return failure("actions", f"{where}: {name} was not found; install it or correct argv.")
    program = Path(found)
    reason = obstacle(program, environment.get("PATH"))
    if reason is not None:
        return failure("actions", f"{where}: {reason}")
    if program.stat().st_mode & OTHERS_WRITE:
        return failure(
            "actions",
            f"{where}: others may change {program}, which the door runs; run: chmod go-w {program}",
        )
    if not program.is_absolute():
        return warning(
            "actions",
            f"{where}: {name} is found from this folder only, and a service runs in another one; "
            "write its full path.",
        )
    if not action.check:
        return ok("actions", f"{where}: {program} can be run.")
    result = Command(action.argv, action.timeout_s, inherit=environment).check()
    if result.ok:
        return ok("actions", f"{where}: {program} was run with {CHECK}, and all is well.")
    return failure("actions", f"{where}: {program} was run with {CHECK}: {result.detail}")


def check_custom(where: str, action: CustomAction) -> Finding:
    """It is made, and performs nothing."""
    try:
        (made,) = actions_from([action])
    except AccessctlError as error:
        return failure("actions", f"{where}: {error}")
    return ok("actions", f"{where}: {made.name} can be made.")


def check_webhook(where: str, action: WebhookAction) -> Finding:
    """Its address and its key are read; nothing is sent."""
    try:
        (made,) = actions_from([action])
    except AccessctlError as error:
        return failure("actions", f"{where}: {error}")
    if action.url.startswith("http://") and not action.url.startswith(LOOPBACK):
        return warning(
            "actions",
            f"{where}: {made.name} is sent unencrypted, so anybody on the way can read it; "
            "use https.",
        )
    if action.secret_file is None:
        return warning(
            "actions",
            f"{where}: {made.name} is not signed, so its receiver cannot know whom it is from; "
            "set secret_file.",
        )
    return ok("actions", f"{where}: {made.name} has a usable address and key.")
