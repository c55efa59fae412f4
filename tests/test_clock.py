import os
import time
from pathlib import Path

import pytest

from accessctl.clock import kernel_says_synchronised, synchronised, uptime


def test_one_boot_and_seconds_that_only_grow(tmp_path: Path) -> None:
    file = tmp_path / "boot_id"
    file.write_text("1f2e\n")
    first, second = uptime(file), uptime(file)
    assert first.boot == second.boot == "1f2e"
    assert 0 < time.monotonic() <= first.seconds + 1
    assert first.seconds <= second.seconds


def test_without_a_boot_id_a_process_is_a_boot(tmp_path: Path) -> None:
    assert uptime(tmp_path / "none").boot == f"process {os.getpid()}"


def test_the_kernel_answers_and_nothing_is_changed() -> None:
    assert kernel_says_synchronised() in {True, False, None}


@pytest.mark.parametrize(
    ("kernel", "age_s", "expected"),
    [
        (True, None, True),
        # Set by hand since: the marker of an earlier synchronisation says nothing.
        (False, 10.0, False),
        (None, 10.0, True),
        (None, 2048.0, True),
        (None, 365 * 86400.0, None),
        (None, -86400.0, None),
        (None, None, None),
    ],
)
def test_the_marker_counts_where_the_kernel_is_silent_and_while_it_is_fresh(
    tmp_path: Path, kernel: bool | None, age_s: float | None, expected: bool | None
) -> None:
    file = tmp_path / "synchronized"
    if age_s is not None:
        file.touch()
        os.utime(file, (1e9, 1e9))
    assert synchronised(lambda: kernel, file, lambda: 1e9 + (age_s or 0.0)) is expected
