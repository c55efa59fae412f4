import os
import time
from pathlib import Path

from accessctl.policy.uptime import uptime


def test_one_boot_and_seconds_that_only_grow(tmp_path: Path) -> None:
    file = tmp_path / "boot_id"
    file.write_text("1f2e\n")
    first, second = uptime(file), uptime(file)
    assert first.boot == second.boot == "1f2e"
    assert 0 < time.monotonic() <= first.seconds + 1
    assert first.seconds <= second.seconds


def test_without_a_boot_id_a_process_is_a_boot(tmp_path: Path) -> None:
    assert uptime(tmp_path / "none").boot == f"process {os.getpid()}"
