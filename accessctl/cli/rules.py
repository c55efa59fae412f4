"""`accessctl rules`: where and when somebody may enter."""

import os
import time
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Annotated, Any

import typer

from accessctl.administration.changes import (
    Administration,
    DeferredLog,
    Entitlement,
    open_administration,
)
from accessctl.administration.rules import RulesWish, changed
from accessctl.cli.common import (
    ConfigOption,
    JsonOption,
    config_from,
    print_json,
)
from accessctl.cli.front import Verb
from accessctl.cli.gallery import gallery_to_read
from accessctl.config import Config
from accessctl.domain import PersonRules
from accessctl.errors import InputError
from accessctl.policy.schedule import zone_of

NONE = "none"


@dataclass(frozen=True, kw_only=True)
class RulesOptions(ConfigOption, JsonOption):
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose rules they are.")]
    group: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GROUP",
            help="In this group and those of further --group, and in no others; "
            f"'{NONE}': in none.",
        ),
    ] = None
    begin: Annotated[
        str | None,
        typer.Option("--from", metavar="DATE", help=f"2026-01-31, 2026-01-31T18:30 or '{NONE}'."),
    ] = None
    end: Annotated[
        str | None,
        typer.Option(
            "--until", metavar="DATE", help=f"A day is meant with all of it; or '{NONE}'."
        ),
    ] = None
    disable: Annotated[bool, typer.Option("--disable", help="Let them in no more.")] = False
    enable: Annotated[bool, typer.Option("--enable", help="Let them in again.")] = False
    life_by_pin: Annotated[
        bool | None,
        typer.Option(
            "--life-by-pin/--no-life-by-pin",
            help="Whether their PIN may stand in for life that they have not shown in time.",
        ),
    ] = None


def run(args: RulesOptions) -> int:
    if args.disable and args.enable:
        raise InputError("Give either --disable or --enable.")
    config = config_from(args)
    wish = RulesWish(
        groups=args.group,
        begin=args.begin,
        end=args.end,
        disabled=True if args.disable else False if args.enable else None,
        life_by_pin=args.life_by_pin,
    )
    if wish == RulesWish():
        now = _kept(args.name, config)
    else:
        with open_administration(config, os.environ) as administration:
            now = administration.change_rules(
                args.name, lambda kept: changed(kept, wish, config.access)
            )
    zone = zone_of(config.access)
    if args.json:
        shown = {**as_json(now.rules, zone), "pin": now.has_pin}
        print_json({"person": now.person.name, "id": now.person.id, **shown})
    else:
        print(f"{now.person.name}: {in_words(now.rules, zone, has_pin=now.has_pin)}")
    return 0


def _kept(name: str, config: Config) -> Entitlement:
    """Read only: nothing is made, and nothing written down."""
    with gallery_to_read(config) as gallery, DeferredLog(config.audit, os.environ) as audit:
        return Administration(gallery, audit, time.time).entitlement(name)


def as_json(rules: PersonRules, zone: tzinfo | None) -> dict[str, Any]:
    return {
        "groups": list(rules.groups),
        "from": _iso(rules.valid_from, zone),
        "until": _iso(rules.valid_until, zone),
        "disabled": rules.disabled,
        "life_by_pin": rules.life_by_pin,
    }


def in_words(rules: PersonRules, zone: tzinfo | None, *, has_pin: bool) -> str:
    parts = [
        "disabled" if rules.disabled else "",
        f"in {', '.join(rules.groups)}" if rules.groups else "in no group",
        f"from {_iso(rules.valid_from, zone)}" if rules.valid_from is not None else "",
        f"until {_iso(rules.valid_until, zone)}" if rules.valid_until is not None else "",
        _pin(life_by_pin=rules.life_by_pin, has_pin=has_pin),
    ]
    return "; ".join(part for part in parts if part) + "."


def _pin(*, life_by_pin: bool, has_pin: bool) -> str:
    if not life_by_pin:
        return "with a PIN" if has_pin else ""
    if has_pin:
        return "with a PIN, which may stand in for life"
    return "a PIN may stand in for life, and none is set: accessctl pin set"


def _iso(moment: float | None, zone: tzinfo | None) -> str | None:
    if moment is None:
        return None
    return datetime.fromtimestamp(moment).astimezone(zone).isoformat(timespec="minutes")


RULES = Verb(
    run,
    RulesOptions,
    "Shows the rules of somebody enrolled, or sets those that are named and leaves the others. "
    "Every change is written down. What the groups may do stands in the configuration.",
    (
        "accessctl rules Grace",
        "accessctl rules Grace --group staff --until 2026-12-31",
        "accessctl rules Grace --disable",
    ),
)
