"""`accessctl rename`."""

import argparse
import time
from typing import Any

from accessctl.cli.common import add_config, config_from
from accessctl.cli.gallery import gallery_of


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("rename", help="give an enrolled person another name")
    parser.add_argument("old", metavar="OLD")
    parser.add_argument("new", metavar="NEW")
    add_config(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    from accessctl.audit.recorder import person_event
    from accessctl.door.assembly import open_audit

    config = config_from(args)
    with gallery_of(config) as gallery, open_audit(config) as audit:
        person = gallery.rename(args.old, args.new)
        audit.append(person_event("renamed", person.id, time.time()))
    print(f"{args.old} is now called {person.name}.")
    return 0
