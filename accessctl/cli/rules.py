"""`accessctl rules`: where and when somebody may enter."""

import argparse
import time
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Any

from accessctl.cli.common import add_config, add_json, config_from, print_json
from accessctl.cli.gallery import gallery_of
from accessctl.config_access import AccessConfig
from accessctl.domain import PersonRules
from accessctl.errors import InputError

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
    from accessctl.policy.moments import zone_of

    config = config_from(args)
    with gallery_of(config) as gallery:
        person = gallery.person(args.name)
        kept = gallery.rules().get(person.id, PersonRules())
        has_pin = person.id in gallery.pins()
        rules = changed(kept, args, config.access)
        if rules != kept:
            from accessctl.audit.recorder import recorder_of
            from accessctl.door.assembly import open_audit

            with open_audit(config) as audit:
                record = recorder_of(audit, "rules_changed", time.time)
                gallery.set_rules(person.id, rules, record=record)
    zone = zone_of(config.access)
    if args.json:
        shown = {**as_json(rules, zone), "pin": has_pin}
        print_json({"person": person.name, "id": person.id, **shown})
    else:
        print(f"{person.name}: {in_words(rules, zone, has_pin=has_pin)}")
    return 0


def changed(kept: PersonRules, args: argparse.Namespace, config: AccessConfig) -> PersonRules:
    """The rules as the arguments change them; InputError for an unknown group or date."""
    from accessctl.policy.moments import beginning, ending, zone_of

    zone = zone_of(config)
    if args.group is not None:
        kept = replace(kept, groups=_groups(args.group, config))
    if args.begin is not None:
        begin = None if args.begin == NONE else beginning(args.begin, zone)
        kept = replace(kept, valid_from=begin)
    if args.end is not None:
        kept = replace(kept, valid_until=None if args.end == NONE else ending(args.end, zone))
    if args.life_by_pin is not None:
        kept = replace(kept, life_by_pin=args.life_by_pin)
    return kept if args.disabled is None else replace(kept, disabled=args.disabled)


def _groups(named: list[str], config: AccessConfig) -> tuple[str, ...]:
    groups = tuple(dict.fromkeys(named))
    if groups == (NONE,):
        return ()
    for group in groups:
        if group not in config.groups:
            known = ", ".join(sorted(config.groups)) or "there are none yet"
            raise InputError(
                f"There is no group {group!r} in access.groups of the configuration ({known})."
            )
    return groups


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
