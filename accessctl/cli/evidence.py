"""`accessctl events verify | export | purge | picture` and `clock`: the event log as evidence."""

import os
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from accessctl.audit.clock_watch import confirm_clock, jump_in_words
from accessctl.audit.opening import (
    find_key,
    key_path,
    open_log,
    open_log_to_check,
    open_log_to_read,
    snapshot_folder,
)
from accessctl.audit.snapshots import Snapshots
from accessctl.audit.views import csv_lines, json_lines, moment
from accessctl.cli.common import (
    ConfigOption,
    JsonOption,
    SinceOption,
    config_from,
    days,
    in_ascii,
    local_time,
    print_json,
)
from accessctl.cli.front import Verb
from accessctl.cli.opening import Names, galleries_of, require_log
from accessctl.clock import Clocks
from accessctl.errors import InputError
from accessctl.policy.access import zone_of
from accessctl.storage.files import new_private_file
from accessctl.sync.outbox import unsent_after

if TYPE_CHECKING:
    from accessctl.audit.verify import LogReport
    from accessctl.config import Config

DAY_S = 86400.0
MACHINE = Clocks()


@dataclass(frozen=True, kw_only=True)
class EventsVerifyOptions(ConfigOption, JsonOption):
    pass


@dataclass(frozen=True, kw_only=True)
class EventsExportOptions(SinceOption, ConfigOption):
    format: Annotated[
        Literal["jsonl", "csv"], typer.Option(help="One JSON object a line, or a table.")
    ] = "jsonl"
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A new file (default: standard output)."),
    ] = None


@dataclass(frozen=True, kw_only=True)
class EventsPurgeOptions(ConfigOption):
    keep_days: Annotated[float, typer.Option(metavar="DAYS", help="What is younger stays.")]


@dataclass(frozen=True, kw_only=True)
class EventsPictureOptions(ConfigOption):
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `snapshot` in the event says.")]
    output: Annotated[Path, typer.Argument(metavar="FILE.jpg", help="A new file for the picture.")]


@dataclass(frozen=True, kw_only=True)
class ClockOptions(ConfigOption, JsonOption):
    pass


@dataclass(frozen=True, kw_only=True)
class ClockConfirmOptions(ConfigOption):
    today: Annotated[
        str,
        typer.Argument(metavar="TODAY", help="Today's date by your own calendar: 2026-01-31."),
    ]


def run_verify(args: EventsVerifyOptions) -> int:
    """0 when nothing speaks against the log, 1 when something does."""
    config = config_from(args)
    require_log(config.audit.file, "verify")
    with open_log_to_check(config.audit, os.environ) as log:
        report = log.verify()
    if args.json:
        print_json(report_json(report))
    else:
        print("\n".join(report_in_words(report)))
    return 1 if report.alarm else 0


def run_export(args: EventsExportOptions) -> int:
    config = config_from(args)
    require_log(config.audit.file, "export")
    with ExitStack() as stack:
        since = None if args.since is None else moment(args.since, time.time())
        log = stack.enter_context(open_log_to_read(config.audit))
        names = Names(galleries_of(config, stack))
        records = log.records(since)
        if args.format == "csv":
            lines = csv_lines(records, names)
        else:
            # A file is written in UTF-8, whatever the terminal's encoding is.
            lines = json_lines(records, names, in_ascii=args.output is None and in_ascii())
        if args.output is None:
            sys.stdout.writelines(lines)
            return 0
        file = stack.enter_context(new_private_file(args.output))
        for line in lines:
            # A name that is not valid Unicode is escaped, as on standard output.
            file.write(line.encode("utf-8", "backslashreplace"))
    return 0


def run_purge(args: EventsPurgeOptions, *, clocks: Clocks = MACHINE) -> int:
    config = config_from(args)
    keep_days = days(args.keep_days)
    now = time.time()
    require_log(config.audit.file, "purge")
    with open_log(config.audit, os.environ, clocks=clocks) as log:
        unsent = unsent_after(config)
        count = log.purge(now - keep_days * DAY_S, now, unsent_after=unsent)
    print(f"Removed {count} records; what is left can still be verified.")
    return 0


def run_picture(args: EventsPictureOptions) -> int:
    config = config_from(args).audit
    key = find_key(key_path(config), os.environ)
    if key is None:
        raise InputError(f"There is no audit key {key_path(config)}; restore it to see pictures.")
    jpeg = Snapshots(snapshot_folder(config), key, config.snapshots).read(args.name)
    with new_private_file(args.output) as file:
        file.write(jpeg)
    return 0


def report_json(report: "LogReport") -> dict[str, Any]:
    broken = report.broken
    return {
        "ok": not report.alarm,
        "records": report.records,
        "purged": report.purged,
        "last": report.last,
        "covered": report.covered,
        "broken": None if broken is None else {"record": broken.number, "problem": broken.problem},
        "noticed": [{"record": f.number, "problem": f.problem} for f in report.noticed],
    }


def report_in_words(report: "LogReport") -> list[str]:
    lines = [f"Read {report.records} records" + _purged(report) + "."]
    if report.broken is not None:
        lines.append(f"BROKEN at record {report.broken.number}: {report.broken.problem}.")
    lines += [
        f"Noticed when record {finding.number} was written: {finding.problem}."
        for finding in report.noticed
    ]
    if report.covered is None:
        lines.append("No audit key or head: a cut tail, or a log made anew, would not show.")
    elif report.broken is None and report.covered < report.last:
        lines.append(
            f"The head reaches to record {report.covered}; the {report.last - report.covered} "
            "after it are not sealed yet (a crash leaves that)."
        )
    if not report.alarm:
        lines.append("Nothing speaks against the log.")
    return lines


def _purged(report: "LogReport") -> str:
    return f", {report.purged} older ones were purged" if report.purged else ""


def run_clock(args: ClockOptions, *, clocks: Clocks = MACHINE) -> int:
    """0 while the clock is believed, 1 while it is not."""
    config = config_from(args)
    now = local_time(time.time(), zone_of(config.access))
    known, doubt_s = clocks.synchronised(), _doubt_s(config, clocks)
    if args.json:
        print_json(
            {
                "time": now.isoformat(timespec="seconds"),
                "synchronised": known,
                "believed": doubt_s is None,
                "jumped_s": doubt_s,
            }
        )
        return int(doubt_s is not None)
    print(f"It is {now:%Y-%m-%d %H:%M:%S %Z}.")
    print("A time server keeps it right." if known else "Nothing that is known keeps it right.")
    if doubt_s is None:
        print("The event log goes with it.")
        return 0
    print(f"It {jump_in_words(doubt_s)}; nothing is removed by its age meanwhile.")
    return 1


def run_confirm(args: ClockConfirmOptions, *, clocks: Clocks = MACHINE) -> int:
    config = config_from(args)
    require_log(config.audit.file, "confirm")
    with open_log(config.audit, os.environ, clocks=clocks) as log:
        day = confirm_clock(log, args.today, time.time(), zone_of(config.access))
    print(f"The clock is believed: today is {day}.")
    return 0


def _doubt_s(config: "Config", clocks: Clocks) -> float | None:
    if not config.audit.file.exists():
        return None
    with open_log_to_check(config.audit, os.environ, clocks=clocks) as log:
        return log.clock_doubt_seen_s()


VERIFY = Verb(
    run_verify,
    EventsVerifyOptions,
    "Reads the whole log and checks its chain of hashes and its sealed head: whether a record was "
    "changed, taken out or cut off. It ends with 1 when something speaks against the log.",
    ("accessctl events verify", "accessctl events verify --json"),
)
EXPORT = Verb(
    run_export,
    EventsExportOptions,
    "Writes the records of the log for other programs, with the names of those still enrolled.",
    ("accessctl events export --format csv --output events.csv --since 30d",),
)
PURGE = Verb(
    run_purge,
    EventsPurgeOptions,
    "Removes the oldest records for good. What is left can still be verified, and the purge is "
    "itself on record.",
    ("accessctl events purge --keep-days 90",),
)
PICTURE = Verb(
    run_picture,
    EventsPictureOptions,
    "Decrypts the picture that was kept of a decision into a new file, readable by you alone.",
    ("accessctl events picture 3f2a9c visitor.jpg",),
)
CLOCK = Verb(
    run_clock,
    ClockOptions,
    "Says what the clock shows, and whether the event log believes it: after a jump nothing is "
    "removed by its age until the clock is synchronised or confirmed. It ends with 1 until then.",
    ("accessctl clock", "accessctl clock confirm 2026-01-31"),
)
CONFIRM = Verb(
    run_confirm,
    ClockConfirmOptions,
    "Says that the clock is right, after it jumped. You name today's date, so that a wrong clock "
    "is not confirmed in passing; that you did is written down.",
    ("accessctl clock confirm 2026-01-31",),
)
