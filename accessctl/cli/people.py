"""`accessctl people`: who is enrolled."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import typer

from accessctl.cli.common import ConfigOption, JsonOption, config_from, print_json, print_table
from accessctl.cli.front import Verb
from accessctl.cli.gallery import gallery_to_read
from accessctl.domain import Person


@dataclass(frozen=True, kw_only=True)
class PeopleOptions(ConfigOption, JsonOption):
    pass


@dataclass(frozen=True, kw_only=True)
class PersonPhotosOptions(ConfigOption, JsonOption):
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose photos are listed.")]


def run(args: PeopleOptions) -> int:
    with gallery_to_read(config_from(args)) as gallery:
        people = gallery.people()
    if args.json:
        for person in people:
            print_json(as_json(person))
    elif people:
        rows = [(p.name, str(p.photos), f"{when(p.enrolled):%Y-%m-%d %H:%M}") for p in people]
        print_table(("NAME", "PHOTOS", "ENROLLED"), rows)
    else:
        print("Nobody is enrolled; begin with: accessctl enroll NAME PHOTO")
    return 0


def list_photos(args: PersonPhotosOptions) -> int:
    """One line for each photo; their numbers are what `remove NAME --photo N` takes."""
    with gallery_to_read(config_from(args)) as gallery:
        person = gallery.person(args.name)
        entries = gallery.photo_entries(person.id)
    if args.json:
        for entry in entries:
            print_json(
                {
                    "person": person.name,
                    "photo": entry.number,
                    "quality": round(entry.quality, 3),
                    "added": when(entry.added).isoformat(timespec="seconds"),
                }
            )
        return 0
    rows = [
        (str(entry.number), f"{entry.quality:.2f}", f"{when(entry.added):%Y-%m-%d %H:%M}")
        for entry in entries
    ]
    print_table(("PHOTO", "QUALITY", "ADDED"), rows)
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


PEOPLE = Verb(
    run,
    PeopleOptions,
    "Lists everybody who is enrolled at this door, by name, with how many photos of them are kept "
    "and since when. Nothing is changed.",
    ("accessctl people", "accessctl people --json"),
)
PHOTOS = Verb(
    list_photos,
    PersonPhotosOptions,
    "Lists the photos of one person with their numbers, how good they are (0 to 1) and since when "
    "they are kept. `accessctl remove NAME --photo N` takes one out.",
    ("accessctl people photos Grace",),
)
