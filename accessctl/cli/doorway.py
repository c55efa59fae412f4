"""`accessctl doorway ...`: what an operator asks of the running door's doorway, and the test by
which an installer tries each line.
"""

import os
import pwd
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from accessctl.cli.common import ConfigOption, JsonOption, config_from, one_of, print_json
from accessctl.cli.front import Verb
from accessctl.control.client import ask
from accessctl.domain import Posture
from accessctl.errors import FaultError, InputError
from accessctl.storage.parsing import printable

if TYPE_CHECKING:
    from accessctl.config import Config

TIME_OF_DAY = "%H:%M"
MINUTE_S = 60.0


@dataclass(frozen=True, kw_only=True)
class DoorwayOptions(ConfigOption, JsonOption):
    pass


@dataclass(frozen=True, kw_only=True)
class PostureOptions(DoorwayOptions):
    posture: Annotated[
        Posture,
        typer.Argument(metavar="POSTURE", help=f"One of {', '.join(Posture)}."),
    ]
    minutes: Annotated[
        float | None,
        typer.Option("--for", metavar="MINUTES", help="For how long, with open_hours."),
    ] = None
    until: Annotated[
        str | None,
        typer.Option(metavar="HH:MM", help="Or until when, by this machine's clock."),
    ] = None


@dataclass(frozen=True, kw_only=True)
class FaceEntryOptions(DoorwayOptions):
    wish: Annotated[
        str,
        typer.Argument(metavar="on|off", parser=one_of(("on", "off")), help="What it is to be."),
    ]


@dataclass(frozen=True, kw_only=True)
class DoorwayTestOptions(ConfigOption):
    seconds: Annotated[
        float,
        typer.Option(metavar="S", min=1, max=600, help="How long to wait for each input."),
    ] = 30.0


def run_status(args: DoorwayOptions) -> int:
    """0 while nothing is wrong, 1 while something is."""
    report = ask(config_from(args).service.socket, "doorway", do="report")["doorway"]
    _show(args, report)
    return int(bool(report.get("alarms")) or report["state"] == "not_taken")


def run_open(args: DoorwayOptions) -> int:
    return _command(args, do="open")


def run_posture(args: PostureOptions) -> int:
    seconds = seconds_wanted(args.minutes, args.until, datetime.now())
    if seconds is not None and args.posture is not Posture.OPEN_HOURS:
        raise InputError("--for and --until go with open_hours only; the others last.")
    return _command(args, do="posture", posture=args.posture.value, seconds=seconds)


def run_release(args: DoorwayOptions) -> int:
    return _command(args, do="release")


def run_face_entry(args: FaceEntryOptions) -> int:
    return _command(args, do="face_entry", on=args.wish == "on")


def run_acknowledge(args: DoorwayOptions) -> int:
    return _command(args, do="acknowledge")


def seconds_wanted(minutes: float | None, until: str | None, now: datetime) -> float | None:
    """How long from `now`; a time of day that has passed is tomorrow's. InputError."""
    if minutes is not None and until is not None:
        raise InputError("Give --for or --until, not both.")
    if minutes is not None:
        return minutes * MINUTE_S
    if until is None:
        return None
    try:
        told = datetime.strptime(until, TIME_OF_DAY).time()
    except ValueError as error:
        raise InputError(f"{until!r} is no time of day; write 18:00.") from error
    end = datetime.combine(now.date(), told)
    if end <= now:
        end += timedelta(days=1)
    return (end - now).total_seconds()


def operator(environment: Mapping[str, str], uid: int) -> str:
    """Who is at the keyboard, as far as the machine knows."""
    behind = environment.get("SUDO_USER")
    try:
        user = pwd.getpwuid(uid).pw_name
    except KeyError:
        user = str(uid)
    return printable(f"{behind} as {user}" if behind else user)[:64]


def _command(args: DoorwayOptions, **fields: Any) -> int:
    """Exit code 2 with the door's reason where it refuses."""
    who = operator(os.environ, os.getuid())
    asked = {name: value for name, value in fields.items() if value is not None}
    answer = ask(config_from(args).service.socket, "doorway", operator=who, **asked)
    _show(args, answer["doorway"])
    return 0


def _show(args: DoorwayOptions, report: Mapping[str, Any]) -> None:
    if args.json:
        print_json(report)
    else:
        print("\n".join(doorway_lines(report)))


def doorway_lines(report: Mapping[str, Any], width: int = 12) -> Iterator[str]:
    """What people read of a doorway's report; its label is `width` wide."""
    first, *more = told(report)
    yield f"{'doorway':<{width}}{first}"
    for line in more:
        yield " " * width + line


def told(report: Mapping[str, Any]) -> Iterator[str]:
    """What is to be said of a doorway, how it is first and then what is wrong."""
    if report["state"] == "not_taken":
        yield "its lines are not taken: another program may hold them"
        return
    lock = f"unlocked ({', '.join(report['causes'])})" if report["unlocked"] else "locked"
    yield f"{report['state']}, {lock}, posture {report['posture']}"
    if report["alarms"]:
        yield f"ALARM: {', '.join(report['alarms'])}"
    if not report["face_entry"]:
        yield "face entry is off"
    if report["lost"]:
        yield f"inputs that cannot be read: {', '.join(report['lost'])}"
    if report["failed"]:
        yield f"outputs that do not obey: {', '.join(report['failed'])}"
    if report["exit_stuck"]:
        yield "the exit button is held, or sticks"
    if report["unrecorded"]:
        yield f"{report['unrecorded']} records wait for a log that can be written"


def door_runs(socket: Path) -> bool:
    """Whether a door answers there, whatever it says."""
    try:
        ask(socket, "status")
    except FaultError:
        return False
    except InputError:
        return True
    return True


def run_test(args: DoorwayTestOptions) -> int:
    """0 when everything did what it should, 1 when something did not."""
    if not sys.stdin.isatty():
        raise InputError("Somebody has to stand at the door and at this keyboard for the test.")
    config = config_from(args)
    who = operator(os.environ, os.getuid())
    return 0 if _tried(config, who, args.seconds, say=print, read=input) else 1


def _tried(
    config: "Config",
    who: str,
    seconds: float,
    say: Callable[[str], object],
    read: Callable[[str], str],
) -> bool:
    from accessctl.door.assembly import open_audit
    from accessctl.door.doorway_gate import doorway_recorder
    from accessctl.doorway.opening import parts_of
    from accessctl.doorway.trial import LineTrial

    if not config.doorway.used:
        raise InputError("Nothing hangs on this door; see the section doorway: in config.yaml.")
    if door_runs(config.service.socket):
        raise InputError("The door is running and holds its lines; stop it for the test.")
    with open_audit(config) as audit:
        record = doorway_recorder(audit)
        parts = parts_of(config, record, hours=lambda _: False, clock_believed=lambda: False)
        trial = LineTrial(parts, who, say, read, time.monotonic)
        return trial.run(seconds, config.doorway.unlock_s)


STATUS = Verb(
    run_status,
    DoorwayOptions,
    "Says how the running door's leaf and lock are, what it is set to and what is wrong. It ends "
    "with 1 while there is an alarm.",
    ("accessctl doorway status", "accessctl doorway status --json"),
)
OPEN = Verb(
    run_open,
    DoorwayOptions,
    "Unlocks the running door for one person, as a grant does. It is written down with your name "
    "first.",
    ("accessctl doorway open",),
)
POSTURE = Verb(
    run_posture,
    PostureOptions,
    "Sets what the door as a whole does: normal; open_hours, unlocked for a time; locked_down, "
    "nobody but named groups; evacuation, unlocked until it is released. It outlives a restart and "
    "is written down with your name.",
    (
        "accessctl doorway posture locked_down",
        "accessctl doorway posture open_hours --until 18:00",
        "accessctl doorway posture normal",
    ),
)
RELEASE = Verb(
    run_release,
    DoorwayOptions,
    "Ends an evacuation: the door goes back to what it was set to before.",
    ("accessctl doorway release",),
)
FACE_ENTRY = Verb(
    run_face_entry,
    FaceEntryOptions,
    "Switches entry by face off, or on again; other ways in stay.",
    ("accessctl doorway face-entry off",),
)
ACKNOWLEDGE = Verb(
    run_acknowledge,
    DoorwayOptions,
    "Silences the alarm of a forced or a held door. What still is wrong is not silenced.",
    ("accessctl doorway acknowledge",),
)
TEST = Verb(
    run_test,
    DoorwayTestOptions,
    "Leads you through every input and output of the doorway, one by one, while you stand at the "
    "door. Stop the running door first: it holds the lines. The lock is unlocked in it, which is "
    "written down first.",
    ("accessctl doorway test",),
)
