"""`accessctl remove`: leaves nothing of a person behind but a pseudonym in the event log."""

import argparse
import os
from typing import Any

from accessctl.cli.common import add_config, config_from


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("remove", help="remove an enrolled person for good")
    parser.add_argument("name", metavar="NAME")
    add_config(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    from accessctl.administration.changes import open_administration

    with open_administration(config_from(args), os.environ) as administration:
        person = administration.remove(args.name)
    print(f"Removed {person.name}: photos, templates and name are gone.")
    return 0
