"""`accessctl show`: one person, and what happened to them lately."""

import argparse
from typing import Any

from accessctl.cli.common import add_config, add_json, config_from, print_json
from accessctl.cli.gallery import gallery_of
from accessctl.cli.people import as_json, when

LATEST = 5


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("show", help="show one enrolled person")
    parser.add_argument("name", metavar="NAME")
    add_config(parser)
    add_json(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    from accessctl.audit import views
    from accessctl.door.assembly import open_audit

    config = config_from(args)
    with gallery_of(config) as gallery, open_audit(config) as audit:
        person = gallery.person(args.name)
        events = [event for _, event in audit.query(person=person.id)][-LATEST:]
    if args.json:
        print_json(as_json(person))
        return 0
    print(f"{person.name}\n  id        {person.id}\n  photos    {person.photos}")
    print(f"  enrolled  {when(person.enrolled):%Y-%m-%d %H:%M}")
    for event in events:
        print(f"  {views.as_text(event, {person.id: person.name}.get)}")
    return 0
