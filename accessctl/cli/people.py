"""`accessctl people`: who is enrolled."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accessctl.cli.common import ConfigOption, JsonOption, config_from, print_json, print_table
from accessctl.cli.front import Verb
from accessctl.cli.gallery import gallery_to_read
from accessctl.domain import Person


@dataclass(frozen=True, kw_only=True)
class PeopleOptions(ConfigOption, JsonOption):
    pass


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
