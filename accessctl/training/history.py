"""What a run saw of itself: one JSON object a line, a line a round."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from accessctl.errors import ModelError

HISTORY_NAME = "history.jsonl"


def append_history(folder: Path, line: Mapping[str, Any]) -> None:
    """Add one line; what is not a number becomes null."""
    clean = {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in line.items()
    }
    with (folder / HISTORY_NAME).open("a", encoding="utf-8") as file:
        file.write(json.dumps(clean, allow_nan=False) + "\n")


def read_history(folder: Path) -> list[dict[str, Any]]:
    """All lines; raises ModelError when one is not JSON."""
    path = folder / HISTORY_NAME
    if not path.exists():
        return []
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise ModelError(f"Cannot read {path} ({error}); restore it.") from error


def cut_history(folder: Path, rounds: int) -> None:
    """Keep the lines up to round `rounds`, the checkpoint's: later ones will be run again.

    A kill between the history's line and the checkpoint leaves one such line, perhaps half
    a one.
    """
    path = folder / HISTORY_NAME
    if not path.exists():
        return
    lines = [
        line
        for line in path.read_text(encoding="utf-8").splitlines()
        if 0 <= _round_of(line) <= rounds
    ]
    scratch = path.with_suffix(".new")
    scratch.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    scratch.replace(path)


def _round_of(line: str) -> int:
    """-1 for a line that was cut off in the middle."""
    try:
        return int(json.loads(line)["round"])
    except (ValueError, KeyError, TypeError):
        return -1
