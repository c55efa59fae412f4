"""What the benchmarks that train share: `accessctl` in a process of its own, a run to its end."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from accessctl.training import settings
from accessctl.training.run_folder import read_history


def accessctl(words: Sequence[str]) -> str:
    """What the command says on its standard output; CalledProcessError when it fails."""
    command = [sys.executable, "-m", "accessctl", *words]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def trained(folder: Path, words: Sequence[str]) -> list[dict[str, Any]]:
    """The history of the run in `folder`, trained as far as it is not yet; history.png, the
    last that a run writes, says that it is complete."""
    if not (folder / "history.png").exists():
        begun = (folder / settings.NAME).exists()
        accessctl(["train", "--run", str(folder), *(["--resume"] if begun else words)])
    return read_history(folder)
