"""`accessctl people`: who is enrolled."""

import argparse
from datetime import datetime
from typing import Any

from accessctl.cli.common import add_config, add_json, config_from, print_json, table
from accessctl.cli.gallery import gallery_of
from accessctl.domain import Person


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("people", help="list the enrolled people")
    add_config(parser)
    add_json(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    with gallery_of(config_from(args)) as gallery:
        people = gallery.people()
    if args.json:
        for person in people:
            print_json(as_json(person))
    elif people:
        rows = [(p.name, str(p.photos), f"{when(p.enrolled):%Y-%m-%d %H:%M}") for p in people]
        print(table(("NAME", "PHOTOS", "ENROLLED"), rows))
    else:
        print("Nobody is enrolled; begin with: accessctl enroll NAME PHOTO")
    return 0


def when(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch).astimezone()


def as_json(person: Person) -> dict[str, Any]:
    return {
        "person": person.name,
        "id": person.id,
        "photos": person.photos,
        "enrolled": when(person.enrolled).isoformat(timespec="seconds"),
    }
