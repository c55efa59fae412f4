"""`accessctl badge set | remove | list | show | present`: who claims to be whom by which number."""

import os
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Annotated, Any

import typer

from accessctl.administration.badges import BadgeAdministration, BadgeHeld
from accessctl.administration.changes import Administration, DeferredLog, open_administration
from accessctl.cli.common import (
    ConfigOption,
    JsonOption,
    config_from,
    local_time,
    print_json,
    print_table,
    read_unseen,
)
from accessctl.cli.front import Verb
from accessctl.cli.opening import gallery_to_read
from accessctl.config import Config
from accessctl.control.client import ask
from accessctl.errors import FaultError, InputError
from accessctl.gallery.badges import MOST_CHARACTERS, mark_of
from accessctl.reader.serial_line import numbers
from accessctl.storage.parsing import printable
from accessctl.sync import pass_wire

PATIENCE_S = 30.0
"""So long somebody has to hold a badge before the reader."""

ASK_EVERY_S = 0.3
Ask = Callable[..., Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class ReaderOption:
    """Where a badge's number comes from."""

    reader: Annotated[
        bool,
        typer.Option(
            "--reader",
            help="Show the badge to the reader at the door; else its number is read here.",
        ),
    ] = False


@dataclass(frozen=True, kw_only=True)
class BadgeSetOptions(ConfigOption, ReaderOption):
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose badge it is.")]


@dataclass(frozen=True, kw_only=True)
class BadgeRemoveOptions(ConfigOption):
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose badge it is.")]
    badge: Annotated[
        str | None,
        typer.Argument(metavar="[BADGE]", help="As `badge list` calls it; default: all of them."),
    ] = None


@dataclass(frozen=True, kw_only=True)
class BadgeListOptions(ConfigOption, JsonOption):
    pass


@dataclass(frozen=True, kw_only=True)
class BadgeShowOptions(ConfigOption, JsonOption, ReaderOption):
    pass


def run_set(args: BadgeSetOptions, *, ask: Ask = ask, patience_s: float = PATIENCE_S) -> int:
    config = config_from(args)
    with open_administration(config, os.environ) as administration:
        # Before anything is read: a name that nobody has.
        administration.person(args.name)
        digest = _digest(config, administration.badges, args, ask, patience_s)
        return add_badge_by(administration.badges, args.name, digest)


def add_badge_by(badges: BadgeAdministration, name: str, digest: bytes) -> int:
    held = badges.add(name, digest)
    print(f"{printable(held.person.name)} has the badge {held.badge.mark}.")
    return 0


def run_remove(args: BadgeRemoveOptions) -> int:
    with open_administration(config_from(args), os.environ) as administration:
        return remove_badges_by(administration.badges, args.name, args.badge)


def remove_badges_by(badges: BadgeAdministration, name: str, mark: str | None) -> int:
    for gone in badges.remove(name, mark):
        print(f"{printable(gone.person.name)} has the badge {gone.badge.mark} no more.")
    return 0


def run_list(args: BadgeListOptions) -> int:
    config = config_from(args)
    held = _read(config, lambda badges: badges.held())
    return show_badges(held, args, "accessctl badge set NAME")


def show_badges(held: Sequence[BadgeHeld], args: JsonOption, first: str) -> int:
    """`first` is the command that gives a badge where nobody has one."""
    if args.json:
        for one in held:
            print_json(_json(one))
    elif held:
        rows = [(printable(one.person.name), one.badge.mark, _since(one)) for one in held]
        print_table(("NAME", "BADGE", "SINCE"), rows)
    else:
        print(f"Nobody has a badge; {first} gives one.")
    return 0


def run_show(args: BadgeShowOptions, *, ask: Ask = ask, patience_s: float = PATIENCE_S) -> int:
    """Nothing is changed, and nothing written down."""
    config = config_from(args)

    def found(badges: BadgeAdministration) -> tuple[bytes, BadgeHeld | None]:
        digest = _digest(config, badges, args, ask, patience_s)
        return digest, badges.owner_of(digest)

    digest, owner = _read(config, found)
    if args.json:
        nobody = {"person": None, "id": None, "badge": mark_of(digest), "since": None}
        print_json(nobody if owner is None else _json(owner))
    elif owner is None:
        print(f"The badge {mark_of(digest)} is nobody's.")
    else:
        name = printable(owner.person.name)
        print(f"The badge {owner.badge.mark} is {name}'s since {_since(owner)}.")
    return 0


def run_present(args: ConfigOption, *, ask: Ask = ask) -> int:
    number = read_unseen("Badge: ", "badge's number or pass", pass_wire.MOST_CHARACTERS + 2)
    print(ask(config_from(args).service.socket, "badge", number=number)["message"])
    return 0


def read_badge() -> str:
    """The number of a badge as it is typed, unseen, or stands on standard input; InputError."""
    return read_unseen("Badge: ", "badge's number", MOST_CHARACTERS + 2)


def _read(config: Config, what: Callable[[BadgeAdministration], Any]) -> Any:
    with gallery_to_read(config) as gallery, DeferredLog(config.audit, os.environ) as audit:
        return what(Administration(gallery, audit, time.time).badges)


def _digest(
    config: Config,
    badges: BadgeAdministration,
    args: ReaderOption,
    ask: Ask,
    patience_s: float,
) -> bytes:
    """What stands for the number that is read, here or at the door."""
    if not args.reader:
        return badges.digest_of(read_badge())
    print("Hold the badge before the reader ...", flush=True)
    line = config.badges.serial
    try:
        return _at_the_door(config, badges.gallery_id(), ask, patience_s)
    except FaultError:
        if line is None:
            raise
    return badges.digest_of(_at_the_line(line, config.badges.baud, patience_s))


def _at_the_door(config: Config, gallery: str, ask: Ask, patience_s: float) -> bytes:
    """From the running door, which holds the reader; FaultError where none runs."""
    ticket, until = secrets.token_hex(16), time.monotonic() + patience_s
    for turn in count():
        time.sleep(ASK_EVERY_S if turn else 0.0)
        answer = ask(config.service.socket, "badge-learn", ticket=ticket)
        if answer.get("gallery") != gallery:
            raise InputError(
                f"The door that runs on {config.service.socket} has another gallery; stop it, or "
                "write the badge's number to standard input."
            )
        if answer.get("digest") is not None:
            return bytes.fromhex(str(answer["digest"]))
        if time.monotonic() >= until:
            break
    raise _nothing_read(patience_s)


def _at_the_line(line: Path, baud: int, patience_s: float) -> str:
    """From the serial line itself, which no door holds; LineError."""
    until = time.monotonic() + patience_s
    for number in numbers(line, baud, lambda: time.monotonic() < until):
        if number:
            return number
    raise _nothing_read(patience_s)


def _nothing_read(patience_s: float) -> InputError:
    return InputError(
        f"No badge was read in {patience_s:.0f} s; nothing was changed. `accessctl doctor` says "
        "whether the reader is there."
    )


def _json(held: BadgeHeld) -> dict[str, Any]:
    since = local_time(held.badge.added).isoformat(timespec="minutes")
    return {
        "person": held.person.name,
        "id": held.person.id,
        "badge": held.badge.mark,
        "since": since,
    }


def _since(held: BadgeHeld) -> str:
    return f"{local_time(held.badge.added):%Y-%m-%d %H:%M}"


SET = Verb(
    run_set,
    BadgeSetOptions,
    "Gives somebody enrolled one more badge: a card, a QR code or a user number that says who they "
    "claim to be. The number is read from the terminal unseen, from standard input, or by the "
    "reader at the door; never from the command line. Kept is a keyed hash of it.",
    ("accessctl badge set Grace", "accessctl badge set Grace --reader"),
)
REMOVE = Verb(
    run_remove,
    BadgeRemoveOptions,
    "Takes away one badge of somebody, or all of them. It is written down, and the running door "
    "knows it within a second.",
    ("accessctl badge remove Grace", "accessctl badge remove Grace 1f0c93ab"),
)
LIST = Verb(
    run_list,
    BadgeListOptions,
    "Lists who has which badge since when. A badge is called by the first digits of its keyed "
    "hash, as in the event log; its number is kept nowhere.",
    ("accessctl badge list", "accessctl badge list --json"),
)
SHOW = Verb(
    run_show,
    BadgeShowOptions,
    "Says whose a badge is, and so tries the reader at the door: nothing opens, and nothing is "
    "changed. The number is read as by `badge set`.",
    ("accessctl badge show", "accessctl badge show --reader"),
)
PRESENT = Verb(
    run_present,
    ConfigOption,
    "Gives the running door the number of a badge, as a reader would: whoever stands there alone "
    "is compared with its person. It is read from the terminal unseen, or from standard input.",
    ("accessctl badge present", "qr-reader | accessctl badge present"),
)
