"""`accessctl rename`."""

import argparse
import os
from typing import Any

from accessctl.cli.common import add_config, config_from


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("rename", help="give an enrolled person another name")
    parser.add_argument("old", metavar="OLD")
    parser.add_argument("new", metavar="NEW")
    add_config(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    from accessctl.administration.changes import open_administration

    with open_administration(config_from(args), os.environ) as administration:
        person = administration.rename(args.old, args.new)
    print(f"{args.old} is now called {person.name}.")
    return 0
