"""How many doors one hub bears: N doors in processes of this machine, with the doors' own code.

    python -m benchmarks.site [--doors N] [--people M] [--phases A,B] [--busy] [--write [NAME]]

The full size is `--doors 1000 --people 10000`. Doors, hub and database share the machine, so what
the doors take is told beside what the hub takes. Each figure is printed as soon as it is known, and
--write puts what there is into docs/results/ after each phase: a run that is broken off has shown
what it had.
"""

import argparse
import datetime
import json
import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from accessctl.hub.assembly import open_hub
from benchmarks.bars.machine import processor_name
from benchmarks.bars.processes import Usage
from benchmarks.bars.site_changes import changes
from benchmarks.bars.site_events import afterwards, rush, week_away
from benchmarks.bars.site_paper import in_words, on_paper
from benchmarks.bars.site_people import (
    Measure,
    Phase,
    Scale,
    beginning,
    enrolling,
    everybody,
    idle,
    joining,
    resync,
)
from benchmarks.bars.site_rig import GB, SiteRig, site_rig, stopwatch

RESULTS = Path(__file__).parents[1] / "docs" / "results"
PAPER_DOORS = 10_000
BUSY = (
    "**The machine did other things meanwhile: this shows that the measurement runs, not what a "
    "hub bears.**"
)
# The first ones make what the others need.
ALWAYS: Mapping[str, Phase] = {
    "join": joining,
    "people": enrolling,
    "begin": beginning,
    "everybody": everybody,
}
PHASES: Mapping[str, Phase] = {
    "idle": idle,
    "changes": changes,
    "rush": rush,
    "week": week_away,
    "resync": resync,
    "verify": afterwards,
}


@dataclass(frozen=True, slots=True)
class SiteRun:
    """One run of this measurement; `limit` says what bounds it, as far as its figures tell, and
    `missing` which phases were not run."""

    date: str
    command: str
    machine: str
    database: str
    doors: int
    scale: Scale
    measures: tuple[Measure, ...]
    limit: str
    missing: tuple[str, ...]
    is_busy: bool = False


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
    cells = "\n".join(f"| {' | '.join(_cells(one))} |" for one in run.measures)
    figures = {one.what: one.figure for one in run.measures}
    expected = on_paper(figures, run.doors, PAPER_DOORS, run.scale.a_door)
    missing = f"Not run: {', '.join(run.missing)}.\n\n" if run.missing else ""
    return (
        "# How many doors one hub bears\n\n"
        f"```\n{run.command}\n```\n\n"
        f"{run.date}, {run.machine}; {run.doors} doors, {run.scale.people} people of whom each "
        f"door has {run.scale.a_door} by its group ({run.scale.everywhere} with all), "
        f"{run.database}, all on one machine; the doors' files lie in its memory, the hub's on its "
        f"disk. {BUSY if run.is_busy else ''}\n\n{missing}"
        "What the hub has *answered* it has handed to the connections of the doors that waited, by "
        "its own clock: that is the hub's part. It has *reached* a door when the door has read it, "
        "and is in its gallery when the door has written it down; for both the doors share the "
        "cores with each other and the hub here, as they do nowhere else. A few doors in a process "
        "of their own are told of as *alone*: these read at once.\n\n"
        f"| what | figure | how |\n|---|---|---|\n{cells}\n\n{run.limit}\n\n"
        f"{in_words(expected, PAPER_DOORS)}"
    )


def main() -> None:
    options = _arguments()
    chosen = {**ALWAYS, **{name: PHASES[name] for name in options.phases}}
    with (
        site_rig(
            options.doors,
            options.processes,
            embedded=options.embedded,
            alone=min(options.alone, options.doors),
            most_gb=options.memory,
        ) as rig,
        stopwatch() as took,
    ):
        run = _begun(options)
        for number, (name, phase) in enumerate(chosen.items(), 1):
            print(f"-- {name}", flush=True)
            with stopwatch() as phase_took:
                run = _measured(rig, run, phase)
            print(f"-- {name}: {phase_took[0]:.0f} s, {rig.memory() / GB:.1f} GB", flush=True)
            missing = (*list(chosen)[number:], *(set(PHASES) - set(chosen)))
            _keep(replace(run, missing=tuple(sorted(missing))), options.write)
        used = rig.hub_usage(), rig.database_usage(), rig.doors.usage()
    left = tuple(sorted(set(PHASES) - set(chosen)))
    run = replace(run, limit=limit_of(*used, took[0]), missing=left)
    print(run.limit)
    _keep(run, options.write)


def _measured(rig: SiteRig, run: SiteRun, phase: Phase) -> SiteRun:
    found: list[Measure] = []
    with open_hub(rig.config, {}) as hub:
        for one in phase(rig, hub, run.scale):
            print("  ".join(_cells(one)), flush=True)
            found.append(one)
    return replace(run, measures=(*run.measures, *found))


def _keep(run: SiteRun, name: str | None) -> None:
    if name is not None:
        content = json.dumps(asdict(run), indent=1)
        (RESULTS / f"{name}.json").write_text(content + "\n", encoding="utf-8")
        (RESULTS / f"{name}.md").write_text(report(run), encoding="utf-8")


def _begun(options: argparse.Namespace) -> SiteRun:
    return SiteRun(
        date=str(datetime.datetime.now(tz=datetime.UTC).date()),
        command=" ".join(["python -m benchmarks.site", *sys.argv[1:]]),
        machine=f"{processor_name()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        database="the embedded database" if options.embedded else "PostgreSQL",
        doors=options.doors,
        scale=Scale(
            people=options.people,
            a_door=options.a_door,
            everywhere=options.everywhere,
            turns=options.turns,
            idle_s=options.idle,
            rate=options.rate,
            rush_s=options.rush,
            away=options.away,
            away_doors=min(options.away_doors, options.doors),
            lot=options.lot,
            a_part=options.a_part,
        ),
        measures=(),
        limit="The run was broken off, or goes on.",
        missing=(),
        is_busy=options.busy,
    )


def _cells(one: Measure) -> tuple[str, str, str]:
    return one.what, f"{one.figure:.3g} {one.unit}".strip(), one.note


def _phases(text: str) -> list[str]:
    names = [name for name in text.split(",") if name]
    unknown = sorted(set(names) - set(PHASES))
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(PHASES)}")
    return [name for name in PHASES if name in names]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    add = parser.add_argument
    add("--doors", type=int, default=8)
    add("--people", type=int, default=50)
    add("--a-door", type=int, default=100, help="people whom a door has by its group")
    add("--everywhere", type=int, default=2, help="doors that have everybody")
    add("--alone", type=int, default=0, help="doors that have a process of their own")
    add("--lot", type=int, default=50, help="doors that begin at one time")
    add("--a-part", type=int, default=20, help="doors that somebody is at who is not at all")
    add("--processes", type=int, default=4, help="that the doors are dealt out to")
    add("--phases", type=_phases, default=list(PHASES), help=f"some of {','.join(PHASES)}")
    add("--turns", type=int, default=5, help="people who come and go")
    add("--idle", type=float, default=60, help="seconds in which nothing happens")
    add("--rate", type=float, default=200, help="events a second in the rush, at all doors")
    add("--rush", type=float, default=60, help="seconds of the rush")
    add("--away", type=int, default=500, help="records of a week, of each door that was away")
    add("--away-doors", type=int, default=100, help="doors that were away")
    add("--memory", type=float, default=12, help="GB; with more than that the run ends")
    add("--embedded", action="store_true", help="SQLite in the hub's place")
    add("--busy", action="store_true", help="the machine does other things, too")
    add("--write", nargs="?", const="site", metavar="NAME", help="of the two files of results")
    return parser.parse_args()


if __name__ == "__main__":
    main()
