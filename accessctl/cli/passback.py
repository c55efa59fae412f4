"""`accessctl people inside` and `accessctl passback forgive`: who is inside, by the log."""

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from accessctl.administration.crossings import (
    Crossings,
    Inside,
    forgive_passback,
    people_inside,
)
from accessctl.audit.opening import open_log
from accessctl.cli.common import ConfigOption, JsonOption, config_from, print_json, print_table
from accessctl.cli.front import Verb
from accessctl.cli.gallery import gallery_to_read
from accessctl.errors import InputError

if TYPE_CHECKING:
    from accessctl.config.policy import AccessConfig

REMOVED = "(removed)"


@dataclass(frozen=True, kw_only=True)
class InsideOptions(ConfigOption, JsonOption):
    pass


@dataclass(frozen=True, kw_only=True)
class ForgiveOptions(ConfigOption):
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who is outside after all.")]


def run_inside(args: InsideOptions) -> int:
    config = config_from(args)
    area = area_of(config.access)
    with gallery_to_read(config) as gallery, open_log(config.audit, os.environ) as audit:
        found = people_inside(Crossings(audit, config.access), area, gallery, audit, time.time)
    if args.json:
        for one in found:
            since_s = round(one.age_s, 1)
            print_json({"person": one.name, "id": one.person, "area": area, "since_s": since_s})
    elif found:
        print_table(("NAME", "SINCE"), [(one.name or REMOVED, lasting(one)) for one in found])
    else:
        print(f"Nobody went in who has not gone out since (area: {area}).")
    return 0


def run_forgive(args: ForgiveOptions) -> int:
    config = config_from(args)
    area = area_of(config.access)
    with gallery_to_read(config) as gallery:
        # Before a log is made: a name that nobody has.
        gallery.person(args.name)
        with open_log(config.audit, os.environ) as audit:
            person = forgive_passback(args.name, area, gallery, audit, time.time)
    print(f"{person.name} counts as outside from now on (area: {area}).")
    return 0


def area_of(access: "AccessConfig") -> str:
    """InputError for a door that leads nowhere."""
    if access.direction == "none":
        raise InputError(
            "access.direction is none: this door leads into no area, so that nobody is known to "
            "be inside."
        )
    return access.area


def lasting(one: Inside) -> str:
    hours, seconds = divmod(int(one.age_s), 3600)
    return f"{hours} h {seconds // 60:02} min ago"


INSIDE = Verb(
    run_inside,
    InsideOptions,
    "Lists who went in by a door of this area and not out since, the longest first, as the event "
    "log tells. That it was asked is written down.",
    ("accessctl people inside", "accessctl people inside --json"),
)
FORGIVE = Verb(
    run_forgive,
    ForgiveOptions,
    "Takes somebody for one who is outside from now on, so that anti-passback lets them in again. "
    "It is written down.",
    ("accessctl passback forgive Grace",),
)
