"""The site's doors and backups as a list for whoever looks after them. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from accessctl.console.door_view import WARNED_DAYS, heard, is_silent
from accessctl.console.event_view import Tone
from accessctl.console.words import DAY_S, Words
from accessctl.hub.door_software import DoorSoftware
from accessctl.hub.doors import KnownDoor
from accessctl.hub.journal import JournalRecord
from accessctl.hub.tables import JOINED

SHORT_FINGERPRINT = 12


@dataclass(frozen=True, slots=True)
class SiteDoor:
    """A door that ever joined. `tone` and `sign` say how it is; `heard`, `certificate` and
    `software` are texts, each empty where it is not to be said, and true in `..._ill` where
    somebody should look. `encoder` is the beginning of its fingerprint."""

    name: str
    is_joined: bool
    tone: Tone
    sign: str
    heard: str
    heard_ill: bool
    certificate: str
    certificate_ill: bool
    software: str
    software_ill: bool
    encoder: str
    records: int
    alarms: int


@dataclass(frozen=True, slots=True)
class HubBackupLine:
    """A backup of the hub as its journal tells of it; `time` is epoch seconds."""

    time: float
    file: str


def site_doors(
    doors: Iterable[KnownDoor],
    software: Mapping[str, DoorSoftware],
    words: Words,
    now: float,
    own: str,
) -> tuple[SiteDoor, ...]:
    """Those that have joined first, of these those with which something is the matter, then by
    name; `own` is the version that the hub runs."""
    found = [_door(one, software.get(one.id, DoorSoftware()), words, now, own) for one in doors]
    return tuple(sorted(found, key=_place_of))


def _place_of(door: SiteDoor) -> tuple[bool, bool, str]:
    is_ill = door.tone is Tone.TROUBLE or door.software_ill
    return not door.is_joined, not is_ill, door.name.casefold()


def hub_backups(records: Sequence[JournalRecord]) -> tuple[HubBackupLine, ...]:
    return tuple(HubBackupLine(one.time, json.loads(one.data)["file"]) for one in records)


def _door(door: KnownDoor, software: DoorSoftware, words: Words, now: float, own: str) -> SiteDoor:
    is_joined = door.state == JOINED
    silent = is_joined and is_silent(door, now)
    ends = door.expires if is_joined else None
    near = ends is not None and ends < now + WARNED_DAYS * DAY_S
    ill = silent or near or (is_joined and door.alarms > 0)
    return SiteDoor(
        name=door.name,
        is_joined=is_joined,
        tone=(Tone.TROUBLE if ill else Tone.GRANTED) if is_joined else Tone.NOTE,
        sign=words(f"site.is_{door.state}"),
        heard=heard(door, words, now),
        heard_ill=silent,
        certificate="" if ends is None else words.moment(ends),
        certificate_ill=near,
        software=software.version or "",
        software_ill=is_joined and software.version is not None and software.version != own,
        encoder=(software.encoder or "")[:SHORT_FINGERPRINT],
        records=door.records,
        alarms=door.alarms,
    )
