import csv
import io
import json

import pytest

from accessctl.audit.export import CSV_COLUMNS, csv_lines, json_lines
from accessctl.domain import Event, EventKind, PersonId

RECORDS = [
    (
        1,
        Event(
            0.5,
            EventKind.DECISION,
            {"visit": "v1", "decision": "granted", "reason": "matched", "similarity": 0.5, "x": 1}
            | {"evidence": {"seen": 3}},
            PersonId("p1"),
        ),
        "ab",
    ),
    (2, Event(1.0, EventKind.SERVICE, {"state": "stopped"}), ""),
]
NAMES = {PersonId("p1"): 'Ada, "A"\nof House'}


def table(lines: list[str]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(lines), newline="")))


def test_json_lines() -> None:
    first, second = map(json.loads, json_lines(RECORDS, NAMES.get))
    assert (first["number"], first["hash"], first["person"]) == (1, "ab", NAMES[PersonId("p1")])
    assert first["evidence"] == {"seen": 3}
    assert (first["time"], first["x"]) == ("1970-01-01T00:00:00.500Z", 1)
    assert (second["number"], second["state"], second["person"]) == (2, "stopped", None)


def test_csv() -> None:
    first, second = table(list(csv_lines(RECORDS, NAMES.get)))
    assert tuple(first) == CSV_COLUMNS
    assert first["person"] == NAMES[PersonId("p1")]
    assert (first["number"], first["similarity"], first["frames"]) == ("1", "0.5", "")
    assert json.loads(first["data"]) == {"evidence": {"seen": 3}, "x": 1}
    assert json.loads(second["data"]) == {"state": "stopped"}


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A1", "+1", "-1", "@x", "\t=1"])
def test_no_name_is_a_formula_in_a_spreadsheet(name: str) -> None:
    (first, _) = table(list(csv_lines(RECORDS, lambda _: name)))
    assert first["person"] == f"'{name}"
