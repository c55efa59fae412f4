"""`accessctl hub scope` and `hub rules set | show`: which people a door has part in, and the
groups, hours and holidays of all doors."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from accessctl.cli.common import ConfigOption, JsonOption, print_json
from accessctl.cli.doorway import operator
from accessctl.cli.front import Verb
from accessctl.cli.hub import HubDoorOptions, HubListOptions, opened_hub
from accessctl.errors import InputError
from accessctl.storage.parsing import read_mapping


@dataclass(frozen=True, kw_only=True)
class HubScopeOptions(HubDoorOptions, JsonOption):
    group: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GROUP", help="People of this group, and of further --group; of no others."
        ),
    ] = None
    everybody: Annotated[
        bool, typer.Option("--everybody", help="All people of the site, as at first.")
    ] = False


@dataclass(frozen=True, kw_only=True)
class SiteRulesOptions(ConfigOption):
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="YAML: timezone, schedules, groups, holidays.")
    ]


def run_scope(args: HubScopeOptions) -> int:
    if args.everybody and args.group:
        raise InputError("Give either --group or --everybody.")
    with opened_hub(args) as hub:
        door = hub.doors.id_of(args.door)
        if args.everybody or args.group:
            hub.site.set_scope(door, args.group, operator(os.environ, os.getuid()))
        groups = hub.site.scope(door).groups
    if args.json:
        print_json({"door": args.door, "groups": None if groups is None else list(groups)})
    elif groups is None:
        print(f"{args.door} has part in everybody.")
    else:
        print(f"{args.door} has part in the people of: {', '.join(groups)}.")
    return 0


def run_set(args: SiteRulesOptions) -> int:
    given = _rules_in(args.file)
    with opened_hub(args) as hub:
        rules = hub.site.set_rules(given, operator(os.environ, os.getuid()))
    groups = ", ".join(rules["groups"]) or "none"
    print(f"These rules are all doors' from now on; groups: {groups}.")
    return 0


def _rules_in(file: Path) -> dict[Any, Any]:
    """What stands in the file; InputError."""
    try:
        return read_mapping(file)
    except OSError as error:
        raise InputError(
            f"Cannot read {file} ({error.strerror}); name an existing file."
        ) from error
    except ValueError as error:
        raise InputError(f"{file} {error}; correct it.") from error


def run_show(args: HubListOptions) -> int:
    with opened_hub(args) as hub:
        rules = hub.site.rules()
    if args.json:
        print_json(rules)
    elif rules:
        print(yaml.safe_dump(rules, sort_keys=False, allow_unicode=True), end="")
    else:
        print("The hub sets no rules: each door has its own. See accessctl hub rules set FILE.")
    return 0


SCOPE = Verb(
    run_scope,
    HubScopeOptions,
    "Says which people a door has part in, or sets it: people of some groups only, or everybody. A "
    "door knows nothing of others, and whoever it has no part in any more is gone from it as soon "
    "as it hears of it.",
    (
        "accessctl hub scope front-door",
        "accessctl hub scope lab --group staff --group lab",
        "accessctl hub scope front-door --everybody",
    ),
)
SET = Verb(
    run_set,
    SiteRulesOptions,
    "Takes the time zone, the schedules, the groups and the holidays of all doors from a file that "
    "has them as the section access of a door's configuration does. They take the place of the "
    "doors' own. Where one would guard a door less than before, that door goes by its former ones "
    "until its owner accepts it.",
    ("accessctl hub rules set site-rules.yaml",),
)
SHOW = Verb(
    run_show,
    HubListOptions,
    "Shows the rules that the hub sets for all doors, as a file for `hub rules set`. Nothing is "
    "changed.",
    ("accessctl hub rules show",),
)
