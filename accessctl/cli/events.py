"""`accessctl events`: what the door wrote down."""

import argparse
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from accessctl.cli.common import add_config, add_json, config_from, print_json
from accessctl.domain import EventKind, Person, PersonId

if TYPE_CHECKING:
    from accessctl.config import Config

WAIT_FOR_LOG_S = 1.0


class People(Protocol):
    """What is needed of a gallery here."""

    def people(self) -> list[Person]: ...
    def revision(self) -> int: ...


class Names:
    """Person id to name over several galleries, read again when somebody is new."""

    def __init__(self, galleries: list[People]) -> None:
        self._galleries = galleries
        self._revisions: list[int] = []
        self._names: dict[PersonId, str] = {}

    def __call__(self, person: PersonId) -> str | None:
        if person not in self._names:
            self._refresh()
        return self._names.get(person)

    def _refresh(self) -> None:
        revisions = [gallery.revision() for gallery in self._galleries]
        if revisions != self._revisions:
            self._revisions = revisions
            self._names = {
                person.id: person.name for gallery in self._galleries for person in gallery.people()
            }


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("events", help="show what the door wrote down")
    parser.add_argument(
        "--since", metavar="WHEN", help="30m, 1h, 2d (that long ago) or 2026-01-31[T18:30]"
    )
    parser.add_argument("--person", metavar="NAME", help="only about this person")
    parser.add_argument("--kind", choices=[kind.value for kind in EventKind])
    parser.add_argument("--follow", action="store_true", help="wait for more; Ctrl-C ends it")
    add_json(parser)
    add_config(parser)
    parser.set_defaults(func=events)


def events(args: argparse.Namespace) -> int:
    """Print the events that fit; 0 also when there are none."""
    from accessctl.audit.since import moment

    config = config_from(args)
    since = None if args.since is None else moment(args.since, time.time())
    kind = None if args.kind is None else EventKind(args.kind)
    with ExitStack() as stack:
        name_of, person_named = _names(config, stack)
        person = None if args.person is None else person_named(args.person)
        return _show(config.audit.file, args, name_of, (since, person, kind))


def _show(
    file: Path,
    args: argparse.Namespace,
    name_of: Callable[[PersonId], str | None],
    filters: tuple[float | None, PersonId | None, EventKind | None],
) -> int:
    from accessctl.audit.follow import follow
    from accessctl.audit.log import EventLog
    from accessctl.audit.views import as_json, as_text

    since, person, kind = filters
    if not file.exists():
        print(f"Nothing has been written down in {file} yet.", file=sys.stderr)
        # Reading must not create the log: it would belong to whoever looks, not to the door.
        while not file.exists():
            if not args.follow:
                return 0
            time.sleep(WAIT_FOR_LOG_S)
    with EventLog(file) as log:
        for _, event in follow(
            log,
            0,
            time.sleep,
            lambda: not args.follow,
            since=since,
            person=person,
            kind=kind,
        ):
            if args.json:
                print_json(as_json(event, name_of))
            else:
                print(as_text(event, name_of), flush=args.follow)
    return 0


def _names(
    config: "Config", stack: ExitStack
) -> tuple[Callable[[PersonId], str | None], Callable[[str], PersonId]]:
    """How to find a person's name, and the person of a name."""
    from accessctl.errors import FaultError, UnknownPersonError
    from accessctl.gallery.opening import open_gallery
    from accessctl.gallery.store import FILE_NAME, Gallery

    demo = config.gallery.model_copy(update={"folder": config.audit.file.parent / "demo"})
    galleries: list[Gallery] = []
    fault: FaultError | None = None
    for place in (config.gallery, demo):
        # Opening would make one that is not there.
        if not (place.folder / FILE_NAME).exists():
            continue
        try:
            galleries.append(stack.enter_context(open_gallery(place)))
        except FaultError as error:
            fault = error

    def person_named(name: str) -> PersonId:
        unknown: UnknownPersonError | None = None
        for gallery in galleries:
            try:
                return gallery.person(name).id
            except UnknownPersonError as error:
                unknown = unknown or error
        if fault is not None:
            raise fault
        raise unknown or UnknownPersonError(f"Nobody called {name!r} is enrolled.")

    names = Names(list(galleries))
    if fault is None:
        return names, person_named
    print(f"accessctl: people are shown by their ids. {fault}", file=sys.stderr)
    return (lambda person: names(person) or person), person_named
