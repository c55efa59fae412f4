import csv
import io
import json

from accessctl.console.event_export import csv_of, json_lines_of
from accessctl.domain import Event
from accessctl.hub.event_search import EventPlace, SiteEvent
from tests.console.sample_site import COLLINS, FRONT, GRANTED, NAMES, service


def at(event: Event, name: str = "front-door") -> SiteEvent:
    return SiteEvent(EventPlace(event.time, FRONT, 7), name, event, b"\x01" * 32)


def test_a_table_has_the_door_before_what_the_door_itself_would_give_out() -> None:
    lines = csv_of([at(GRANTED.event(1000.0)), at(service("started", 1.0))], NAMES)
    first, second = csv.DictReader(io.StringIO("".join(lines), newline=""))
    assert first["door"] == "front-door"
    assert first["number"] == "7"
    assert first["time"] == "1970-01-01T00:16:40.000Z"
    assert (first["decision"], first["person"], first["person_id"]) == (
        "granted",
        "Eileen Collins",
        COLLINS,
    )
    assert first["hash"] == "01" * 32
    assert (second["kind"], second["person"]) == ("service", "")
    assert json.loads(second["data"]) == {"state": "started"}


def test_no_door_is_called_like_a_formula() -> None:
    head, line = csv_of([at(service("started", 1.0), "-2+3")], NAMES)
    assert head.startswith("door,number,")
    assert line.startswith("'-2+3,7,")


def test_a_line_of_json_holds_the_evidence_too() -> None:
    (line,) = json_lines_of([at(GRANTED.event(1000.0))], NAMES)
    told = json.loads(line)
    assert line.endswith("\n")
    assert (told["door"], told["door_id"], told["number"]) == ("front-door", FRONT, 7)
    assert told["evidence"]["limits"]["fmr"] == 1e-5
    assert told["person"] == "Eileen Collins"


def test_a_name_that_is_gone_is_none() -> None:
    (line,) = json_lines_of([at(GRANTED.event(1000.0))], {})
    assert (json.loads(line)["person"], json.loads(line)["person_id"]) == (None, COLLINS)
