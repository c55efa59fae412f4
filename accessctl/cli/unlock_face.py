"""`accessctl unlock-face`: end a lockout, and turn face entry on again."""

import os
import time
from dataclasses import dataclass
from typing import Annotated

import typer

from accessctl.administration.changes import DeferredLog, end_lockout
from accessctl.cli.common import ConfigOption, config_from
from accessctl.cli.front import Verb
from accessctl.policy.lockout_store import LockoutStore


@dataclass(frozen=True, kw_only=True)
class UnlockFaceOptions(ConfigOption):
    door: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Default: the door of the configuration."),
    ] = None


def run(args: UnlockFaceOptions) -> int:

    config = config_from(args)
    door = args.door or config.access.door
    file = config.lockout_file
    if not file.exists():
        print(f"No face was refused at the door {door} yet.")
        return 0
    with LockoutStore(file) as lockouts, DeferredLog(config.audit, os.environ) as audit:
        ended = end_lockout(lockouts, door, audit, time.time)
    if not ended.any:
        print(f"The door {door} is not locked out.")
        return 0
    print(
        f"Faces count again at the door {door}; {ended.door.refused:.3g} of its refused attempts "
        f"and those of {ended.people} people are forgotten."
    )
    return 0


UNLOCK_FACE = Verb(
    run,
    UnlockFaceOptions,
    "Ends a lockout, that faces open the door again, also where they had been turned off after "
    "too many refusals. It is written down.",
    ("accessctl unlock-face", "accessctl unlock-face --door side"),
)
