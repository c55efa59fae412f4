"""`accessctl policy test`, `unlock-face`, `people inside`, `passback forgive`: who would be let in
now, and letting somebody in again whom a lockout or anti-passback keeps out."""

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from accessctl.administration.changes import DeferredLog, end_lockout, end_person_lockout
from accessctl.administration.crossings import (
    Crossings,
    Inside,
    InsideNow,
    forgive_passback,
    people_inside,
)
from accessctl.audit.log import EventLog
from accessctl.audit.opening import open_log
from accessctl.cli.common import (
    ConfigOption,
    JsonOption,
    config_at_door,
    config_from,
    print_json,
    print_table,
)
from accessctl.cli.front import Verb
from accessctl.cli.opening import gallery_to_read
from accessctl.clock import uptime
from accessctl.config import Config
from accessctl.control.client import ask
from accessctl.domain import Person, PersonId, PersonRules
from accessctl.door.staleness import open_staleness
from accessctl.errors import FaultError, InputError
from accessctl.policy.access import AccessPlan, beginning
from accessctl.policy.admit import required
from accessctl.policy.explain import Beside, explain, refusal
from accessctl.policy.lockout import Lockout
from accessctl.policy.lockout_store import LockoutStore
from accessctl.storage.parsing import printable

if TYPE_CHECKING:
    from accessctl.config.policy import AccessConfig
    from accessctl.policy.access import Crossing

REMOVED = "(removed)"


@dataclass(frozen=True, kw_only=True)
class PolicyTestOptions(ConfigOption, JsonOption):
    person: Annotated[
        str, typer.Option("--person", metavar="NAME", help="Who would stand at the door.")
    ]
    at: Annotated[
        str | None, typer.Option(metavar="WHEN", help="2026-12-24T23:30; default: now.")
    ] = None
    door: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Default: the door of the configuration."),
    ] = None


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


@dataclass(frozen=True, kw_only=True)
class InsideOptions(ConfigOption, JsonOption):
    pass


@dataclass(frozen=True, kw_only=True)
class ForgiveOptions(ConfigOption):
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who is outside after all.")]


def run_test(args: PolicyTestOptions) -> int:
    """Prints the verdict; 0 also when it is a refusal."""
    config = config_at_door(args)
    plan = AccessPlan.of(config.access, args.door)
    with gallery_to_read(config) as gallery:
        person = gallery.person(args.person)
        rules = gallery.rules().get(person.id, PersonRules())
        beside = Beside(
            has_pin=person.id in gallery.pins(),
            badge_required=len(gallery.people()) > config.policy.identify_up_to,
            has_badge=any(badge.person == person.id for badge in gallery.badges()),
        )
    moment = time.time() if args.at is None else beginning(args.at, plan.zone)
    beside = _as_old_as_it_is(config, rules, beside) if args.at is None else beside
    factor = required(rules, plan, config.policy.second_factor, moment)
    if beside.stale == "second_factor":
        factor = "pin"
    lockout_s = _lockout_s(config, plan.door, person.id) if args.at is None else 0.0
    crossing = _last_crossing(config, person.id, moment)
    beside = replace(beside, lockout_s=lockout_s, factor=factor, crossing=crossing)
    lines = explain(rules, plan, moment, beside)
    if args.json:
        reason = refusal(rules, plan, moment, beside)
        allowed = reason is None and lockout_s == 0
        word = "locked_out" if reason is None and lockout_s > 0 else reason
        print_json(
            {
                "person": person.name,
                "allowed": allowed,
                "reason": word,
                "second_factor": factor,
                "life_by_pin": rules.life_by_pin and beside.has_pin,
                "badge_required": beside.badge_required,
                "because": lines,
            }
        )
    else:
        print("\n".join(lines))
    return 0


def _last_crossing(config: Config, person: PersonId, moment: float) -> "Crossing | None":
    if config.access.direction == "none" or not config.audit.file.exists():
        return None
    with EventLog(config.audit.file) as log:
        return Crossings(log, config.access).last(person, moment)


def _as_old_as_it_is(config: Config, rules: PersonRules, beside: Beside) -> Beside:
    """With what comes of how long the hub has not been heard of."""
    if config.sync.hub is None:
        return beside
    with open_staleness(config, os.environ) as staleness:
        demand, age_s = staleness.demand(rules), staleness.age_s()
    return replace(beside, stale=demand, hub_age_s=age_s or 0.0)


def _lockout_s(config: Config, door: str, person: PersonId) -> float:
    file = config.lockout_file
    if not file.exists():
        return 0.0
    with LockoutStore(file) as store:
        return store.standing(door, person).remaining_s(uptime())


def run_unlock_face(args: UnlockFaceOptions) -> int:
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
            print(_end_all(lockouts, door, audit))
        else:
            print(_end_one(lockouts, door, person, audit))
    return 0


def _end_all(lockouts: LockoutStore, door: str, audit: DeferredLog) -> str:
    ended = end_lockout(lockouts, door, audit, time.time)
    if not ended.any:
        return f"The door {door} is not locked out."
    return (
        f"Faces count again at the door {door}; {ended.door.refused:.3g} of its refused attempts "
        f"and those of {ended.people} people are forgotten."
    )


def _end_one(lockouts: LockoutStore, door: str, person: Person, audit: DeferredLog) -> str:
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


def run_inside(args: InsideOptions) -> int:
    config = config_from(args)
    area = area_of(config.access)
    with gallery_to_read(config) as gallery, open_log(config.audit, os.environ) as audit:
        found = people_inside(_crossings(config, audit), area, gallery, audit, time.time)
    if args.json:
        for one in found:
            since_s = round(one.age_s, 1)
            print_json({"person": one.name, "id": one.person, "area": area, "since_s": since_s})
    elif found:
        print_table(("NAME", "SINCE"), [(one.name or REMOVED, since_when(one)) for one in found])
    else:
        print(f"Nobody went in who has not gone out since (area: {area}).")
    return 0


@dataclass(frozen=True, slots=True)
class AskedDoor:
    """Asks the running door, which hears of the other doors of its area; where none runs, `alone`
    is what its log says, and whoever reads it is told."""

    socket: Path
    alone: Crossings

    def inside(self, time: float) -> Mapping[PersonId, float]:
        try:
            people = ask(self.socket, "inside")["people"]
        except FaultError as error:
            print(f"Only by what this door's own log says: {error}", file=sys.stderr)
            return self.alone.inside(time)
        return {PersonId(person): float(age_s) for person, age_s in people.items()}


def _crossings(config: Config, audit: EventLog) -> InsideNow:
    """Where other doors have logs of their own, the running door alone knows what they say."""
    alone = Crossings(audit, config.access)
    return alone if config.sync.hub is None else AskedDoor(config.service.socket, alone)


def run_forgive(args: ForgiveOptions) -> int:
    config = config_from(args)
    area = area_of(config.access)
    with gallery_to_read(config) as gallery:
        # Before a log is made: a name that nobody has is refused.
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


def since_when(one: Inside) -> str:
    hours, seconds = divmod(int(one.age_s), 3600)
    return f"{hours} h {seconds // 60:02} min ago"


TEST = Verb(
    run_test,
    PolicyTestOptions,
    "Goes through the rules of who may enter when, for one person at one moment, and says which "
    "of them allows or refuses. No face is looked at, and nothing opens.",
    (
        "accessctl policy test --person Grace",
        "accessctl policy test --person Grace --at 2026-12-24T23:30",
    ),
)
UNLOCK_FACE = Verb(
    run_unlock_face,
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
