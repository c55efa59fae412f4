"""Room on the disks that the door writes to."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from accessctl.service.checks.finding import Finding, failure, ok, warning

FULL_MB = 50
LOW_MB = 500

FreeOf = Callable[[Path], float]


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
