"""`accessctl events`: what the door wrote down."""

import argparse
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accessctl.cli.common import add_config, add_json, config_from, print_json
from accessctl.cli.events_check import add_parsers
from accessctl.domain import Event, EventKind

if TYPE_CHECKING:
    from accessctl.cli.event_names import Names

WAIT_FOR_LOG_S = 1.0


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("events", help="show what the door wrote down")
    parser.add_argument(
        "--since", metavar="WHEN", help="30m, 1h, 2d (that long ago) or 2026-01-31[T18:30]"
    )
    parser.add_argument("--person", metavar="NAME", help="only about this person")
    parser.add_argument("--kind", choices=[kind.value for kind in EventKind])
    parser.add_argument("--follow", action="store_true", help="wait for more; Ctrl-C ends it")
    add_json(parser)
    add_config(parser)
    parser.set_defaults(func=run)
    add_parsers(parser.add_subparsers(metavar="[verify | export | purge | picture]"))


def run(args: argparse.Namespace) -> int:
    """Print the events that fit; 0 also when there are none."""
    from accessctl.audit.base import follow
    from accessctl.audit.log import EventLog
    from accessctl.audit.views import moment
    from accessctl.cli.event_names import Names, galleries_of

    config = config_from(args)
    with ExitStack() as stack:
        galleries = galleries_of(config, stack)
        since = None if args.since is None else moment(args.since, time.time())
        person = None if args.person is None else galleries.person(args.person)
        kind = None if args.kind is None else EventKind(args.kind)
        if not _is_there(config.audit.file, wait=args.follow):
            return 0
        log = stack.enter_context(EventLog(config.audit.file))
        names = Names(galleries)
        events = follow(
            log,
            0,
            time.sleep,
            lambda: not args.follow,
            since=since,
            person=person,
            kind=kind,
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


def _show(event: Event, names: "Names", args: argparse.Namespace) -> None:
    from accessctl.audit.views import as_json, as_text

    if args.json:
        print_json(as_json(event, names))
    else:
        print(as_text(event, names), flush=args.follow)
