"""`accessctl replay`: what another configuration would have decided."""

import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from accessctl.audit.log import EventLog
from accessctl.audit.views import moment
from accessctl.cli.common import JsonOption, config_from, print_json
from accessctl.cli.event_names import Names, galleries_of
from accessctl.cli.events_check import SinceOption
from accessctl.cli.front import Verb
from accessctl.config import load_config
from accessctl.domain import EventKind, Outcome, Reason
from accessctl.errors import InputError
from accessctl.policy.replay import replay
from accessctl.recognition.calibration import comparison_fmr

if TYPE_CHECKING:
    from accessctl.policy.replay import Replayed


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


def run(args: ReplayOptions) -> int:
    """Prints the decisions that would have been others, and how many were looked at."""

    tried = config_from(args)
    own = tried if args.log_of is None else load_config(args.log_of)
    if not own.audit.file.exists():
        raise InputError(f"There is no event log {own.audit.file}; nothing to replay.")
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
                _show(result, names, args)
    if args.json:
        print_json({"decisions": looked_at, "changed": changed, "without_evidence": skipped})
    else:
        print(f"{changed} of {looked_at} decisions would have been others.{_skipped(skipped)}")
    return 0


def _show(result: "Replayed", names: "Names", args: ReplayOptions) -> None:
    name = None if result.candidate is None else names(result.candidate)
    when = datetime.fromtimestamp(result.time).astimezone()
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


REPLAY = Verb(
    run,
    ReplayOptions,
    "Decides every visit on record again as another configuration would, and prints those that "
    "would have ended otherwise. Nothing is changed, and nothing opens.",
    ("accessctl replay --config strict.yaml --log-of config.yaml --since 30d",),
)
