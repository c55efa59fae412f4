import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from accessctl.cli import service
from accessctl.cli.service import Systemd
from accessctl.service.install import DROP_IN, UNIT, WRITTEN


@pytest.fixture
def machine(site, tmp_path: Path):
    """A file system to install to; what `service` says."""
    root = tmp_path / "machine"

    def command(*words: str) -> Any:
        return site("service", *words, "--root", str(root), config=False)

    command.root = root
    return command


@pytest.fixture
def booted(site) -> list[Sequence[str]]:
    """This machine runs systemd and we are root: the commands that would be run."""
    ran: list[Sequence[str]] = []

    def run(command: Sequence[str], **_: Any) -> subprocess.CompletedProcess[str]:
        ran.append(tuple(command))
        return subprocess.CompletedProcess(command, 0, "systemd 252 (252.38)\n", "")

    site.parts["systemd"] = Systemd(at_work=lambda _root: True, execute=run)
    return ran


def test_install_writes_all_and_says_what_remains(machine) -> None:
    said = machine("install")
    assert said.code == 0, said.err
    assert said.out.count("wrote   ") == len(WRITTEN) + 1
    assert said.out.endswith(
        "Now run:\n"
        "  systemd-sysusers /etc/sysusers.d/accessctl.conf\n"
        "  systemd-tmpfiles --create /etc/tmpfiles.d/accessctl.conf\n"
        "  udevadm control --reload\n"
        "  systemctl daemon-reload\n"
        "  systemctl enable --now accessctl\n"
    )
    assert (machine.root / UNIT.relative_to("/")).is_file()


def test_status_before_and_after(machine) -> None:
    before = machine("status")
    assert before.code == 1
    assert before.out.count("missing") == len(WRITTEN)
    machine("install")
    after = machine("status")
    assert after.code == 0
    assert after.out.count("as written") == len(WRITTEN)


def test_a_dry_run_writes_nothing(machine) -> None:
    said = machine("install", "--dry-run")
    assert said.code == 0
    assert f"# would write {UNIT}\n" in said.out
    assert "WatchdogSec=30" in said.out
    assert not machine.root.exists()


def test_uninstall_takes_it_away_and_says_what_it_leaves(machine) -> None:
    machine("install")
    looked = machine("uninstall", "--dry-run")
    assert looked.out.count("would remove") == len(WRITTEN)
    assert machine("status").code == 0
    said = machine("uninstall")
    assert said.code == 0
    assert "Left as they are: /etc/accessctl, /var/lib/accessctl" in said.out
    assert machine("status").code == 1
    assert "Nothing was installed." in machine("uninstall").out


def test_a_changed_unit_stops_it(machine) -> None:
    machine("install")
    unit = machine.root / UNIT.relative_to("/")
    unit.write_text(unit.read_text() + "# mine\n")
    said = machine("install")
    assert (said.code, said.out) == (2, "")
    assert "was changed by hand, so nothing was written" in said.err
    assert said.err.count("\n") == 1
    assert machine("install", "--replace").code == 0


def test_a_configuration_and_a_user_of_ones_own(machine, site) -> None:
    site.configure(camera={"source": "rtsp://10.0.0.7/1"})
    copied = machine.root / site.config.relative_to("/")
    copied.parent.mkdir(parents=True)
    copied.write_text(site.config.read_text())
    said = machine("install", "--config", str(site.config), "--user", "warden")
    assert said.code == 0, said.err
    unit = (machine.root / UNIT.relative_to("/")).read_text()
    assert f"run --config {site.config}\n" in unit
    assert "User=warden\nGroup=warden\n" in unit
    assert "IPAddressAllow=10.0.0.7" in (machine.root / DROP_IN.relative_to("/")).read_text()


@pytest.mark.parametrize("what", ["install", "uninstall"])
def test_who_is_not_root_is_told_in_one_sentence(
    site, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    said = site("service", what, config=False)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"accessctl: Only root can {what} a service; run: sudo ")
    assert said.err.count("\n") == 1


def test_where_systemd_is_at_work_it_is_told(machine, booted) -> None:
    said = machine("install")
    assert said.code == 0, said.err
    # To start the door is the owner's to decide.
    assert said.out.endswith("Now run:\n  systemctl enable --now accessctl\n")
    ran = [words for words in booted if "--version" not in words]
    assert ran == [service.SYSUSERS, service.TMPFILES, service.UDEV, service.DAEMON_RELOAD]
    booted.clear()
    machine("uninstall")
    ran = [words for words in booted if "--version" not in words]
    assert ran == [service.STOP, service.DAEMON_RELOAD]


def test_a_command_that_fails_is_a_fault_with_its_reason(machine, site) -> None:
    def run(command: Sequence[str], **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", "no such group\n")

    site.parts["systemd"] = Systemd(at_work=lambda _root: True, execute=run)
    said = machine("install")
    assert said.code == 1
    assert "systemd-sysusers /etc/sysusers.d/accessctl.conf failed: no such group." in said.err


def test_a_machine_without_systemd() -> None:
    def missing(*_: Any, **__: Any) -> subprocess.CompletedProcess[str]:
        raise FileNotFoundError("systemctl")

    assert Systemd(execute=missing).version() == service.OLDEST_VERSION
