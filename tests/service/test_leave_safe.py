import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from accessctl.administration.acceptance import AcceptedCopy, accepted_path, read_text
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


@pytest.mark.parametrize("cut", ["actions: {}\n", "actions: 7\n", None])
def test_it_is_that_of_the_configuration_that_ran(folder: Path, cut: str | None) -> None:
    """A file that lost the safe state, or is none any more, was never accepted."""
    file = folder / "config.yaml"
    AcceptedCopy(file, {}).keep(read_text(file))
    if cut is None:
        file.unlink()
    else:
        file.write_text(cut)
    assert main([str(file)]) == 0
    assert (folder / "ran").read_text() == "died\n"


def test_without_a_copy_that_can_be_opened_it_is_that_of_the_file(folder: Path) -> None:
    file = folder / "config.yaml"
    AcceptedCopy(file, {}).keep(read_text(file))
    accepted_path(file).write_text("{}")
    assert main([str(file)]) == 0
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
