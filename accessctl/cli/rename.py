"""`accessctl rename`."""

import os
from dataclasses import dataclass
from typing import Annotated

import typer

from accessctl.administration.changes import open_administration
from accessctl.cli.common import ConfigOption, config_from
from accessctl.cli.front import Verb


@dataclass(frozen=True, kw_only=True)
class RenameOptions(ConfigOption):
    old: Annotated[str, typer.Argument(metavar="OLD", help="The name so far.")]
    new: Annotated[str, typer.Argument(metavar="NEW", help="The name from now on.")]


def run(args: RenameOptions) -> int:

    with open_administration(config_from(args), os.environ) as administration:
        person = administration.rename(args.old, args.new)
    print(f"{args.old} is now called {person.name}.")
    return 0


RENAME = Verb(
    run,
    RenameOptions,
    "Gives somebody enrolled another name; photos, rules and PIN stay with them.",
    ('accessctl rename Grace "Grace Hopper"',),
)
