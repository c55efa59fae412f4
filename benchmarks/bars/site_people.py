"""Doors that come to a hub and the people whom they get, and doors that wait.

Each person is in one group, and each door has one: so a door has `a_door` people of them all. Some
doors have everybody: by them a whole resync is measured.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from accessctl.domain import PersonId, PersonRules
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.hub.assembly import Hub
from benchmarks.bars.processes import Usage
from benchmarks.bars.site_rig import SiteRig, loopback_bytes, stopwatch

DIMENSION, JPEG_BYTES = 320, 20_000
FINGERPRINT = "ab" * 32
EVERYWHERE = "everywhere"
"""The group of people who are at all doors."""
ALONE, TOGETHER = 50, 200
QUIET_S = 3.0
"""From the last answer on until all doors wait again."""
MB, KB = 1 << 20, 1 << 10


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure: `figure` in `unit`; `note` says how."""

    what: str
    figure: float
    unit: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Scale:
    """How large a site is measured: `a_door` of all `people` are of a door's group, `everywhere`
    doors have everybody, `lot` doors begin at one time, and whoever is at a part of the doors is at
    `a_part` of them; what the other figures are, the command line says."""

    people: int
    a_door: int
    everywhere: int
    turns: int
    idle_s: float
    rate: float
    rush_s: float
    away: int
    away_doors: int
    lot: int
    a_part: int

    @property
    def groups(self) -> int:
        return max(1, self.people // self.a_door)

    def group(self, number: int) -> str:
        """Of the person, or the door, of that number."""
        return f"group-{number % self.groups:04}"

    def scope(self, number: int) -> list[str]:
        """The groups of the door of that number."""
        return [self.group(number), EVERYWHERE]


Phase = Callable[[SiteRig, Hub, Scale], Iterator[Measure]]


def joining(rig: SiteRig, hub: Hub, scale: Scale) -> Iterator[Measure]:
    yield Measure("memory of the hub, no door yet", rig.hub_usage().resident / MB, "MB")
    with stopwatch() as took:
        codes = {name: hub.doors.invite(name).code for name in rig.names}
    yield Measure("doors invited a second", len(codes) / took[0], "/s", "one after the other")
    before, fingerprint = rig.hub_usage(), hub.authority.fingerprint
    with stopwatch() as took:
        times = rig.doors.ask("join", codes=codes, fingerprint=fingerprint)
    used = rig.hub_usage().cpu_s - before.cpu_s
    yield Measure("doors that joined a second", len(times) / took[0], "/s", "16 of a process")
    yield Measure("a door joins, median", 1000 * float(np.median(times)), "ms", "16 of a process")
    yield Measure("processor of the hub, a door that joins", 1000 * used / len(times), "ms")
    with stopwatch() as took:
        for number, name in enumerate(rig.names[scale.everywhere :]):
            hub.site.set_scope(hub.doors.id_of(name), scale.scope(number), "benchmark")
    yield Measure("doors given their groups a second", len(rig.names) / took[0], "/s")


def enrolling(_: SiteRig, hub: Hub, scale: Scale) -> Iterator[Measure]:
    alone = min(ALONE, scale.people)
    with stopwatch() as took:
        for number in range(alone):
            with hub.people.changing():
                _enrol(hub, scale, number)
    yield Measure("people enrolled a second", alone / took[0], "/s", "one after the other")
    rest = range(alone, scale.people)
    if not rest:
        return
    with stopwatch() as took:
        for at in range(alone, scale.people, TOGETHER):
            with hub.people.changing():
                for number in rest[at - alone : at - alone + TOGETHER]:
                    _enrol(hub, scale, number)
    note = f"{TOGETHER} in a transaction, to {scale.people} people"
    yield Measure("people enrolled a second", len(rest) / took[0], "/s", note)


def beginning(rig: SiteRig, hub: Hub, scale: Scale) -> Iterator[Measure]:
    """As doors come to a site: some at a time, the next ones when these have their people."""
    doors = _part(rig, scale)
    lots = [doors[at : at + scale.lot] for at in range(0, len(doors), scale.lot)]
    yield from _anew(rig, hub, scale, f"from nothing, {scale.lot} at a time", lots)


def resync(rig: SiteRig, hub: Hub, scale: Scale) -> Iterator[Measure]:
    """All doors have lost their galleries at once; then those that have everybody, alone."""
    part = _part(rig, scale)
    rig.doors.ask("forget", doors=part)
    yield from _anew(rig, hub, scale, "all at once have lost theirs", [part])


def everybody(rig: SiteRig, hub: Hub, scale: Scale) -> Iterator[Measure]:
    """The doors that have everybody, while the others wait."""
    if not scale.everywhere:
        return
    doors = rig.names[: scale.everywhere]
    before, busy, since = rig.hub_usage(), rig.doors.usage(), time.time()
    rig.doors.ask("begin", doors=doors)
    times = rig.doors.ask("until", doors=doors, seq=seq_of(hub), since=since)
    rows = len(doors) * scale.people
    note = f"{scale.people} people each, {len(doors)} doors that have everybody"
    yield from spread("a full resync", times, "s", note)
    yield Measure("people taken in a full resync", rows / max(times), "/s", note)
    hub_s, doors_s = rig.hub_usage().cpu_s - before.cpu_s, rig.doors.usage().cpu_s - busy.cpu_s
    yield Measure("processor of the hub, a person sent", 1000 * hub_s / rows, "ms", note)
    yield Measure("processor of a door, a person taken", 1000 * doors_s / rows, "ms", note)


def idle(rig: SiteRig, _: Hub, scale: Scale) -> Iterator[Measure]:
    time.sleep(QUIET_S)
    before, sent = used_by(rig), loopback_bytes()
    time.sleep(scale.idle_s)
    hub, database, doors = (
        100 * (after.cpu_s - earlier.cpu_s) / scale.idle_s
        for after, earlier in zip(used_by(rig), before, strict=True)
    )
    note = f"{len(rig.names)} doors wait and nothing happens, {scale.idle_s:.0f} s"
    yield Measure("processor of the hub, idle", hub, "% of a core", note)
    yield Measure("processor of the database, idle", database, "% of a core", note)
    yield Measure("processor of all doors, idle", doors, "% of a core", note)
    a_door = (loopback_bytes() - sent) / scale.idle_s / len(rig.names)
    yield Measure("bytes of a waiting door", a_door, "B/s", note)
    yield Measure("memory of the hub, idle", rig.hub_usage().resident / MB, "MB", note)
    yield Measure("memory of the database, idle", rig.database_usage().resident / MB, "MB", note)
    yield Measure("memory of all doors, idle", rig.doors.usage().resident / MB, "MB", note)
    yield Measure("files and connections of the hub", rig.hub_files(), "", note)
    yield Measure("threads of the hub", rig.hub_threads(), "", note)


WHO = "the hub", "the database", "the doors"


def spread(what: str, times: Sequence[float], unit: str, note: str) -> Iterator[Measure]:
    yield Measure(f"{what}, p50", float(np.percentile(times, 50)), unit, note)
    yield Measure(f"{what}, p99", float(np.percentile(times, 99)), unit, note)
    yield Measure(f"{what}, last", max(times), unit, note)


def _anew(
    rig: SiteRig, hub: Hub, scale: Scale, why: str, lots: Sequence[Sequence[str]]
) -> Iterator[Measure]:
    doors = [door for lot in lots for door in lot]
    before, sent = used_by(rig), loopback_bytes()
    times: list[float] = []
    with stopwatch() as took:
        for lot in lots:
            since = time.time()
            rig.doors.ask("begin", doors=lot)
            times += rig.doors.ask("until", doors=lot, seq=seq_of(hub), since=since)
    people = min(scale.a_door, scale.people)
    note = f"{people} people each, {len(doors)} doors, {why}"
    yield from spread("all of its people at a door", times, "s", note)
    yield Measure("until all of them have", took[0], "s", note)
    for who, one, earlier in zip(WHO, used_by(rig), before, strict=True):
        used = 1000 * (one.cpu_s - earlier.cpu_s) / len(doors)
        yield Measure(f"processor of {who} for that, a door", used, "ms", note)
    kilobytes = (loopback_bytes() - sent) / len(doors) / KB
    yield Measure("bytes for that, a door", kilobytes, "kB", note)


def _part(rig: SiteRig, scale: Scale) -> list[str]:
    """The doors that have a part of the people."""
    return rig.names[scale.everywhere :]


def used_by(rig: SiteRig) -> tuple[Usage, Usage, Usage]:
    return rig.hub_usage(), rig.database_usage(), rig.doors.usage()


def _enrol(hub: Hub, scale: Scale, number: int) -> None:
    enrol(hub, number, (scale.group(number),))


def enrol(hub: Hub, number: int, groups: tuple[str, ...]) -> None:
    """Somebody of that number, whose photo no other one has."""
    person = hub.people.add_person(name_of(number), _photo(number))
    hub.people.set_rules(PersonId(person.id), PersonRules(groups=groups))


def name_of(number: int) -> str:
    return f"Person {number}"


def _photo(number: int) -> NewPhoto:
    return NewPhoto(
        jpeg=bytes(JPEG_BYTES),
        embedding=random_units(1, DIMENSION, number)[0],
        fingerprint=FINGERPRINT,
        quality=0.9,
        added=time.time(),
    )


def seq_of(hub: Hub) -> int:
    """The number of the last change of people: each door hears of each of those."""
    return hub.people.revision()
