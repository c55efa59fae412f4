"""Which software and which encoder each door runs: what it wrote down of itself when it started."""

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, func, select

from accessctl.domain import EventKind
from accessctl.hub.database import HubDatabase
from accessctl.hub.doors import KnownDoor
from accessctl.hub.tables import EVENT

SEARCHED = 20_000
"""So many of a door's last records are looked through when it is first asked for."""
MOST_CHARACTERS = 80
_STARTED = rb"\"state\":\"started\""
"""As it stands in a record: within the data, which is JSON in JSON."""


@dataclass(frozen=True, slots=True)
class DoorSoftware:
    """When the door started last (epoch seconds), the version of accessctl and the fingerprint of
    the encoder that it named then; None where the records do not say."""

    started: float | None = None
    version: str | None = None
    encoder: str | None = None


@dataclass(frozen=True, slots=True)
class _LookedThrough:
    through: int = 0
    found: DoorSoftware = field(default_factory=DoorSoftware)


class DoorSoftwares:
    """Any thread may ask; StoreError."""

    def __init__(self, database: HubDatabase) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._known: dict[str, _LookedThrough] = {}

    def of(self, doors: Iterable[KnownDoor]) -> Mapping[str, DoorSoftware]:
        """By the doors' ids, up to the records that the list of them names."""
        with self._lock:
            for door in doors:
                known = self._known.get(door.id, _LookedThrough(max(0, door.records - SEARCHED)))
                if door.records > known.through:
                    found = self._last_start(door, known.through) or known.found
                    known = _LookedThrough(door.records, found)
                self._known[door.id] = known
            return {door: known.found for door, known in self._known.items()}

    def _last_start(self, door: KnownDoor, after: int) -> DoorSoftware | None:
        query = select(EVENT.c.time, EVENT.c.record).where(
            EVENT.c.door == door.id,
            EVENT.c.number > after,
            EVENT.c.number <= door.records,
            EVENT.c.kind == EventKind.SERVICE.value,
            self._says_started(),
        )
        with self._database.reading() as db:
            row = db.execute(query.order_by(EVENT.c.number.desc()).limit(1)).first()
        return None if row is None else software_in(row.time, row.record)

    def _says_started(self) -> ColumnElement[bool]:
        if self._database.is_embedded:
            return func.instr(EVENT.c.record, _STARTED) > 0
        return func.pg_catalog.position(EVENT.c.record, _STARTED) > 0


def software_in(time: float, record: bytes) -> DoorSoftware:
    """Of the record of a start at `time`; an older door says less."""
    _, _, _, _, text = json.loads(record)
    data = json.loads(text)
    return DoorSoftware(time, _word(data.get("software")), _word(data.get("encoder")))


def _word(said: object) -> str | None:
    """What a door says is written by whoever has it: a short word, or none."""
    if not isinstance(said, str) or not said.isprintable():
        return None
    return said[:MOST_CHARACTERS] or None
