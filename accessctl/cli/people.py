"""`accessctl people`, `show`, `rename`, `remove`, `gallery check | accept`: who is enrolled."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from accessctl.cli.common import (
    ConfigOption,
    JsonOption,
    config_from,
    local_time,
    print_json,
    print_table,
)
from accessctl.cli.front import Verb
from accessctl.cli.opening import gallery_to_read
from accessctl.domain import Event, Person, PersonId
from accessctl.gallery.people import People

if TYPE_CHECKING:
    from accessctl.administration.changes import Administration
    from accessctl.recognition.gallery_check import StoredFlaw

# Events that `show` tells of.
LATEST = 5


@dataclass(frozen=True, kw_only=True)
class PeopleOptions(ConfigOption, JsonOption):
    pass


@dataclass(frozen=True, kw_only=True)
class PersonPhotosOptions(ConfigOption, JsonOption):
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose photos are listed.")]


@dataclass(frozen=True, kw_only=True)
class ShowOptions(ConfigOption, JsonOption):
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who is shown.")]


@dataclass(frozen=True, kw_only=True)
class RenameOptions(ConfigOption):
    old: Annotated[str, typer.Argument(metavar="OLD", help="The name so far.")]
    new: Annotated[str, typer.Argument(metavar="NEW", help="The name from now on.")]


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


@dataclass(frozen=True, kw_only=True)
class CheckOptions(ConfigOption, JsonOption):
    pass


def run_people(args: PeopleOptions) -> int:
    with gallery_to_read(config_from(args)) as gallery:
        people = gallery.people()
    return show_people(people, args, "accessctl enroll NAME PHOTO")


def show_people(people: Sequence[Person], args: JsonOption, first: str) -> int:
    """`first` is the command that enrols somebody where nobody is."""
    if args.json:
        for person in people:
            print_json(person_json(person))
    elif people:
        rows = [(p.name, str(p.photos), f"{local_time(p.enrolled):%Y-%m-%d %H:%M}") for p in people]
        print_table(("NAME", "PHOTOS", "ENROLLED"), rows)
    else:
        print(f"Nobody is enrolled; begin with: {first}")
    return 0


def run_photos(args: PersonPhotosOptions) -> int:
    """One line for each photo; their numbers are what `remove NAME --photo N` takes."""
    with gallery_to_read(config_from(args)) as gallery:
        return show_photos(gallery, args)


def show_photos(gallery: People, args: PersonPhotosOptions) -> int:
    person = gallery.person(args.name)
    entries = gallery.photo_entries(person.id)
    if args.json:
        for entry in entries:
            print_json(
                {
                    "person": person.name,
                    "photo": entry.number,
                    "quality": round(entry.quality, 3),
                    "added": local_time(entry.added).isoformat(timespec="seconds"),
                }
            )
        return 0
    rows = [
        (str(entry.number), f"{entry.quality:.2f}", f"{local_time(entry.added):%Y-%m-%d %H:%M}")
        for entry in entries
    ]
    print_table(("PHOTO", "QUALITY", "ADDED"), rows)
    return 0


def person_json(person: Person) -> dict[str, Any]:
    return {
        "person": person.name,
        "id": person.id,
        "photos": person.photos,
        "enrolled": local_time(person.enrolled).isoformat(timespec="seconds"),
    }


def run_show(args: ShowOptions) -> int:
    from accessctl.audit import views

    config = config_from(args)
    with gallery_to_read(config) as gallery:
        person = gallery.person(args.name)
    events = latest_events(config.audit.file, person.id)
    if args.json:
        print_json(person_json(person))
        return 0
    print(f"{person.name}\n  id        {person.id}\n  photos    {person.photos}")
    print(f"  enrolled  {local_time(person.enrolled):%Y-%m-%d %H:%M}")
    for event in events:
        print(f"  {views.as_text(event, {person.id: person.name}.get)}")
    return 0


def latest_events(file: Path, person: PersonId) -> list[Event]:
    """The last few events of somebody; none where no log was begun, and none is begun."""
    from accessctl.audit.log import EventLog

    if not file.exists():
        return []
    with EventLog(file) as log:
        return [event for _, event in log.query(person=person)][-LATEST:]


def run_rename(args: RenameOptions) -> int:
    from accessctl.administration.changes import open_administration

    with open_administration(config_from(args), os.environ) as administration:
        return rename_by(administration, args)


def rename_by(administration: "Administration", args: RenameOptions) -> int:
    person = administration.rename(args.old, args.new)
    print(f"{args.old} is now called {person.name}.")
    return 0


def run_remove(args: RemoveOptions) -> int:
    from accessctl.administration.changes import open_administration

    with open_administration(config_from(args), os.environ) as administration:
        return remove_by(administration, args)


def remove_by(administration: "Administration", args: RemoveOptions) -> int:
    if args.photo is not None:
        person = administration.remove_photo(args.name, args.photo)
        left = "1 photo is" if person.photos == 1 else f"{person.photos} photos are"
        print(f"Removed photo {args.photo} of {person.name}; {left} left.")
        return 0
    person = administration.remove(args.name)
    print(f"Removed {person.name}: photos, templates and name are gone.")
    return 0


def run_check(args: CheckOptions) -> int:
    """1 where somebody may be let in as somebody else, or not at all; else 0."""
    from accessctl.encoder.card import load_card
    from accessctl.recognition.calibration import Yardstick, scoring_of
    from accessctl.recognition.gallery_check import check_photos, flaw_sentence

    config = config_from(args)
    card, policy = load_card(config.encoder.folder), config.policy
    yardstick = Yardstick(*scoring_of(card), policy.target_fpir, policy.target_fmr)
    with gallery_to_read(config) as gallery:
        names = {person.id: person.name for person in gallery.people()}
        flaws = list(check_photos(gallery, card.fingerprint, yardstick))
    for flaw in flaws:
        if args.json:
            print_json(flaw_json(flaw, names))
        else:
            print(flaw_sentence(flaw, names))
    if not flaws and not args.json:
        print("Each person's photos show one person, and no two people look alike.")
    return int(any(flaw.grave for flaw in flaws))


def flaw_json(flaw: "StoredFlaw", names: Mapping[PersonId, str]) -> dict[str, Any]:
    return {
        "flaw": flaw.flaw.value,
        "person": names.get(flaw.person),
        "photo": flaw.photo,
        "other": None if flaw.other is None else names.get(flaw.other),
        "other_photo": flaw.other_photo,
        "similarity": None if flaw.similarity is None else round(flaw.similarity, 4),
        "fmr": None if flaw.fmr is None else float(f"{flaw.fmr:.3g}"),
        "passes": None if flaw.passes is None else float(f"{flaw.passes:.2g}"),
        "other_passes": None if flaw.other_passes is None else float(f"{flaw.other_passes:.2g}"),
    }


def run_accept(args: ConfigOption) -> int:
    from accessctl.administration.changes import open_administration

    with open_administration(config_from(args), os.environ) as administration:
        accepted = administration.accept_gallery()
    people = "1 person is" if accepted.people == 1 else f"{accepted.people} people are"
    print(f"Accepted: the gallery counts as it is; {people} enrolled.")
    return 0


PEOPLE = Verb(
    run_people,
    PeopleOptions,
    "Lists everybody who is enrolled at this door, by name, with how many photos of them are kept "
    "and since when. Nothing is changed.",
    ("accessctl people", "accessctl people --json"),
)
PHOTOS = Verb(
    run_photos,
    PersonPhotosOptions,
    "Lists the photos of one person with their numbers, how good they are (0 to 1) and since when "
    "they are kept. `accessctl remove NAME --photo N` takes one out.",
    ("accessctl people photos Grace",),
)
SHOW = Verb(
    run_show,
    ShowOptions,
    "Shows somebody enrolled: their id, how many photos are kept, since when, and what happened "
    "to them at the door lately. Nothing is changed.",
    ("accessctl show Grace", "accessctl show Grace --json"),
)
RENAME = Verb(
    run_rename,
    RenameOptions,
    "Gives somebody enrolled another name; photos, rules and PIN stay with them.",
    ('accessctl rename Grace "Grace Hopper"',),
)
REMOVE = Verb(
    run_remove,
    RemoveOptions,
    "Removes somebody for good: photos, templates, rules, PIN and name are erased from the disk. "
    "The event log keeps a pseudonym that leads nowhere. With --photo only that photo is erased.",
    ("accessctl remove Grace", "accessctl remove Grace --photo 2"),
)
CHECK = Verb(
    run_check,
    CheckOptions,
    "Compares all stored photos and names those that do not show whom a person's others show, "
    "pictures that are stored twice, and people who look alike to the encoder, with how often "
    "each would pass for the other. Nothing is changed. Ends with 1 where somebody may be let in "
    "as somebody else.",
    ("accessctl gallery check", "accessctl gallery check --json"),
)
ACCEPT = Verb(
    run_accept,
    ConfigOption,
    "Takes the gallery as it is, although the event log has seen a newer or another one: after a "
    "backup was put back, for example. Until then the door lets nobody in. Look at who is in it "
    "first: whoever was removed since may be back. It is on record.",
    ("accessctl gallery accept",),
)
