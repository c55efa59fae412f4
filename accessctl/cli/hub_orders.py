"""`accessctl hub unlock`, `posture`, `face-entry`: what an operator at the hub has a door do; and
`accessctl hub inside`, who is inside by what all doors say.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import typer

from accessctl.cli.common import (
    ConfigOption,
    config_from,
    one_of,
    print_json,
    print_table,
)
from accessctl.cli.doorway import operator
from accessctl.cli.front import Verb
from accessctl.cli.hub import HubDoorOptions, HubListOptions, opened_hub
from accessctl.cli.running_door import duration
from accessctl.control.client import ask_hub
from accessctl.errors import FaultError, InputError
from accessctl.storage.parsing import printable

REMOVED = "(removed)"
ASK_EVERY_S = 0.1
PATIENCE_S = 30.0
"""A command is over after fifteen seconds; a hub that says nothing by then hangs."""
MINUTE_S = 60.0
HOUR_S = 3600.0


@dataclass(frozen=True, kw_only=True)
class HubPostureOptions(ConfigOption):
    # What is inherited comes last on the command line.
    door: Annotated[str, typer.Argument(metavar="DOOR", help="The door's name.")]
    posture: Annotated[
        str,
        typer.Argument(
            metavar="POSTURE",
            help="One of normal, open_hours, locked_down, evacuation; or release, which ends an "
            "evacuation.",
        ),
    ]
    minutes: Annotated[
        float | None,
        typer.Option("--for", metavar="MINUTES", help="For how long, with open_hours."),
    ] = None


@dataclass(frozen=True, kw_only=True)
class HubFaceEntryOptions(ConfigOption):
    door: Annotated[str, typer.Argument(metavar="DOOR", help="The door's name.")]
    wish: Annotated[
        str,
        typer.Argument(metavar="on|off", parser=one_of(("on", "off")), help="What it is to be."),
    ]


@dataclass(frozen=True, kw_only=True)
class HubInsideOptions(HubListOptions):
    area: Annotated[
        str | None, typer.Option(metavar="AREA", help="Only of the area of this name.")
    ] = None


def run_unlock(args: HubDoorOptions) -> int:
    return _command(args, args.door, "unlock", "")


def run_posture(args: HubPostureOptions) -> int:
    if (args.posture == "open_hours") != (args.minutes is not None):
        raise InputError("open_hours goes with --for MINUTES, and nothing else does.")
    lasting = "" if args.minutes is None else f" {args.minutes * MINUTE_S:g}"
    return _command(args, args.door, "posture", args.posture + lasting)


def run_face_entry(args: HubFaceEntryOptions) -> int:
    return _command(args, args.door, "face_entry", args.wish)


def _command(args: ConfigOption, door: str, kind: str, value: str) -> int:
    """0 where the door did it, 2 where it was refused; FaultError where nobody knows."""
    socket = config_from(args).hub.folder / "hub.sock"
    by = operator(os.environ, os.geteuid())
    begun = ask_hub(socket, "command", door=door, do=kind, value=value, operator=by)

    def outcome() -> tuple[str, str]:
        said = ask_hub(socket, "outcome", number=begun["number"])
        return str(said["state"]), str(said["sentence"])

    state, sentence = awaited(outcome, time.monotonic, time.sleep)
    if state == "refused":
        raise InputError(sentence)
    if state != "done":
        raise FaultError(sentence)
    print(sentence)
    return 0


def awaited(
    outcome: Callable[[], tuple[str, str]],
    clock: Callable[[], float],
    pause: Callable[[float], object],
) -> tuple[str, str]:
    """Ask until it is pending no more; FaultError after 30 s of `clock`."""
    until = clock() + PATIENCE_S
    while (found := outcome())[0] == "pending":
        if clock() >= until:
            raise FaultError("The hub does not say what became of it; look at its log.")
        pause(ASK_EVERY_S)
    return found


def run_inside(args: HubInsideOptions) -> int:
    config = config_from(args)
    by = operator(os.environ, os.geteuid())
    with opened_hub(args) as hub:
        found = hub.areas.inside(config.access.reset_after_h * HOUR_S, by, args.area)
        names = {person.id: person.name for person in hub.people.people()}
    if args.json:
        for one in found:
            name = names.get(one.person)
            since_s = round(one.age_s, 1)
            print_json({"area": one.area, "person": name, "id": one.person, "since_s": since_s})
    elif found:
        rows = [
            (one.area, printable(names.get(one.person, REMOVED)), duration(one.age_s))
            for one in found
        ]
        print_table(("area", "person", "for"), rows)
    else:
        print("Nobody went in at any door who has not gone out since.")
    return 0


UNLOCK = Verb(
    run_unlock,
    HubDoorOptions,
    "Has a door open once, as for somebody who is let in. It needs the running hub, a door that "
    "waits at it now, and `sync.commands: all` at that door; the door's own record names you. It "
    "ends with 2 where the door is not connected or refuses.",
    ("accessctl hub unlock front-door",),
)
POSTURE = Verb(
    run_posture,
    HubPostureOptions,
    "Sets what a door as a whole is at, now or not at all; see `accessctl hub unlock`.",
    (
        "accessctl hub posture front-door locked_down",
        "accessctl hub posture front-door open_hours --for 30",
    ),
)
FACE_ENTRY = Verb(
    run_face_entry,
    HubFaceEntryOptions,
    "Switches entry by face at a door off or on; see `accessctl hub unlock`.",
    ("accessctl hub face-entry front-door off",),
)
INSIDE = Verb(
    run_inside,
    HubInsideOptions,
    "Lists who went into an area at any of its doors and has not gone out at any, the longest "
    "first. After `access.reset_after_h` of the hub's own configuration somebody "
    "counts no more. That you looked is in the hub's journal.",
    ("accessctl hub inside", "accessctl hub inside --area lab --json"),
)
