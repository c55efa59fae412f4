"""`accessctl hub demo`: a whole site on one machine, for as long as it is shown."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from accessctl.cli.common import ConfigOption, config_from
from accessctl.cli.front import Verb
from accessctl.errors import AccessctlError, InputError

MOST_DOORS = 8
NO_POSTGRESQL = (
    "PostgreSQL is not installed (apt install postgresql), so the hub uses its embedded database."
)
NAMES = ("front-door", "back-door", "garage")


@dataclass(frozen=True, kw_only=True)
class HubDemoOptions(ConfigOption):
    doors: Annotated[int, typer.Option(metavar="N", help=f"How many, 1 to {MOST_DOORS}.")] = 3
    embedded: Annotated[
        bool, typer.Option("--embedded", help="Without PostgreSQL, also where it is installed.")
    ] = False
    within: Annotated[
        float, typer.Option(metavar="S", help="A removal has to be known in so many seconds.")
    ] = 2.0


def run_demo(args: HubDemoOptions) -> int:
    """1 where something was not as it should be; 130 where it was interrupted."""
    from accessctl.cli.run import stop_on_signals
    from accessctl.hub.cluster import find_programs
    from accessctl.hub.demo_play import SiteDemo, demo_candidate

    if not 1 <= args.doors <= MOST_DOORS:
        raise InputError(f"--doors must be 1 to {MOST_DOORS}; all of them run on this machine.")
    began = time.monotonic()

    def tell(line: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {line}", flush=True)

    programs = None if args.embedded else find_programs()
    if programs is None and not args.embedded:
        tell(NO_POSTGRESQL)
    demo = SiteDemo(
        config=config_from(args),
        names=door_names(args.doors),
        programs=programs,
        examine=demo_candidate,
        people_at=people_at,
        tell=tell,
        within_s=args.within,
    )
    with stop_on_signals() as stop:
        try:
            is_well = demo.play(stop)
        except KeyboardInterrupt:
            tell("Interrupted; nothing of it is left.")
            return 130
    tell("All of it went as it should; nothing of it is left." if is_well else "That was not well.")
    return 0 if is_well else 1


def door_names(count: int) -> list[str]:
    return [*NAMES, *(f"door-{number}" for number in range(len(NAMES) + 1, count + 1))][:count]


def people_at(socket: Path) -> int | None:
    """How many people the door of this control socket knows; None while it does not answer."""
    from accessctl.control.client import ask

    if not os.path.exists(socket):
        return None
    try:
        people: int | None = ask(socket, "status").get("people")
    except AccessctlError:
        return None
    return people


DEMO = Verb(
    run_demo,
    HubDemoOptions,
    "Shows a whole site on this machine: a database, a hub and three doors that watch the demo's "
    "visitor. She is enrolled at the hub and let in at each door, removed, and let in nowhere; "
    "then all records are read again. Nothing of it is left, and nothing of yours is touched.",
    ("accessctl hub demo", "accessctl hub demo --doors 1 --embedded"),
)
