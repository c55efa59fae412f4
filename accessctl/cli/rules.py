"""`accessctl rules` and `pin set | clear | enter`: who may enter where, when and how."""

import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Annotated, Any

import typer

from accessctl.administration.changes import (
    Administration,
    DeferredLog,
    Entitlement,
    RulesWish,
    changed,
    open_administration,
)
from accessctl.cli.common import (
    ConfigOption,
    JsonOption,
    config_at_door,
    local_time,
    print_json,
    read_unseen,
)
from accessctl.cli.front import Verb
from accessctl.cli.opening import gallery_to_read
from accessctl.config import Config
from accessctl.control.client import ask
from accessctl.domain import PersonRules
from accessctl.errors import InputError
from accessctl.policy.access import zone_of

NONE = "none"

# Far more than a PIN has, so that a file given by mistake is refused as too long.
MAX_CHARACTERS = 64


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


@dataclass(frozen=True, kw_only=True)
class PinOptions(ConfigOption):
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose PIN it is.")]


def run_rules(args: RulesOptions) -> int:
    wish = wish_of(args)
    config = config_at_door(args)
    if wish == RulesWish():
        now = _kept(args.name, config)
    else:
        with open_administration(config, os.environ) as administration:
            now = administration.change_rules(
                args.name, lambda kept: changed(kept, wish, config.access)
            )
    return show_rules(now, zone_of(config.access), args)


def wish_of(args: RulesOptions) -> RulesWish:
    """What is asked for; InputError for what speaks against itself."""
    if args.disable and args.enable:
        raise InputError("Give either --disable or --enable.")
    return RulesWish(
        groups=args.group,
        begin=args.begin,
        end=args.end,
        disabled=True if args.disable else False if args.enable else None,
        life_by_pin=args.life_by_pin,
    )


def show_rules(now: Entitlement, zone: tzinfo | None, args: JsonOption) -> int:
    if args.json:
        shown = {**rules_json(now.rules, zone), "pin": now.has_pin}
        print_json({"person": now.person.name, "id": now.person.id, **shown})
    else:
        print(f"{now.person.name}: {rules_in_words(now.rules, zone, has_pin=now.has_pin)}")
    return 0


def _kept(name: str, config: Config) -> Entitlement:
    """Read only: nothing is made, and nothing written down."""
    with gallery_to_read(config) as gallery, DeferredLog(config.audit, os.environ) as audit:
        return Administration(gallery, audit, time.time).entitlement(name)


def rules_json(rules: PersonRules, zone: tzinfo | None) -> dict[str, Any]:
    return {
        "groups": list(rules.groups),
        "from": _iso(rules.valid_from, zone),
        "until": _iso(rules.valid_until, zone),
        "disabled": rules.disabled,
        "life_by_pin": rules.life_by_pin,
    }


def rules_in_words(rules: PersonRules, zone: tzinfo | None, *, has_pin: bool) -> str:
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
    return local_time(moment, zone).isoformat(timespec="minutes")


def run_set(args: PinOptions) -> int:
    config = config_at_door(args)
    with open_administration(config, os.environ) as administration:
        # Before anything is typed: a name that nobody has.
        administration.person(args.name)
    pin = new_pin()
    with open_administration(config, os.environ) as administration:
        return set_pin_by(administration, args.name, pin)


def new_pin() -> str:
    """Read unseen, on a terminal twice; InputError."""
    pin = read_pin("PIN: ")
    if sys.stdin.isatty() and read_pin("The same again: ") != pin:
        raise InputError("The two PINs differ; nothing was changed.")
    return pin


def set_pin_by(administration: Administration, name: str, pin: str) -> int:
    person = administration.set_pin(name, pin)
    print(f"{person.name} has a new PIN.")
    return 0


def run_clear(args: PinOptions) -> int:
    with open_administration(config_at_door(args), os.environ) as administration:
        return clear_pin_by(administration, args.name)


def clear_pin_by(administration: Administration, name: str) -> int:
    person = administration.clear_pin(name)
    print(f"{person.name} has no PIN.")
    return 0


def run_enter(args: ConfigOption, *, ask: Callable[..., Mapping[str, Any]] = ask) -> int:
    path = config_at_door(args).service.socket
    print(ask(path, "pin", pin=read_pin("PIN: ")).get("message", "Accepted."))
    return 0


def read_pin(prompt: str, what: str = "PIN") -> str:
    return read_unseen(prompt, what, MAX_CHARACTERS)


RULES = Verb(
    run_rules,
    RulesOptions,
    "Shows the rules of somebody enrolled, or sets those that are named and leaves the others. "
    "Every change is written down. What the groups may do stands in the configuration.",
    (
        "accessctl rules Grace",
        "accessctl rules Grace --group staff --until 2026-12-31",
        "accessctl rules Grace --disable",
    ),
)
SET = Verb(
    run_set,
    PinOptions,
    "Sets the PIN of somebody enrolled. It is read from the terminal, twice and unseen, or from "
    "standard input; never from the command line, which others can see.",
    ("accessctl pin set Grace",),
)
CLEAR = Verb(
    run_clear,
    PinOptions,
    "Takes somebody's PIN away; where the door asks for a second factor they cannot enter then.",
    ("accessctl pin clear Grace",),
)
ENTER = Verb(
    run_enter,
    ConfigOption,
    "Gives the running door the PIN of whoever stands before it, as a keypad would.",
    ("accessctl pin enter", "keypad-reader | accessctl pin enter"),
)
