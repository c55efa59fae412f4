"""`accessctl remove`: leaves nothing of a person behind but a pseudonym in the event log."""

import os
from dataclasses import dataclass
from typing import Annotated

import typer

from accessctl.administration.changes import open_administration
from accessctl.cli.common import ConfigOption, config_from
from accessctl.cli.front import Verb


@dataclass(frozen=True, kw_only=True)
class RemoveOptions(ConfigOption):
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who is removed.")]


def run(args: RemoveOptions) -> int:

    with open_administration(config_from(args), os.environ) as administration:
        person = administration.remove(args.name)
    print(f"Removed {person.name}: photos, templates and name are gone.")
    return 0


REMOVE = Verb(
    run,
    RemoveOptions,
    "Removes somebody for good: photos, templates, rules, PIN and name are erased from the disk. "
    "The event log keeps a pseudonym that leads nowhere.",
    ("accessctl remove Grace",),
)
