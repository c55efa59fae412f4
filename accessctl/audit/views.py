"""Events as people and programs see them: a line of text, JSON lines, CSV.

Names are looked up when an event is shown, for the log holds ids only. `moment` reads what
somebody types to say since when.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, TypeAlias

from accessctl.domain import Event, EventKind, PersonId
from accessctl.errors import InputError
from accessctl.storage.parsing import printable

NameOf: TypeAlias = Callable[[PersonId], str | None]
Records: TypeAlias = Iterable[tuple[int, Event, str]]
"""Number, event and hash (hexadecimal) of records, as `EventLog.records` gives them."""

REMOVED = "(removed person)"
EVIDENCE = "evidence"
_DECISION_KEYS = ("visit", "decision", "reason")
_EVIDENCE_KEYS = ("similarity", "fmr", "frames", "latency_ms")
_ABSURD = 1e12

CSV_COLUMNS = (
    "number",
    "time",
    "kind",
    *_DECISION_KEYS,
    "person",
    *_EVIDENCE_KEYS,
    "person_id",
    "data",
    "hash",
)
# A spreadsheet takes a cell that begins so for a formula and computes it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_AGO = re.compile(r"([0-9]{1,6})([smhdw])")


def as_json(event: Event, name_of: NameOf) -> dict[str, Any]:
    """The object that `events --json` and `run --json` print and that actions are given.

    Always there, null where it does not apply: time (ISO 8601, UTC), kind, visit,
    decision, reason, person (name; null also when that person was removed), similarity,
    fmr, frames, latency_ms, person_id. The rest of the event's data follows, but for the
    `evidence` of a decision, which only `events export` shows; of a decision the record holds more
    than actions are given and `run --json` prints.
    """
    data = event.data
    fixed = {
        "time": iso(event.time),
        "kind": event.kind.value,
        **{key: data.get(key) for key in _DECISION_KEYS},
        "person": None if event.person is None else name_of(event.person),
        **{key: data.get(key) for key in _EVIDENCE_KEYS},
        "person_id": event.person,
    }
    return fixed | {key: data[key] for key in sorted(data.keys() - fixed.keys() - {EVIDENCE})}


def as_text(event: Event, name_of: NameOf, zone: tzinfo | None = None) -> str:
    """One line, in local time (`zone`, or else the system's), free of control characters."""
    local = datetime.fromtimestamp(event.time, UTC).astimezone(zone)
    head = f"{local:%Y-%m-%d %H:%M:%S}  {event.kind.value:<8}"
    words = _WORDS.get(event.kind, _others)(event, _name(event, name_of))
    return printable(f"{head}  {words}").rstrip()


def iso(time: float) -> str:
    """Epoch seconds as ISO 8601 in UTC, to the millisecond: 2026-01-31T18:30:00.000Z."""
    text = datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _name(event: Event, name_of: NameOf) -> str:
    if event.person is None:
        return ""
    return name_of(event.person) or REMOVED


def _decision(event: Event, name: str) -> str:
    data = event.data
    evidence = [
        _figure("similarity", data.get("similarity"), "{:.3f}"),
        _figure("fmr", data.get("fmr"), "{:.1e}"),
        _figure("frames", data.get("frames"), "{}"),
        _figure("after", data.get("latency_ms"), "{:.0f} ms"),
    ]
    parts = [
        str(data.get("decision") or "?").ljust(7),
        name,
        f"({data.get('reason') or '?'})",
        ", ".join(part for part in [*evidence, *_life(data)] if part),
    ]
    return "  ".join(part for part in parts if part)


def _life(data: Mapping[str, Any]) -> list[str]:
    """Which cues of liveness refused or doubted, what a PIN stood in for, and by which badge or
    pass."""
    badge = next(
        (
            f"by {what} {data[what]}"
            for what in ("badge", "pass")
            if isinstance(data.get(what), str)
        ),
        "",
    )
    instead = data.get("by_pin")
    pin = "PIN in place of " + " and ".join(map(str, instead)) if isinstance(instead, list) else ""
    return [*_cues("vetoed", data.get("vetoes")), *_cues("doubted", data.get("doubts")), pin, badge]


def _cues(word: str, spoke: object) -> list[str]:
    """The cues that spoke so, with their figures."""
    if not isinstance(spoke, Mapping):
        return []
    figures = [(str(cue), said) for cue, said in spoke.items() if isinstance(said, list) and said]
    return [_figure(f"{word} by {cue}", said[0], "{:.3f}") for cue, said in figures]


def _action(event: Event, name: str) -> str:
    data = event.data
    verdict = "ok" if data.get("ok") else "failed"
    whom = f"for {name}" if name else ""
    parts = [str(data.get("action") or "?"), verdict, str(data.get("detail") or ""), whom]
    return "  ".join(part for part in parts if part)


def _person(event: Event, name: str) -> str:
    return f"{event.data.get('change') or '?'}  {name}"


def _others(event: Event, name: str) -> str:
    data = dict(event.data)
    first = str(data.pop("state", "") or "")
    rest = [f"{key}={value}" for key, value in sorted(data.items()) if value is not None]
    return "  ".join(part for part in (first, name, *rest) if part)


_WORDS: Mapping[EventKind, Callable[[Event, str], str]] = {
    EventKind.DECISION: _decision,
    EventKind.ACTION: _action,
    EventKind.PERSON: _person,
}


def _figure(word: str, value: object, form: str) -> str:
    # A log is read as it is found: a figure may be missing, or not be one.
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > _ABSURD:
        return ""
    return f"{word} {form.format(value)}"


def json_lines(records: Records, name_of: NameOf, *, in_ascii: bool = False) -> Iterator[str]:
    """A line for each record: number, what `events --json` prints, evidence, hash.

    With `in_ascii` every other character is escaped, for a file that is not UTF-8.
    """
    for number, event, digest in records:
        line = {"number": number, **as_json(event, name_of)}
        if EVIDENCE in event.data:
            line[EVIDENCE] = event.data[EVIDENCE]
        line["hash"] = digest
        yield json.dumps(line, ensure_ascii=in_ascii, allow_nan=False) + "\n"


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


def moment(text: str, now: float, zone: tzinfo | None = None) -> float:
    """Epoch seconds of "90s", "30m", "1h", "2d", "1w" before `now`, or of an ISO 8601 date.

    A date without an offset is local time, in `zone` or else the system's time zone; a
    date without a time is its midnight. Raises InputError.
    """
    text = text.strip()
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return now - int(ago[1]) * _SECONDS[ago[2]]
    try:
        date = datetime.fromisoformat(text)
        if date.tzinfo is None and zone is not None:
            date = date.replace(tzinfo=zone)
        return date.timestamp()
    except (ValueError, OverflowError, OSError) as error:
        raise InputError(
            f"{text!r} is not a moment; write 30m, 1h or 2d (that long ago), "
            "2026-01-31 or 2026-01-31T18:30."
        ) from error
