"""`accessctl remove`: leaves nothing of a person behind but a pseudonym in the event log."""

import argparse
import time
from typing import Any

from accessctl.cli.common import add_config, config_from
from accessctl.cli.gallery import gallery_of


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("remove", help="remove an enrolled person for good")
    parser.add_argument("name", metavar="NAME")
    add_config(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    from accessctl.audit.recorder import person_event
    from accessctl.door.assembly import open_audit

    config = config_from(args)
    with gallery_of(config) as gallery, open_audit(config) as audit:
        person = gallery.remove(args.name)
        audit.append(person_event("removed", person.id, time.time()))
    print(f"Removed {person.name}: photos, templates and name are gone.")
    return 0
