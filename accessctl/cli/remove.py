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
    photo: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Only this photo (`accessctl people photos NAME` numbers them), never the last.",
        ),
    ] = None


def run(args: RemoveOptions) -> int:

    with open_administration(config_from(args), os.environ) as administration:
        if args.photo is not None:
            person = administration.remove_photo(args.name, args.photo)
            left = "1 photo is" if person.photos == 1 else f"{person.photos} photos are"
            print(f"Removed photo {args.photo} of {person.name}; {left} left.")
            return 0
        person = administration.remove(args.name)
    print(f"Removed {person.name}: photos, templates and name are gone.")
    return 0


REMOVE = Verb(
    run,
    RemoveOptions,
    "Removes somebody for good: photos, templates, rules, PIN and name are erased from the disk. "
    "The event log keeps a pseudonym that leads nowhere. With --photo only that photo is erased.",
    ("accessctl remove Grace", "accessctl remove Grace --photo 2"),
)
