"""The log for other programs: JSON lines and CSV."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from accessctl.audit.views import EVIDENCE, NameOf, as_json
from accessctl.domain import Event

Records: TypeAlias = Iterable[tuple[int, Event, str]]

CSV_COLUMNS = (
    "number",
    "time",
    "kind",
    "visit",
    "decision",
    "reason",
    "person",
    "similarity",
    "fmr",
    "frames",
    "latency_ms",
    "person_id",
    "data",
    "hash",
)
# A spreadsheet takes a cell that begins so for a formula and computes it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def json_lines(records: Records, name_of: NameOf) -> Iterator[str]:
    """A line for each record: number, what `events --json` prints, evidence, hash."""
    for number, event, digest in records:
        line = {"number": number, **as_json(event, name_of)}
        if EVIDENCE in event.data:
            line[EVIDENCE] = event.data[EVIDENCE]
        line["hash"] = digest
        yield json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n"


def csv_lines(records: Records, name_of: NameOf) -> Iterator[str]:
    """A head line and a line for each record (RFC 4180); `data` holds the rest as JSON."""
    yield _line(CSV_COLUMNS)
    for number, event, digest in records:
        shown = {"number": number, **as_json(event, name_of), "hash": digest}
        rest = {key: value for key, value in event.data.items() if key not in CSV_COLUMNS}
        shown["data"] = json.dumps(rest, ensure_ascii=False, sort_keys=True) if rest else None
        yield _line([_cell(shown[column]) for column in CSV_COLUMNS])


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return json.dumps(value)


def _line(cells: Iterable[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(list(cells))
    return buffer.getvalue()
