"""`accessctl show`: one person, and what happened to them lately."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from accessctl.audit import views
from accessctl.audit.log import EventLog
from accessctl.cli.common import (
    ConfigOption,
    JsonOption,
    config_from,
    print_json,
)
from accessctl.cli.front import Verb
from accessctl.cli.gallery import gallery_to_read
from accessctl.cli.people import as_json, when
from accessctl.domain import Event, PersonId

LATEST = 5


@dataclass(frozen=True, kw_only=True)
class ShowOptions(ConfigOption, JsonOption):
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who is shown.")]


def run(args: ShowOptions) -> int:

    config = config_from(args)
    with gallery_to_read(config) as gallery:
        person = gallery.person(args.name)
    events = latest(config.audit.file, person.id)
    if args.json:
        print_json(as_json(person))
        return 0
    print(f"{person.name}\n  id        {person.id}\n  photos    {person.photos}")
    print(f"  enrolled  {when(person.enrolled):%Y-%m-%d %H:%M}")
    for event in events:
        print(f"  {views.as_text(event, {person.id: person.name}.get)}")
    return 0


def latest(file: Path, person: PersonId) -> list[Event]:
    """The last few events of somebody; none where no log was begun, and none is begun."""

    if not file.exists():
        return []
    with EventLog(file) as log:
        return [event for _, event in log.query(person=person)][-LATEST:]


SHOW = Verb(
    run,
    ShowOptions,
    "Shows somebody enrolled: their id, how many photos are kept, since when, and what happened "
    "to them at the door lately. Nothing is changed.",
    ("accessctl show Grace", "accessctl show Grace --json"),
)
