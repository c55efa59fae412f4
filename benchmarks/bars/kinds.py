"""What was measured on each kind of processor, kept side by side in docs/results/speed.json."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.bars.row import Row


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: of which kind of processor, when, by which command, on what; `stages` and `limits`
    are texts of the report. `rows` is empty of what that run did not measure."""

    kind: str
    date: str
    command: str
    machine: str
    encoder: str
    rows: tuple[Row, ...]
    stages: str
    limits: str


def read(path: Path) -> dict[str, Measured]:
    """The runs by their kind of processor, in the order in which they were first made."""
    if not path.exists():
        return {}
    runs = json.loads(path.read_text(encoding="utf-8"))
    return {run["kind"]: Measured(**run | {"rows": tuple(map(_row, run["rows"]))}) for run in runs}


def write(path: Path, runs: dict[str, Measured]) -> None:
    told = [asdict(run) for run in runs.values()]
    for run in told:
        for row in run["rows"]:
            # JSON has no infinity.
            row["bar"] = None if row["bar"] == float("inf") else row["bar"]
    path.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def _row(told: dict[str, object]) -> Row:
    bar = float("inf") if told["bar"] is None else told["bar"]
    return Row(**told | {"bar": bar})  # type: ignore[arg-type]


def table(runs: dict[str, Measured]) -> list[str]:
    """Lines of Markdown: a row a figure, a column a kind; what misses its bar is bold."""
    latest = list(runs.values())[::-1]
    names = list(dict.fromkeys(row.what for run in latest for row in run.rows))
    lines = [
        f"| what | bar on 2 CPU cores | {' | '.join(runs)} |",
        "|---|---|" + "---|" * len(runs),
    ]
    for name in names:
        found = {kind: row for kind, run in runs.items() for row in run.rows if row.what == name}
        bar = next(iter(found[run.kind] for run in latest if run.kind in found)).cells()[1]
        cells = [_cell(found[kind]) if kind in found else "-" for kind in runs]
        lines.append(f"| {name} | {bar} | {' | '.join(cells)} |")
    return lines


def _cell(row: Row) -> str:
    figure = row.cells()[2]
    return figure if row.met or row.bar == float("inf") else f"**{figure}**"


def notes(run: Measured) -> list[str]:
    return [f"- {row.what}: {row.note}." for row in run.rows if row.note]
