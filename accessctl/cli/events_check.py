"""`accessctl events verify | export | purge | picture`: the log as evidence."""

import argparse
import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accessctl.cli.common import config_from, print_json
from accessctl.errors import InputError

if TYPE_CHECKING:
    from accessctl.audit.verify import LogReport

DAY_S = 86400.0


def add_parsers(subparsers: Any) -> None:
    verify = subparsers.add_parser("verify", help="find the first record that was tampered with")
    verify.set_defaults(func=run_verify)
    export = subparsers.add_parser("export", help="write the log for other programs")
    export.add_argument("--format", choices=("jsonl", "csv"), default="jsonl")
    export.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    export.set_defaults(func=run_export)
    purge = subparsers.add_parser("purge", help="remove the oldest records for good")
    purge.add_argument(
        "--keep-days", type=float, metavar="DAYS", required=True, help="what is younger stays"
    )
    purge.set_defaults(func=run_purge)
    picture = subparsers.add_parser("picture", help="decrypt the picture of a decision")
    picture.add_argument("name", metavar="NAME", help="as `snapshot` in the event says")
    picture.add_argument("output", type=Path, metavar="FILE.jpg")
    picture.set_defaults(func=run_picture)
    for parser in (verify, export, purge, picture):
        # What was given before the word must not be lost to a default after it.
        parser.add_argument("--config", type=Path, default=argparse.SUPPRESS, metavar="FILE")
        parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
        parser.add_argument("--since", metavar="WHEN", default=argparse.SUPPRESS)


def run_verify(args: argparse.Namespace) -> int:
    """0 when nothing speaks against the log, 1 when something does."""
    from accessctl.audit.opening import open_log_to_check

    config = config_from(args)
    if not config.audit.file.exists():
        raise InputError(f"There is no event log {config.audit.file}; nothing to verify.")
    with open_log_to_check(config.audit, os.environ) as log:
        report = log.verify()
    if args.json:
        print_json(as_json(report))
    else:
        print("\n".join(in_words(report)))
    return 1 if report.alarm else 0


def run_export(args: argparse.Namespace) -> int:
    from accessctl.audit.log import EventLog
    from accessctl.audit.views import csv_lines, json_lines, moment
    from accessctl.cli.event_names import Names, galleries_of

    config = config_from(args)
    if not config.audit.file.exists():
        raise InputError(f"There is no event log {config.audit.file}; nothing to export.")
    with ExitStack() as stack:
        since = None if args.since is None else moment(args.since, time.time())
        log = stack.enter_context(EventLog(config.audit.file))
        names = Names(galleries_of(config, stack))
        lines = csv_lines if args.format == "csv" else json_lines
        out = sys.stdout
        if args.output is not None:
            # What is no character is escaped, as on standard output.
            file, errors = _new_file(args.output), "backslashreplace"
            text = os.fdopen(file, "w", encoding="utf-8", errors=errors, newline="")
            out = stack.enter_context(text)
        for line in lines(log.records(since), names):
            out.write(line)
    return 0


def run_purge(args: argparse.Namespace) -> int:
    from accessctl.audit.opening import open_log

    config = config_from(args)
    if not args.keep_days >= 0:
        raise InputError("--keep-days is a number of days, 0 or more.")
    now = time.time()
    if not config.audit.file.exists():
        raise InputError(f"There is no event log {config.audit.file}; nothing to purge.")
    with open_log(config.audit, os.environ) as log:
        count = log.purge(now - args.keep_days * DAY_S, now)
    print(f"Removed {count} records; what is left can still be verified.")
    return 0


def run_picture(args: argparse.Namespace) -> int:
    from accessctl.audit.opening import find_key, key_path, snapshot_folder
    from accessctl.audit.snapshots import Snapshots

    config = config_from(args).audit
    key = find_key(key_path(config), os.environ)
    if key is None:
        raise InputError(f"There is no audit key {key_path(config)}; restore it to see pictures.")
    jpeg = Snapshots(snapshot_folder(config), key, config.snapshots).read(args.name)
    with os.fdopen(_new_file(args.output), "wb") as file:
        file.write(jpeg)
    return 0


def as_json(report: "LogReport") -> dict[str, Any]:
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


def in_words(report: "LogReport") -> list[str]:
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


def _new_file(path: Path) -> int:
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise InputError(
            f"Cannot write {path} ({error.strerror}); name a new file in a folder of yours."
        ) from error
