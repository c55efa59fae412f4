"""`accessctl hub held`, `decide`, `removals`: what waits for a decision, or for the doors."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from accessctl.cli.common import ConfigOption, local_time, print_json, print_table
from accessctl.cli.doorway import operator
from accessctl.cli.front import Verb
from accessctl.cli.hub import HubListOptions, opened_hub
from accessctl.errors import InputError
from accessctl.storage.files import new_private_file
from accessctl.storage.parsing import printable

if TYPE_CHECKING:
    from accessctl.hub.held import HeldProposal

CAUSES = {
    "name": "somebody else has that name, or one that looks like it",
    "face": "the photo shows somebody enrolled already",
    "groups": "the door has groups, and somebody new is in none",
    "follows": "it changes somebody who is held",
}


@dataclass(frozen=True, kw_only=True)
class DecideOptions(ConfigOption):
    id: Annotated[int, typer.Argument(metavar="ID", help="As `accessctl hub held` lists it.")]
    take: Annotated[
        str | None, typer.Option(metavar="NAME", help="It is somebody new, of this name.")
    ] = None
    group: Annotated[
        list[str] | None,
        typer.Option(metavar="GROUP", help="With --take: they are in it; may be given again."),
    ] = None
    add_to: Annotated[
        str | None, typer.Option(metavar="NAME", help="The photos show whoever has this name.")
    ] = None
    drop: Annotated[bool, typer.Option("--drop", help="Nothing of it counts.")] = False
    picture: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Decide nothing; write the photo to a new file."),
    ] = None


def run_held(args: HubListOptions) -> int:
    with opened_hub(args) as hub:
        held = hub.held.listed()
    if args.json:
        for one in held:
            print_json(_json(one))
    elif held:
        print_table(("ID", "DOOR", "WHEN", "WHO", "CHANGE", "WHY"), map(_cells, held))
    else:
        print("Nothing waits for somebody to decide.")
    return 0


def _cells(held: "HeldProposal") -> tuple[str, ...]:
    why = CAUSES[held.cause] + ("" if held.like is None else f": {held.like}")
    when = f"{local_time(held.time):%Y-%m-%d %H:%M}"
    cells = (str(held.number), held.door, when, held.name, held.change, why)
    return tuple(map(printable, cells))


def _json(held: "HeldProposal") -> dict[str, Any]:
    return {
        "id": held.number,
        "door": held.door,
        "time": local_time(held.time).isoformat(timespec="seconds"),
        "person": held.name,
        "person_id": held.person,
        "change": held.change,
        "cause": held.cause,
        "like": held.like,
    }


def run_decide(args: DecideOptions) -> int:
    ways = [args.take is not None, args.add_to is not None, args.drop, args.picture is not None]
    if sum(ways) != 1:
        raise InputError("Give one of --take NAME, --add-to NAME, --drop and --picture FILE.")
    if args.group and args.take is None:
        raise InputError("--group says in which groups somebody new is: give it with --take NAME.")
    who = operator(os.environ, os.getuid())
    with opened_hub(args) as hub:
        if args.take is not None:
            name = hub.held.take(args.id, args.take, who, args.group or ())
            print(f"{printable(name)} is enrolled at the site.")
        elif args.add_to is not None:
            name = hub.held.add_to(args.id, args.add_to, who)
            print(f"The photos are {printable(name)}'s.")
        elif args.picture is not None:
            _write(hub.held.picture(args.id, who), args.picture)
        else:
            hub.held.drop(args.id, who)
            print("Nothing of it counts, and nothing of it is kept.")
    return 0


def _write(jpeg: bytes | None, file: Path) -> None:
    if jpeg is None:
        raise InputError("There is no photo with it.")
    with new_private_file(file) as out:
        out.write(jpeg)
    print(f"The photo is in {file}; remove the file when you have looked at it.")


def run_removals(args: HubListOptions) -> int:
    with opened_hub(args) as hub:
        removals = hub.removals.listed()
    if args.json:
        for one in removals:
            print_json(
                {
                    "person": one.person,
                    "time": local_time(one.time).isoformat(timespec="seconds"),
                    "signed": list(one.signed),
                    "owed": list(one.owed),
                    "lost": list(one.lost),
                }
            )
    elif removals:
        head = ("REMOVED", "ID", "SIGNED", "OWED", "REVOKED OWING")
        rows = [
            (
                f"{local_time(one.time):%Y-%m-%d %H:%M}",
                one.person,
                *(", ".join(names) or "-" for names in (one.signed, one.owed, one.lost)),
            )
            for one in removals
        ]
        print_table(head, rows)
    else:
        print("Nobody was removed yet.")
    return 0


HELD = Verb(
    run_held,
    HubListOptions,
    "Lists what doors propose and what counts nowhere until somebody decides: somebody new whose "
    "name is taken or whose photo shows somebody enrolled already, and a photo that shows somebody "
    "else than its person.",
    ("accessctl hub held", "accessctl hub held --json"),
)
DECIDE = Verb(
    run_decide,
    DecideOptions,
    "Decides what is held, all of one new person together: it is somebody new, or the photos are "
    "of somebody enrolled, or nothing of it counts. With --picture the photo is written to a file, "
    "to look at before. All of it is written down.",
    (
        "accessctl hub decide 3 --picture look.jpg",
        'accessctl hub decide 3 --take "Grace M. Hopper" --group staff',
        "accessctl hub decide 3 --add-to Grace",
        "accessctl hub decide 3 --drop",
    ),
)
REMOVALS = Verb(
    run_removals,
    HubListOptions,
    "Lists who was removed, by the id alone, the latest first: which doors have signed that "
    "nothing of them is left there, which still owe it, and which were revoked before they did.",
    ("accessctl hub removals",),
)
