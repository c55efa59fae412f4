import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def payload() -> dict[str, Any]:
    return {
        "time": "2026-01-31T18:30:00.000Z",
        "kind": "decision",
        "visit": "v-17",
        "decision": "granted",
        "reason": "matched",
        "person": "Zoë O'Neil; rm -rf $HOME",
        "person_id": "5f0c",
        "similarity": 0.71,
        "fmr": 1e-05,
        "frames": 3,
        "latency_ms": 412.5,
    }


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], str]:
    """Writes an executable /bin/sh script and gives its path."""

    def write(body: str) -> str:
        path = tmp_path / "lock.sh"
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return str(path)

    return write
