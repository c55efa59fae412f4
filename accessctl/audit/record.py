"""Between an event and the columns of its row."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from accessctl.domain import Event, EventKind, PersonId

Row: TypeAlias = tuple[float, str, str | None, str]

MAX_BYTES = 65536
MAX_DEPTH = 16
LATEST = datetime(9999, 12, 31, tzinfo=UTC).timestamp()


def row_of(event: Event) -> Row:
    """Time, kind, person and data; one event always gives the same row.

    Data is JSON in ASCII with sorted keys and no spaces (a tuple becomes a list).
    Raises ValueError for a time outside the years 1970 to 9999 and for data that is not
    JSON, deeper than 16 levels or larger than 64 KiB.
    """
    if not 0 <= event.time <= LATEST:
        raise ValueError(f"an event's time lies in the years 1970 to 9999, not {event.time}")
    _check(dict(event.data), MAX_DEPTH)
    data = json.dumps(dict(event.data), sort_keys=True, separators=(",", ":"), allow_nan=False)
    if len(data) > MAX_BYTES:
        raise ValueError(f"an event's data may take {MAX_BYTES} bytes, not {len(data)}")
    return float(event.time), event.kind.value, event.person, data


def event_of(row: tuple[Any, ...]) -> Event:
    """The event of a row read back; ValueError if it is not what row_of makes."""
    time, kind, person, text = row
    if not isinstance(time, float) or not 0 <= time <= LATEST:
        raise ValueError("its time is damaged")
    if not (person is None or isinstance(person, str)) or not isinstance(text, str):
        raise ValueError("it is damaged")
    try:
        data = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except RecursionError as error:
        raise ValueError("its data is nested too deeply") from error
    if not isinstance(data, dict):
        raise ValueError("its data is damaged")
    return Event(time, EventKind(kind), data, None if person is None else PersonId(person))


def _refuse(constant: str) -> None:
    raise ValueError(f"its data holds {constant}")


def _finite(text: str) -> float:
    # JSON reads 1e999 as infinity, which it cannot write.
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"its data holds {text}")
    return number


def _check(value: object, depth: int) -> None:
    # json.dumps would turn a key 1 into "1" and let NaN through unasked.
    if depth == 0:
        raise ValueError(f"an event's data is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ValueError(f"an event's data has a key that is not a string: {key!r}")
            _check(item, depth - 1)
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item, depth - 1)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"an event's data holds {value}, which JSON cannot")
    elif not (value is None or isinstance(value, str | int)):
        raise ValueError(f"an event's data holds a {type(value).__name__}, which JSON cannot")
