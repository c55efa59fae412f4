"""`accessctl hub settings set | show`: the settings of one door that the hub may set."""

import os
from dataclasses import dataclass
from typing import Annotated

import typer

from accessctl.cli.common import ConfigOption, JsonOption, print_json, print_table
from accessctl.cli.doorway import operator
from accessctl.cli.front import Verb
from accessctl.cli.hub import HubDoorOptions, opened_hub
from accessctl.config import SITE_SETTINGS

OWN = "own"
"""In place of a value: the door's own configuration counts again."""


@dataclass(frozen=True, kw_only=True)
class SettingsShowOptions(HubDoorOptions, JsonOption):
    pass


@dataclass(frozen=True, kw_only=True)
class SettingsSetOptions(ConfigOption):
    # What is inherited comes last on the command line.
    door: Annotated[str, typer.Argument(metavar="DOOR", help="The door's name.")]
    key: Annotated[str, typer.Argument(metavar="KEY", help=f"One of {', '.join(SITE_SETTINGS)}.")]
    value: Annotated[
        str,
        typer.Argument(
            metavar="VALUE", help=f"As in a configuration; '{OWN}': as the door's own one says."
        ),
    ]


def run_set(args: SettingsSetOptions) -> int:
    value = None if args.value == OWN else args.value
    with opened_hub(args) as hub:
        door = hub.doors.id_of(args.door)
        kept = hub.site.set_setting(door, args.key, value, operator(os.environ, os.getuid()))
    if value is None:
        print(f"{args.door}: {args.key} is as its own configuration says.")
    else:
        print(f"{args.door}: {args.key} is {kept[args.key]}, once it has heard of it.")
    return 0


def run_show(args: SettingsShowOptions) -> int:
    with opened_hub(args) as hub:
        settings = hub.site.settings(hub.doors.id_of(args.door))
    if args.json:
        print_json(settings)
    elif settings:
        print_table(("SETTING", "VALUE"), [(name, str(value)) for name, value in settings.items()])
    else:
        print(f"The hub sets nothing at {args.door}: its own configuration counts.")
    return 0


SET = Verb(
    run_set,
    SettingsSetOptions,
    "Sets one setting of a door, which takes the place of the one in its own configuration. Only "
    "some can be set from here, none that says what is run or opened; and one that would guard the "
    "door less than before counts there only once its owner has accepted it.",
    (
        "accessctl hub settings set front-door policy.cooldown_s 10",
        "accessctl hub settings set front-door policy.cooldown_s own",
    ),
)
SHOW = Verb(
    run_show,
    SettingsShowOptions,
    "Shows which settings of a door the hub sets. Nothing is changed.",
    ("accessctl hub settings show front-door",),
)
