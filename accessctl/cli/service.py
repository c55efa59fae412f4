"""`accessctl service install | uninstall | status`."""

import argparse
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accessctl.bundled import release
from accessctl.errors import FaultError, InputError

if TYPE_CHECKING:
    from accessctl.service.install import Wishes

BOOTED = Path("/run/systemd/system")
COMMAND_S = 60.0
OLDEST_VERSION = 250

SYSUSERS = ("systemd-sysusers", "/etc/sysusers.d/accessctl.conf")
TMPFILES = ("systemd-tmpfiles", "--create", "/etc/tmpfiles.d/accessctl.conf")
UDEV = ("udevadm", "control", "--reload")
DAEMON_RELOAD = ("systemctl", "daemon-reload")
START = ("systemctl", "enable", "--now", "accessctl")
STOP = ("systemctl", "disable", "--now", "accessctl")


def add_parser(subparsers: Any) -> None:
    group = subparsers.add_parser("service", help="install the door as a service of systemd")
    commands = group.add_subparsers(required=True, metavar="COMMAND")
    install = commands.add_parser("install", help="write the unit for a dedicated user")
    install.add_argument("--user", default="accessctl", help="as whom it runs (default: accessctl)")
    install.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="its configuration (default: /etc/accessctl/config.yaml, made when missing)",
    )
    install.set_defaults(func=run_install)
    uninstall = commands.add_parser("uninstall", help="remove what install wrote, but no data")
    uninstall.set_defaults(func=run_uninstall)
    status = commands.add_parser("status", help="say what is installed and whether it runs")
    status.set_defaults(func=run_status)
    for parser in (install, uninstall, status):
        parser.add_argument(
            "--root",
            type=Path,
            default=Path("/"),
            metavar="DIR",
            help="a file system other than this machine's own",
        )
    for parser in (install, uninstall):
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
        parser.add_argument(
            "--replace", action="store_true", help="even files that were changed by hand"
        )


def run_install(args: argparse.Namespace) -> int:
    from accessctl.service.install import install, plan_of

    wishes = wishes_of(args)
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
    finish(args.root, (SYSUSERS, TMPFILES, UDEV, DAEMON_RELOAD), last=START)
    return 0


def run_uninstall(args: argparse.Namespace) -> int:
    from accessctl.service.install import state_of, uninstall

    wishes = wishes_of(args)
    if args.dry_run:
        for path, state in state_of(wishes):
            if state != "missing":
                print(f"would remove {path} ({state})")
        return 0
    require_root(args.root, "uninstall")
    if at_work(args.root):
        carry_out(STOP)
    print("\n".join(uninstall(wishes, replace=args.replace)) or "Nothing was installed.")
    finish(args.root, (DAEMON_RELOAD,))
    print("Left as they are: /etc/accessctl, /var/lib/accessctl and the service's user.")
    return 0


def run_status(args: argparse.Namespace) -> int:
    """Exit code 1 when the service is not, or not completely, installed."""
    from accessctl.service.install import state_of

    states = state_of(wishes_of(args))
    for path, state in states:
        print(f"{state:<16} {path}")
    if at_work(args.root):
        print(said_by(("systemctl", "is-active", "accessctl")))
    return 1 if any(state == "missing" for _, state in states) else 0


def wishes_of(args: argparse.Namespace) -> "Wishes":
    from accessctl.service.install import Wishes
    from accessctl.service.unit import ETC

    config = getattr(args, "config", None)
    return Wishes(
        repository=release(),
        python=Path(sys.executable),
        config=ETC / "config.yaml" if config is None else config.absolute(),
        user=getattr(args, "user", "accessctl"),
        version=systemd_version(),
        root=args.root.absolute(),
    )


def require_root(root: Path, what: str) -> None:
    if root == Path("/") and os.geteuid() != 0:
        raise InputError(
            f"Only root can {what} a service; run: sudo {shlex.quote(sys.executable)} -m accessctl "
            f"service {what} (or look first, with --dry-run)."
        )


def at_work(root: Path) -> bool:
    """Whether `root` is this machine and systemd runs it."""
    return root == Path("/") and BOOTED.is_dir()


def finish(
    root: Path, commands: Sequence[Sequence[str]], last: Sequence[str] | None = None
) -> None:
    """Run what has to follow, or say it where systemd is not at work; `last` is the owner's."""
    remaining = [] if at_work(root) else list(commands)
    if at_work(root):
        for command in commands:
            carry_out(command)
    remaining += [] if last is None else [last]
    if remaining:
        print("Now run:")
        print("\n".join(f"  {shlex.join(command)}" for command in remaining))


def carry_out(command: Sequence[str]) -> None:
    """Raises FaultError with what the command said when it fails."""
    try:
        done = subprocess.run(  # noqa: S603 - constant words, no shell
            command, capture_output=True, text=True, timeout=COMMAND_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FaultError(f"{shlex.join(command)} could not be run: {error}.") from error
    if done.returncode != 0:
        raise FaultError(f"{shlex.join(command)} failed: {done.stderr.strip() or 'no reason'}.")
    print(f"ran     {shlex.join(command)}")


def said_by(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - constant words, no shell
            command, capture_output=True, text=True, timeout=COMMAND_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def systemd_version() -> int:
    """Of this machine; the oldest that will do when there is none to ask."""
    words = said_by(("systemctl", "--version")).split()
    return int(words[1]) if len(words) > 1 and words[1].isdecimal() else OLDEST_VERSION
