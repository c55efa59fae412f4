"""Rows on disk, one file a task, so that a run that was interrupted goes on."""

import hashlib
import json
import multiprocessing
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.films.booth import ROOT, open_booth
from benchmarks.films.tasks import Extent, Row, Stage, Task

ABOUT = "about.json"
POLITE = 10


class OtherCodeError(Exception):
    """The folder holds what other code made."""


def code_digest(encoder: Path) -> str:
    """Of all that decides: the package, its models' cards, its configuration."""
    digest = hashlib.sha256()
    files = [*(ROOT / "accessctl").rglob("*.py"), *(ROOT / "models").glob("*/card.yaml")]
    for path in (*sorted(files), ROOT / "config.yaml", encoder / "card.yaml"):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def begin(out: Path, encoder: Path, extent: Extent, *, anyway: bool) -> dict[str, Any]:
    """What `out` says of the code that its rows are made by; OtherCodeError where that is other
    code than this, or films are shown for another time."""
    about = out / ABOUT
    now = {
        "code": code_digest(encoder),
        "commit": _commit(),
        "began": datetime.now(tz=UTC).isoformat(timespec="seconds"),
        "limit_s": extent.limit_s,
        "quick": extent.quick,
    }
    if about.exists() and not anyway:
        before: dict[str, Any] = json.loads(about.read_text(encoding="utf-8"))
        if any(before[key] != now[key] for key in ("code", "limit_s", "quick")):
            raise OtherCodeError(
                f"{out} holds rows that other code made, or of films cut elsewhere; name another "
                "folder with --out, or add to it with --anyway."
            )
        return before
    (out / "rows").mkdir(parents=True, exist_ok=True)
    _write(about, now)
    return now


def run(
    data: Path, out: Path, encoder: Path, extent: Extent, groups: Sequence[Sequence[Task]], *,
    processes: int,
) -> Iterator[Task]:  # fmt: skip
    """Show what has not been shown yet; each task as it is done."""
    left = [[task for task in group if not _place(out, task).exists()] for group in groups]
    left = [group for group in left if group]
    work = partial(_work, data, out, encoder, extent)
    if processes == 1:
        yield from work([task for group in left for task in group])
        return
    # The largest groups first, or one process would be left alone with them at the end.
    left.sort(key=len, reverse=True)
    shares = [left[index::processes] for index in range(processes)]
    flat = [[task for group in share for task in group] for share in shares if share]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for tasks in pool.imap_unordered(partial(_all, work), flat):
            yield from tasks


def read_rows(out: Path) -> list[Row]:
    """All rows that are there, by name."""
    files = sorted((out / "rows").glob("*.json"))
    return [Row(**json.loads(path.read_text(encoding="utf-8"))) for path in files]


def _work(
    data: Path, out: Path, encoder: Path, extent: Extent, tasks: Sequence[Task]
) -> Iterator[Task]:
    os.nice(max(0, POLITE - os.nice(0)))
    with open_booth(encoder) as booth:
        for task, row in Stage(data, booth, extent).rows(tasks):
            _write(_place(out, task), asdict(row))
            yield task


def _all(work: Any, tasks: Sequence[Task]) -> list[Task]:
    return list(work(tasks))


def _place(out: Path, task: Task) -> Path:
    return out / "rows" / f"{task.key}.json"


def _write(path: Path, content: dict[str, Any]) -> None:
    scratch = path.with_suffix(".part")
    scratch.write_text(json.dumps(content), encoding="utf-8")
    scratch.replace(path)


def _commit() -> str:
    command = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
