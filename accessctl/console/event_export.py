"""Events of several doors as files for other programs: CSV and JSON lines."""

import json
from collections.abc import Iterable, Iterator, Mapping

from accessctl.audit.views import csv_lines, json_lines
from accessctl.domain import Event, PersonId
from accessctl.hub.event_search import SiteEvent


def csv_of(events: Iterable[SiteEvent], names: Mapping[PersonId, str]) -> Iterator[str]:
    """What `accessctl events export` writes of one door, with the door's name before it."""
    yield "door," + next(csv_lines((), names.get))
    for one in events:
        _, line = csv_lines([_record(one)], names.get)
        # A spreadsheet takes a cell that begins with a sign for a formula and computes it.
        guard = "'" if one.name.startswith("-") else ""
        yield f"{guard}{one.name},{line}"


def json_lines_of(events: Iterable[SiteEvent], names: Mapping[PersonId, str]) -> Iterator[str]:
    """What `accessctl events export --format jsonl` writes of one door, with the door beside it."""
    for one in events:
        (line,) = json_lines([_record(one)], names.get)
        told = {"door": one.name, "door_id": one.place.door, **json.loads(line)}
        yield json.dumps(told, ensure_ascii=False, allow_nan=False) + "\n"


def _record(one: SiteEvent) -> tuple[int, Event, str]:
    return one.place.number, one.event, one.hash.hex()
