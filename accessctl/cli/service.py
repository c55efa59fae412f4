"""`accessctl service install | uninstall | status`."""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from accessctl.bundled import release
from accessctl.cli.front import Verb
from accessctl.errors import FaultError, InputError
from accessctl.service.install import Wishes, install, plan_of, state_of, uninstall
from accessctl.service.unit import ETC

BOOTED = Path("/run/systemd/system")
COMMAND_S = 60.0
OLDEST_VERSION = 250
SYSUSERS = ("systemd-sysusers", "/etc/sysusers.d/accessctl.conf")
TMPFILES = ("systemd-tmpfiles", "--create", "/etc/tmpfiles.d/accessctl.conf")
UDEV = ("udevadm", "control", "--reload")
DAEMON_RELOAD = ("systemctl", "daemon-reload")
START = ("systemctl", "enable", "--now", "accessctl")
STOP = ("systemctl", "disable", "--now", "accessctl")


@dataclass(frozen=True, kw_only=True)
class RootOption:
    """Where a service is, or would be, installed."""

    root: Annotated[
        Path, typer.Option(metavar="DIR", help="A file system other than this machine's own.")
    ] = Path("/")


@dataclass(frozen=True, kw_only=True)
class UninstallOptions(RootOption):
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False
    replace: Annotated[
        bool, typer.Option("--replace", help="Even files that were changed by hand.")
    ] = False


@dataclass(frozen=True, kw_only=True)
class InstallOptions(UninstallOptions):
    user: Annotated[str, typer.Option(metavar="NAME", help="As whom it runs.")] = "accessctl"
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Its configuration (default: /etc/accessctl/config.yaml, made when missing).",
        ),
    ] = None


def is_booted(root: Path) -> bool:
    """Whether `root` is this machine and systemd runs it."""
    return root == Path("/") and BOOTED.is_dir()


@dataclass(frozen=True, slots=True)
class Systemd:
    """The service manager of this machine: whether it is at work below a root, and its commands,
    which `execute` runs."""

    at_work: Callable[[Path], bool] = is_booted
    execute: Callable[..., "subprocess.CompletedProcess[str]"] = subprocess.run

    def carry_out(self, command: Sequence[str]) -> None:
        """Raises FaultError with what the command said when it fails."""
        try:
            done = self._executed(command)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise FaultError(f"{shlex.join(command)} could not be run: {error}.") from error
        if done.returncode != 0:
            raise FaultError(f"{shlex.join(command)} failed: {done.stderr.strip() or 'no reason'}.")
        print(f"ran     {shlex.join(command)}")

    def said_by(self, command: Sequence[str]) -> str:
        """What it prints; nothing where it cannot be run."""
        try:
            return self._executed(command).stdout.strip()
        except (OSError, subprocess.TimeoutExpired):
            return ""

    def version(self) -> int:
        """Of this machine's; the oldest that will do when there is none to ask."""
        words = self.said_by(("systemctl", "--version")).split()
        return int(words[1]) if len(words) > 1 and words[1].isdecimal() else OLDEST_VERSION

    def _executed(self, command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        # Constant words, and no shell.
        return self.execute(command, capture_output=True, text=True, timeout=COMMAND_S, check=False)


OWN = Systemd()


def run_install(args: InstallOptions, *, systemd: Systemd = OWN) -> int:
    wishes = wishes_of(args, systemd)
    if not args.dry_run:
        require_root(args.root, "install")
    plan = plan_of(wishes)
    if args.dry_run:
        for key in plan.keys:
            print(f"# would make {key}, 0600")
        for path, text in plan.files.items():
            print(f"# would write {path}\n{text}")
        return 0
    print("\n".join(install(wishes, plan, replace=args.replace)))
    for note in plan.notes:
        print(f"Note: {note}")
    finish(systemd, args.root, (SYSUSERS, TMPFILES, UDEV, DAEMON_RELOAD), last=START)
    return 0


def run_uninstall(args: UninstallOptions, *, systemd: Systemd = OWN) -> int:
    wishes = wishes_of(args, systemd)
    if args.dry_run:
        for path, state in state_of(wishes):
            if state != "missing":
                print(f"would remove {path} ({state})")
        return 0
    require_root(args.root, "uninstall")
    if systemd.at_work(args.root):
        systemd.carry_out(STOP)
    print("\n".join(uninstall(wishes, replace=args.replace)) or "Nothing was installed.")
    finish(systemd, args.root, (DAEMON_RELOAD,))
    print("Left as they are: /etc/accessctl, /var/lib/accessctl and the service's user.")
    return 0


def run_status(args: RootOption, *, systemd: Systemd = OWN) -> int:
    """Exit code 1 when the service is not, or not completely, installed."""
    states = state_of(wishes_of(args, systemd))
    for path, state in states:
        print(f"{state:<16} {path}")
    if systemd.at_work(args.root):
        print(systemd.said_by(("systemctl", "is-active", "accessctl")))
    return 1 if any(state == "missing" for _, state in states) else 0


def wishes_of(args: RootOption, systemd: Systemd) -> "Wishes":
    config = getattr(args, "config", None)
    return Wishes(
        repository=release(),
        python=Path(sys.executable),
        config=ETC / "config.yaml" if config is None else config.absolute(),
        user=getattr(args, "user", "accessctl"),
        version=systemd.version(),
        root=args.root.absolute(),
    )


def require_root(root: Path, what: str) -> None:
    if root == Path("/") and os.geteuid() != 0:
        raise InputError(
            f"Only root can {what} a service; run: sudo {shlex.quote(sys.executable)} -m accessctl "
            f"service {what} (or look first, with --dry-run)."
        )


def finish(
    systemd: Systemd,
    root: Path,
    commands: Sequence[Sequence[str]],
    last: Sequence[str] | None = None,
) -> None:
    """Run what has to follow, or say it where systemd is not at work; `last` is the owner's."""
    at_work = systemd.at_work(root)
    remaining = [] if at_work else list(commands)
    if at_work:
        for command in commands:
            systemd.carry_out(command)
    remaining += [] if last is None else [last]
    if remaining:
        print("Now run:")
        print("\n".join(f"  {shlex.join(command)}" for command in remaining))


INSTALL = Verb(
    run_install,
    InstallOptions,
    "Writes the unit, the user, the folders and the device rules of a door that systemd runs, and "
    "keys where none are. Files that were changed by hand are left, unless --replace says so.",
    ("accessctl service install --dry-run", "sudo accessctl service install"),
)
UNINSTALL = Verb(
    run_uninstall,
    UninstallOptions,
    "Stops the service and removes what install wrote; people, keys and the event log stay.",
    ("sudo accessctl service uninstall",),
)
STATUS = Verb(
    run_status,
    RootOption,
    "Lists what install writes, whether each file is there and as it was written, and whether the "
    "service runs. It ends with 1 when something is missing.",
    ("accessctl service status",),
)
