"""`accessctl rules`: where and when somebody may enter."""

import argparse
import os
from datetime import datetime, tzinfo
from typing import Any

from accessctl.cli.common import add_config, add_json, config_from, print_json
from accessctl.domain import PersonRules

NONE = "none"


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("rules", help="show or set where and when somebody may enter")
    parser.add_argument("name", metavar="NAME")
    parser.add_argument(
        "--group",
        action="append",
        metavar="GROUP",
        help=f"in this group and those of further --group, and in no others; '{NONE}': in none",
    )
    parser.add_argument(
        "--from", dest="begin", metavar="DATE", help=f"2026-01-31[T18:30], or '{NONE}'"
    )
    parser.add_argument(
        "--until", dest="end", metavar="DATE", help=f"a day is meant with all of it; or '{NONE}'"
    )
    switch = parser.add_mutually_exclusive_group()
    switch.add_argument("--disable", dest="disabled", action="store_true", default=None)
    switch.add_argument("--enable", dest="disabled", action="store_false")
    parser.add_argument(
        "--life-by-pin",
        action=argparse.BooleanOptionalAction,
        help="whether their PIN may stand in for life that they have not shown in time",
    )
    add_json(parser)
    add_config(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    from accessctl.administration.changes import open_administration
    from accessctl.administration.rules import RulesWish, changed
    from accessctl.policy.schedule import zone_of

    config = config_from(args)
    wish = RulesWish(
        groups=args.group,
        begin=args.begin,
        end=args.end,
        disabled=args.disabled,
        life_by_pin=args.life_by_pin,
    )
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
