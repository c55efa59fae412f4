"""How many doors one hub bears: N doors in processes of this machine, the doors' own code, one hub.

    python -m benchmarks.site [--doors N] [--people M] [--embedded] [--busy] [--write]

The full size is `--doors 1000 --people 10000`. Doors, hub and database share the machine, so what
the doors take is told beside what the hub takes. --write puts table and figures into docs/results/.
"""

import argparse
import datetime
import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from accessctl.cli.common import table
from accessctl.hub.assembly import open_hub
from accessctl.hub.verify import verify_site
from benchmarks.bars.processes import Usage
from benchmarks.bars.site_people import Measure, measured
from benchmarks.bars.site_rig import SiteRig, site_rig, stopwatch

RESULTS = Path(__file__).parents[1] / "docs" / "results"
MB = 1 << 20
BUSY = (
    "**The machine did other things meanwhile: this shows that the measurement runs, not what a "
    "hub bears.**"
)


@dataclass(frozen=True, slots=True)
class SiteRun:
    """One run of this measurement; `limit` says what bounds it, as far as its figures tell."""

    date: str
    command: str
    machine: str
    database: str
    doors: int
    people: int
    measures: tuple[Measure, ...]
    limit: str
    is_busy: bool = False


def joining(rig: SiteRig, _: argparse.Namespace) -> list[Measure]:
    with open_hub(rig.config, {}) as hub:
        codes = {name: hub.doors.invite(name).code for name in rig.names}
        fingerprint = hub.authority.fingerprint
    with stopwatch() as took:
        times = rig.doors.ask("join", codes=codes, fingerprint=fingerprint)
    return [
        Measure("doors that joined a second", len(times) / took[0], "/s"),
        Measure("a door joins, median", 1000 * float(np.median(times)), "ms", "all at once"),
    ]


def rush(rig: SiteRig, options: argparse.Namespace) -> list[Measure]:
    return _sent(rig, options.events, f"{options.events} records at each door at once")


def week_away(rig: SiteRig, options: argparse.Namespace) -> list[Measure]:
    note = f"{options.away} records at each door, all come back at once"
    return _sent(rig, options.away, note)


def _sent(rig: SiteRig, count: int, note: str) -> list[Measure]:
    rig.doors.ask("write", count=count)
    before, database, doors = rig.hub_usage(), rig.database_usage(), rig.doors.usage()
    with stopwatch() as took:
        times = rig.doors.ask("send")
    records = count * len(rig.names)
    hub = rig.hub_usage().cpu_s - before.cpu_s
    below = rig.database_usage().cpu_s - database.cpu_s
    beside = rig.doors.usage().cpu_s - doors.cpu_s
    return [
        Measure("records taken", records / took[0], "/s", note),
        Measure("the last door's are there", took[0], "s", note),
        Measure("a door's are there, p50", float(np.percentile(times, 50)), "s", note),
        Measure("a door's are there, p99", float(np.percentile(times, 99)), "s", note),
        Measure("processor of the hub, 1,000 records", 1e6 * hub / records, "ms", note),
        Measure("processor of the database, 1,000 records", 1e6 * below / records, "ms", note),
        Measure("processor of the doors, 1,000 records", 1e6 * beside / records, "ms", note),
    ]


def people(rig: SiteRig, options: argparse.Namespace) -> list[Measure]:
    return measured(rig, options.people, options.turns, options.idle)


def afterwards(rig: SiteRig, _: argparse.Namespace) -> list[Measure]:
    with open_hub(rig.config, {}) as hub, stopwatch() as took:
        report = verify_site(hub.database)
    if not report.is_sound:
        raise SystemExit(f"The hub does not hold what the doors wrote: {report}")
    return [
        Measure("records read again and found whole", report.records / took[0], "/s"),
        Measure("memory of the hub", rig.hub_usage().resident / MB, "MB"),
    ]


PARTS: Sequence[Callable[[SiteRig, argparse.Namespace], list[Measure]]] = (
    joining,
    people,
    rush,
    week_away,
    afterwards,
)


def limit_of(hub: Usage, database: Usage, doors: Usage, took_s: float) -> str:
    """Which of the three takes most of the machine, in a sentence."""
    cores = os.cpu_count() or 1
    shares = {"the hub": hub.cpu_s, "the database": database.cpu_s, "the doors": doors.cpu_s}
    told = ", ".join(f"{name} {used:.1f} s" for name, used in shares.items())
    busiest = max(shares, key=lambda name: shares[name])
    share = sum(shares.values()) / (took_s * cores)
    return (
        f"Of {took_s:.0f} s on {cores} cores the processors were used {100 * share:.0f} %: {told}. "
        f"Most is taken by {busiest}."
    )


def report(run: SiteRun) -> str:
    rows = [(one.what, f"{one.figure:.3g} {one.unit}", one.note) for one in run.measures]
    cells = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return (
        "# How many doors one hub bears\n\n"
        f"```\n{run.command}\n```\n\n"
        f"{run.date}, {run.machine}; {run.doors} doors, {run.people} people, {run.database}, all "
        f"on one machine. {BUSY if run.is_busy else ''}\n\n"
        f"| what | figure | how |\n|---|---|---|\n{cells}\n\n{run.limit}\n"
    )


def main() -> None:
    options = _arguments()
    measures: list[Measure] = []
    with (
        site_rig(options.doors, options.processes, embedded=options.embedded) as rig,
        stopwatch() as took,
    ):
        for part in PARTS:
            measures += part(rig, options)
        used = rig.hub_usage(), rig.database_usage(), rig.doors.usage()
    run = SiteRun(
        date=str(datetime.datetime.now(tz=datetime.UTC).date()),
        command=" ".join(["python -m benchmarks.site", *sys.argv[1:]]),
        machine=f"{os.cpu_count()} cores, Python {platform.python_version()}",
        database="the embedded database" if options.embedded else "PostgreSQL",
        doors=options.doors,
        people=options.people,
        measures=tuple(measures),
        limit=limit_of(*used, took[0]),
        is_busy=options.busy,
    )
    print(table(("what", "figure", "how"), [_cells(one) for one in measures]))
    print(run.limit)
    if options.write:
        content = json.dumps(asdict(run), indent=1)
        (RESULTS / "site.json").write_text(content + "\n", encoding="utf-8")
        (RESULTS / "site.md").write_text(report(run), encoding="utf-8")


def _cells(one: Measure) -> tuple[str, str, str]:
    return one.what, f"{one.figure:.3g} {one.unit}", one.note


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--doors", type=int, default=8)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--events", type=int, default=20, help="of each door in the rush")
    parser.add_argument("--away", type=int, default=500, help="records of a week, of each door")
    parser.add_argument("--turns", type=int, default=5, help="people who come and go")
    parser.add_argument("--idle", type=float, default=10, help="seconds in which nothing happens")
    parser.add_argument("--embedded", action="store_true", help="SQLite in the hub's place")
    parser.add_argument("--busy", action="store_true", help="the machine does other things, too")
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
