"""`accessctl policy test`: may somebody enter there and then, and why."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from accessctl.administration.crossings import Crossings
from accessctl.audit.log import EventLog
from accessctl.cli.common import (
    ConfigOption,
    JsonOption,
    config_from,
    print_json,
)
from accessctl.cli.front import Verb
from accessctl.cli.gallery import gallery_to_read
from accessctl.clock import uptime
from accessctl.config import Config
from accessctl.domain import PersonId, PersonRules
from accessctl.policy.access import AccessPlan
from accessctl.policy.admit import required
from accessctl.policy.explain import Beside, explain, refusal
from accessctl.policy.lockout_store import LockoutStore
from accessctl.policy.schedule import beginning

if TYPE_CHECKING:
    from accessctl.policy.access import Crossing


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


def run(args: PolicyTestOptions) -> int:
    """Prints the verdict; 0 also when it is a refusal."""

    config = config_from(args)
    plan = AccessPlan.of(config.access, args.door)
    with gallery_to_read(config) as gallery:
        person = gallery.person(args.person)
        rules = gallery.rules().get(person.id, PersonRules())
        has_pin = person.id in gallery.pins()
    moment = time.time() if args.at is None else beginning(args.at, plan.zone)
    factor = required(rules, plan, config.policy.second_factor, moment)
    lockout_s = _lockout_s(config, plan.door, person.id) if args.at is None else 0.0
    beside = Beside(lockout_s, factor, has_pin, _last_crossing(config, person.id, moment))
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
                "life_by_pin": rules.life_by_pin and has_pin,
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


def _lockout_s(config: Config, door: str, person: PersonId) -> float:

    file = config.lockout_file
    if not file.exists():
        return 0.0
    with LockoutStore(file) as store:
        return store.standing(door, person).remaining_s(uptime())


TEST = Verb(
    run,
    PolicyTestOptions,
    "Goes through the rules of who may enter when, for one person at one moment, and says which "
    "of them allows or refuses. No face is looked at, and nothing opens.",
    (
        "accessctl policy test --person Grace",
        "accessctl policy test --person Grace --at 2026-12-24T23:30",
    ),
)
