"""`accessctl unlock-face`: end lockouts, and turn face entry on again."""

import os
import time
from dataclasses import dataclass
from typing import Annotated

import typer

from accessctl.administration.changes import DeferredLog, end_lockout, end_person_lockout
from accessctl.cli.common import ConfigOption, config_from
from accessctl.cli.front import Verb
from accessctl.cli.gallery import gallery_to_read
from accessctl.clock import uptime
from accessctl.domain import Person
from accessctl.policy.lockout import Lockout
from accessctl.policy.lockout_store import LockoutStore
from accessctl.storage.parsing import printable


@dataclass(frozen=True, kw_only=True)
class UnlockFaceOptions(ConfigOption):
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="Whose lockout ends; default: everybody's."),
    ] = None
    door: Annotated[
        str | None,
        typer.Option(metavar="DOOR", help="Default: the door of the configuration."),
    ] = None


def run(args: UnlockFaceOptions) -> int:
    config = config_from(args)
    door = args.door or config.access.door
    person = None
    if args.name is not None:
        with gallery_to_read(config) as gallery:
            person = gallery.person(args.name)
    if not config.lockout_file.exists():
        print(f"No face was refused at the door {door} yet.")
        return 0
    with (
        LockoutStore(config.lockout_file) as lockouts,
        DeferredLog(config.audit, os.environ) as audit,
    ):
        if person is None:
            print(_everybody(lockouts, door, audit))
        else:
            print(_one(lockouts, door, person, audit))
    return 0


def _everybody(lockouts: LockoutStore, door: str, audit: DeferredLog) -> str:
    ended = end_lockout(lockouts, door, audit, time.time)
    if not ended.any:
        return f"The door {door} is not locked out."
    return (
        f"Faces count again at the door {door}; {ended.door.refused:.3g} of its refused attempts "
        f"and those of {ended.people} people are forgotten."
    )


def _one(lockouts: LockoutStore, door: str, person: Person, audit: DeferredLog) -> str:
    ended = end_person_lockout(lockouts, door, person.id, audit, time.time)
    name = printable(person.name)
    if ended == Lockout():
        said = f"Nothing stands against {name} at the door {door}."
    else:
        said = (
            f"The face of {name} counts again at the door {door}; {ended.refused:.3g} refused "
            "attempts are forgotten."
        )
    if lockouts.read(door).locked(uptime()):
        said += " The door itself is locked out for everybody: accessctl unlock-face"
    return said


UNLOCK_FACE = Verb(
    run,
    UnlockFaceOptions,
    "Ends a lockout, so that faces open the door again, also where they had been turned off after "
    "too many refusals. With a name only that person's own ends: the door's stays. It is written "
    "down.",
    (
        "accessctl unlock-face",
        "accessctl unlock-face Grace",
        "accessctl unlock-face --door side",
    ),
)
