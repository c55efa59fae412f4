import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from accessctl.service.leave_safe import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lock = tmp_path / "lock"
    lock.write_text(f"#!/bin/sh\necho $ACCESSCTL_REASON >> {tmp_path}/ran\n")
    lock.chmod(0o700)
    action = {"type": "command", "argv": ["/bin/true"], "safe": [str(lock)]}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"actions": {"granted": [action]}}))
    return tmp_path


def test_what_died_leaves_the_lock_shut(folder: Path) -> None:
    argv = [sys.executable, "-P", "-m", "accessctl.service.leave_safe", str(folder / "config.yaml")]
    assert subprocess.run(argv, check=False, timeout=60).returncode == 0
    assert (folder / "ran").read_text() == "died\n"


def test_a_safe_state_that_cannot_be_set_is_a_fault(folder: Path) -> None:
    (folder / "lock").unlink()
    assert main([str(folder / "config.yaml")]) == 1


def test_a_configuration_that_is_wrong_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "config.yaml").write_text("actions: 7\n")
    assert main([str(folder / "config.yaml")]) == 2
    assert capsys.readouterr().err.startswith("accessctl: ")
    assert main([]) == 2
