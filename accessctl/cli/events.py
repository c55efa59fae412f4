"""`accessctl events` and `replay`: what the door wrote down, and what it would have decided."""

import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from accessctl.audit.base import follow
from accessctl.audit.opening import open_log_to_read
from accessctl.audit.views import as_json, as_text, moment
from accessctl.cli.common import (
    ConfigOption,
    JsonOption,
    SinceOption,
    config_from,
    local_time,
    print_json,
)
from accessctl.cli.front import Verb
from accessctl.cli.opening import Names, galleries_of, require_log
from accessctl.config import Config, load_config
from accessctl.domain import Event, EventKind, Outcome, Reason

if TYPE_CHECKING:
    from accessctl.policy.replay import Replayed

WAIT_FOR_LOG_S = 1.0


@dataclass(frozen=True, kw_only=True)
class EventsOptions(SinceOption, ConfigOption, JsonOption):
    person: Annotated[str | None, typer.Option(metavar="NAME", help="Only about this person.")] = (
        None
    )
    kind: Annotated[EventKind | None, typer.Option(help="Only of this kind.")] = None
    follow: Annotated[bool, typer.Option("--follow", help="Wait for more; Ctrl-C ends it.")] = False


@dataclass(frozen=True, kw_only=True)
class ReplayOptions(SinceOption, JsonOption):
    config: Annotated[
        Path, typer.Option("--config", metavar="FILE", help="The configuration to try.")
    ]
    log_of: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The configuration whose event log is read (default: the one that is tried).",
        ),
    ] = None


def run_events(args: EventsOptions) -> int:
    """Print the events that fit; 0 also when there are none. In a hub's folder they are those of
    all its doors."""
    config = config_from(args)
    if not (config.audit.file.exists() or args.follow or args.person) and _is_a_hubs(config):
        from accessctl.cli import hub

        return hub.run_events(
            hub.HubEventsOptions(
                config=args.config, json=args.json, since=args.since, kind=args.kind
            )
        )
    with ExitStack() as stack:
        galleries = galleries_of(config, stack)
        since = None if args.since is None else moment(args.since, time.time())
        person = None if args.person is None else galleries.person(args.person)
        if not _is_there(config, wait=args.follow):
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
            _show_event(event, names, args)
    return 0


def _is_a_hubs(config: Config) -> bool:
    if not config.hub.folder.exists():
        return False
    from accessctl.hub.assembly import is_made

    return is_made(config.hub)


def _is_there(config: Config, *, wait: bool) -> bool:
    # Reading must not create the log: it would belong to whoever looks, not to the door.
    file = config.audit.file
    if not file.exists():
        print(f"Nothing has been written down in {file} yet.", file=sys.stderr)
        if config.hub.folder.exists():
            print(
                "A hub is here; what happened at its doors shows: accessctl hub events",
                file=sys.stderr,
            )
    while wait and not file.exists():
        time.sleep(WAIT_FOR_LOG_S)
    return file.exists()


def _show_event(event: Event, names: Names, args: EventsOptions) -> None:
    if args.json:
        print_json(as_json(event, names))
    else:
        print(as_text(event, names), flush=args.follow)


def run_replay(args: ReplayOptions) -> int:
    """Prints the decisions that would have been others, and how many were looked at."""
    from accessctl.audit.log import EventLog
    from accessctl.policy.replay import replay
    from accessctl.recognition.calibration import comparison_fmr

    tried = config_from(args)
    own = tried if args.log_of is None else load_config(args.log_of)
    require_log(own.audit.file, "replay")
    since = None if args.since is None else moment(args.since, time.time())
    looked_at = changed = skipped = 0
    with ExitStack() as stack:
        log = stack.enter_context(EventLog(own.audit.file))
        names = Names(galleries_of(own, stack))
        events = log.query(since=since, kind=EventKind.DECISION)
        for result in replay(
            events, tried.policy, tried.access, tried.liveness.mode, comparison_fmr
        ):
            if isinstance(result, int):
                skipped += 1
                continue
            looked_at += 1
            if result.changed:
                changed += 1
                _show_replayed(result, names, args)
    if args.json:
        print_json({"decisions": looked_at, "changed": changed, "without_evidence": skipped})
    else:
        print(f"{changed} of {looked_at} decisions would have been others.{_skipped(skipped)}")
    return 0


def _show_replayed(result: "Replayed", names: Names, args: ReplayOptions) -> None:
    name = None if result.candidate is None else names(result.candidate)
    when = local_time(result.time)
    if args.json:
        print_json(
            {
                "record": result.number,
                "time": when.isoformat(timespec="milliseconds"),
                "candidate": name,
                "before": list(result.before),
                "after": None if result.after is None else list(result.after),
            }
        )
        return
    after = "undecided" if result.after is None else _words(result.after)
    who = f"  {name}" if name else ""
    print(f"{when:%Y-%m-%d %H:%M:%S}  {result.number}{who}  {_words(result.before)} -> {after}")


def _words(verdict: tuple[Outcome, Reason]) -> str:
    return f"{verdict[0].value} ({verdict[1].value})"


def _skipped(count: int) -> str:
    return f" {count} more hold no evidence to decide again." if count else ""


EVENTS = Verb(
    run_events,
    EventsOptions,
    "Shows what the door wrote down, oldest first, one event a line: decisions, changes of people "
    "and rules, and what the service did. The words below look after the log as evidence.",
    (
        "accessctl events --since 1d",
        "accessctl events --person Grace --kind decision --json",
        "accessctl events verify",
    ),
)
REPLAY = Verb(
    run_replay,
    ReplayOptions,
    "Decides every visit on record again as another configuration would, and prints those that "
    "would have ended otherwise. Nothing is changed, and nothing opens.",
    ("accessctl replay --config strict.yaml --log-of config.yaml --since 30d",),
)
