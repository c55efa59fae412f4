"""`accessctl hub pass` and `hub passes`: what visitors show a reader as a QR code."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from accessctl.cli.common import ConfigOption, JsonOption, local_time, print_json, print_table
from accessctl.cli.front import Verb
from accessctl.cli.hub import HubListOptions, opened_hub
from accessctl.cli.hub_privacy import who_operates
from accessctl.domain import PersonRules
from accessctl.errors import InputError
from accessctl.policy.access import beginning, ending, zone_of
from accessctl.storage.files import new_private_file
from accessctl.storage.parsing import printable

if TYPE_CHECKING:
    from accessctl.hub.assembly import Hub
    from accessctl.hub.pass_rows import KeptPass

PICTURES = (".svg", ".png")
PIXELS = 8
"""Of a PNG for each module of the code."""


@dataclass(frozen=True, kw_only=True)
class HubPassOptions(ConfigOption, JsonOption):
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who is enrolled and shall come.")]
    end: Annotated[
        str, typer.Option("--until", metavar="DATE", help="A day is meant with all of it.")
    ]
    begin: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="DATE", help="2026-01-31 or 2026-01-31T18:30; default: now."
        ),
    ] = None
    door: Annotated[
        list[str] | None,
        typer.Option(metavar="DOOR", help="Only at this door, and those of further --door."),
    ] = None
    group: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GROUP",
            help="Only while they are in this group, or in one of further --group.",
        ),
    ] = None
    picture: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A new file for the QR code, .svg or .png."),
    ] = None


@dataclass(frozen=True, kw_only=True)
class HubPassesOptions(HubListOptions):
    withdraw: Annotated[
        str | None,
        typer.Option(metavar="PASS", help="Let this one count no more; as the list calls it."),
    ] = None


def run_pass(args: HubPassOptions) -> int:
    from accessctl.hub.passes import PassWish

    if args.picture is not None and args.picture.suffix.lower() not in PICTURES:
        raise InputError(f"{args.picture} is no picture; name a file that ends in .svg or .png.")
    with _picture_at(args.picture) as draw, opened_hub(args) as hub:
        zone = zone_of(hub.site.access())
        begins = hub.now() if args.begin is None else beginning(args.begin, zone)
        ends = ending(args.end, zone)
        wish = PassWish(begins, ends, tuple(args.door or ()), tuple(args.group or ()))
        person = hub.people.person(args.name)
        made = hub.passes.make(args.name, wish, who_operates())
        text = hub.passes.text_of(made)
        draw(text)
        doors = _doors(hub)
        rules = hub.people.rules().get(person.id, PersonRules())
    if args.json:
        print_json({**_json(made, person.name, doors, zone), "text": text})
        return 0
    print(f"Pass {made.mark} of {printable(person.name)}: {_in_words(made, doors, zone)}.")
    print(text)
    if args.picture is None and sys.stdout.isatty():
        _show(text)
    if rules.valid_until is None or rules.valid_until > made.ends:
        print(
            f"{printable(person.name)} may come in without it, too, as their own rules say: "
            "accessctl hub people rules NAME --until DATE"
        )
    return 0


def run_passes(args: HubPassesOptions) -> int:
    with opened_hub(args) as hub:
        zone = zone_of(hub.site.access())
        if args.withdraw is not None:
            gone = hub.passes.withdraw(hub.passes.find(args.withdraw).id, who_operates())
            print(f"The pass {gone.mark} counts no more, at each door once it has heard of it.")
            return 0
        names = {str(person.id): person.name for person in hub.people.people()}
        listed, doors, now = hub.passes.listed(), _doors(hub), hub.now()
    if args.json:
        for one in listed:
            print_json(_json(one, names[one.person], doors, zone))
    elif listed:
        rows = [_cells(one, names[one.person], doors, now, zone) for one in listed]
        print_table(("PASS", "NAME", "FROM", "UNTIL", "WHERE", "STATE"), rows)
    else:
        print("There is no pass; accessctl hub pass NAME --until DATE makes one.")
    return 0


def _doors(hub: "Hub") -> Mapping[str, str]:
    """The names of all that ever joined, by their ids."""
    return {door.id: door.name for door in hub.doors.listed()}


@contextmanager
def _picture_at(path: Path | None) -> Iterator[Callable[[str], object]]:
    """What draws the code of a text into a new file; no pass is made where it cannot be."""
    if path is None:
        yield lambda _: None
        return
    from accessctl.console.pass_codes import pass_code

    kind = path.suffix.lower()[1:]
    with new_private_file(path) as file:
        yield lambda text: pass_code(text).save(file, kind=kind, scale=PIXELS, light="#fff")


def _show(text: str) -> None:
    from accessctl.console.pass_codes import pass_code

    pass_code(text).terminal(compact=True)


def _in_words(made: "KeptPass", doors: Mapping[str, str], zone: tzinfo | None) -> str:
    span = f"from {_minute(made.begins, zone)} until {_minute(made.ends, zone)}"
    return f"{span}, {_where(made, doors)}"


def _where(made: "KeptPass", doors: Mapping[str, str]) -> str:
    if made.groups:
        return printable(f"while in {' or '.join(made.groups)}")
    return printable(", ".join(doors[door] for door in made.doors)) or "every door"


def _cells(
    one: "KeptPass", name: str, doors: Mapping[str, str], now: float, zone: tzinfo | None
) -> Sequence[str]:
    if one.withdrawn is not None:
        state = "withdrawn"
    elif now < one.begins:
        state = "not yet"
    else:
        state = "counts" if now < one.ends else "over"
    begins, ends = _minute(one.begins, zone), _minute(one.ends, zone)
    return one.mark, printable(name), begins, ends, _where(one, doors), state


def _json(
    one: "KeptPass", name: str, doors: Mapping[str, str], zone: tzinfo | None
) -> dict[str, Any]:
    def told(epoch: float) -> str:
        return local_time(epoch, zone).isoformat(timespec="minutes")

    return {
        "pass": one.id,
        "person": name,
        "id": one.person,
        "from": told(one.begins),
        "until": told(one.ends),
        "doors": [doors[door] for door in one.doors],
        "groups": list(one.groups),
        "withdrawn": None if one.withdrawn is None else told(one.withdrawn),
    }


def _minute(epoch: float, zone: tzinfo | None) -> str:
    return f"{local_time(epoch, zone):%Y-%m-%d %H:%M}"


PASS = Verb(
    run_pass,
    HubPassOptions,
    "Makes a pass for somebody who is enrolled: a QR code, signed by the hub, that says who they "
    "are from one date to another. Doors check it themselves, also without the hub. As a badge it "
    "proves nothing: their face has to fit, and all rules hold. Printed is what the code says; on "
    "a terminal the code itself, or with --picture into a file, for a printer or a telephone.",
    (
        "accessctl hub pass Grace --until 2026-12-31",
        "accessctl hub pass Grace --from 2026-12-01 --until 2026-12-03 --door lab --picture g.svg",
    ),
)
PASSES = Verb(
    run_passes,
    HubPassesOptions,
    "Lists the passes of visitors: whose, from when to when and where they count, until a day "
    "after their end. With --withdraw one counts no more, at each door as soon as it hears of it.",
    ("accessctl hub passes", "accessctl hub passes --withdraw 1f0c93ab"),
)
