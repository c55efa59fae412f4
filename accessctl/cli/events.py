"""`accessctl events`: what the door wrote down."""

import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from accessctl.audit.base import follow
from accessctl.audit.opening import open_log_to_read
from accessctl.audit.views import as_json, as_text, moment
from accessctl.cli.common import (
    ConfigOption,
    JsonOption,
    config_from,
    print_json,
)
from accessctl.cli.event_names import Names, galleries_of
from accessctl.cli.events_check import SinceOption
from accessctl.cli.front import Verb
from accessctl.domain import Event, EventKind

WAIT_FOR_LOG_S = 1.0


@dataclass(frozen=True, kw_only=True)
class EventsOptions(SinceOption, ConfigOption, JsonOption):
    person: Annotated[str | None, typer.Option(metavar="NAME", help="Only about this person.")] = (
        None
    )
    kind: Annotated[EventKind | None, typer.Option(help="Only of this kind.")] = None
    follow: Annotated[bool, typer.Option("--follow", help="Wait for more; Ctrl-C ends it.")] = False


def run(args: EventsOptions) -> int:
    """Print the events that fit; 0 also when there are none."""

    config = config_from(args)
    with ExitStack() as stack:
        galleries = galleries_of(config, stack)
        since = None if args.since is None else moment(args.since, time.time())
        person = None if args.person is None else galleries.person(args.person)
        if not _is_there(config.audit.file, wait=args.follow):
            return 0
        log = stack.enter_context(open_log_to_read(config.audit))
        names = Names(galleries)
        events = follow(
            log,
            0,
            time.sleep,
            lambda: not args.follow,
            since=since,
            person=person,
            kind=args.kind,
        )
        for _, event in events:
            _show(event, names, args)
    return 0


def _is_there(file: Path, *, wait: bool) -> bool:
    # Reading must not create the log: it would belong to whoever looks, not to the door.
    if not file.exists():
        print(f"Nothing has been written down in {file} yet.", file=sys.stderr)
    while wait and not file.exists():
        time.sleep(WAIT_FOR_LOG_S)
    return file.exists()


def _show(event: Event, names: "Names", args: EventsOptions) -> None:

    if args.json:
        print_json(as_json(event, names))
    else:
        print(as_text(event, names), flush=args.follow)


EVENTS = Verb(
    run,
    EventsOptions,
    "Shows what the door wrote down, oldest first, one event a line: decisions, changes of people "
    "and rules, and what the service did. The words below look after the log as evidence.",
    (
        "accessctl events --since 1d",
        "accessctl events --person Grace --kind decision --json",
        "accessctl events verify",
    ),
)
