"""Who can read the keys and the people, and who can change what the door runs."""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from accessctl.audit import audit_key
from accessctl.audit.opening import head_path, key_path
from accessctl.config import AuditConfig, GalleryConfig
from accessctl.errors import AccessctlError
from accessctl.gallery import sealing
from accessctl.gallery.schema import database_file
from accessctl.service.checks.finding import Finding, failure, ok, warning

OTHERS = stat.S_IRWXG | stat.S_IRWXO
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


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
    if not config.file.exists():
        yield ok("event log", f"There is none yet; {config.file} is made with the first event.")
        return
    try:
        key = audit_key.find_key(key_path(config), environment)
    except AccessctlError as error:
        yield failure("event log", str(error))
        return
    if key is None:
        yield failure(
            "event log",
            f"The audit key is missing; restore {key_path(config)}, or name the key in "
            f"{audit_key.KEY_FILE_VARIABLE}.",
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
