"""People who come and go at a hub while many doors wait: how soon all of them know."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.hub.assembly import Hub, open_hub
from benchmarks.bars.site_rig import SiteRig, stopwatch

DIMENSION, JPEG_BYTES = 320, 60_000
FINGERPRINT = "ab" * 32
LOOPBACK = Path("/sys/class/net/lo/statistics/tx_bytes")


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure: `figure` in `unit`; `note` says how."""

    what: str
    figure: float
    unit: str
    note: str = ""


def loopback_bytes() -> int:
    """What was sent to this machine by itself since it was started."""
    return int(LOOPBACK.read_text(encoding="ascii"))


def photo(number: int) -> NewPhoto:
    return NewPhoto(
        jpeg=bytes(JPEG_BYTES),
        embedding=random_units(1, DIMENSION, number)[0],
        fingerprint=FINGERPRINT,
        quality=0.9,
        added=time.time(),
    )


def measured(rig: SiteRig, people: int, turns: int, idle_s: float) -> list[Measure]:
    """All of it: the first doors' galleries, waiting, coming and going, and everything anew."""
    with open_hub(rig.config, {}) as hub:
        with stopwatch() as took:
            for number in range(people):
                hub.people.add_person(f"Person {number}", photo(number))
        found = [Measure("people enrolled a second", people / took[0], "/s", "one after the other")]
        found += _anew(rig, hub, f"{people} people, each door from nothing")
        found += _idle(rig, idle_s)
        found += _changes(rig, hub, turns, people)
        rig.doors.ask("forget")
        found += _anew(rig, hub, f"{people} people, all doors at once have lost theirs")
        rig.doors.ask("end")
    return found


def _anew(rig: SiteRig, hub: Hub, note: str) -> list[Measure]:
    before, sent = rig.hub_usage(), loopback_bytes()
    since = time.time()
    rig.doors.ask("begin")
    times = rig.doors.ask("until", seq=_seq(hub), since=since)
    used = rig.hub_usage().cpu_s - before.cpu_s
    return [
        *_spread("all people at a door", times, "s", note),
        Measure("processor of the hub for that", used, "s", note),
        Measure(
            "bytes for that, a door",
            (loopback_bytes() - sent) / len(rig.names) / 1024,
            "kB",
            "between all of this machine's processes, the database's too",
        ),
    ]


def _idle(rig: SiteRig, seconds: float) -> list[Measure]:
    before, database = rig.hub_usage(), rig.database_usage()
    time.sleep(seconds)
    hub = rig.hub_usage().cpu_s - before.cpu_s
    below = rig.database_usage().cpu_s - database.cpu_s
    note = f"{len(rig.names)} doors wait and nothing happens"
    return [
        Measure("processor of the hub, idle", 100 * hub / seconds, "% of a core", note),
        Measure("processor of the database, idle", 100 * below / seconds, "% of a core", note),
        Measure("memory of the hub, idle", rig.hub_usage().resident / (1 << 20), "MB", note),
    ]


def _changes(rig: SiteRig, hub: Hub, turns: int, people: int) -> list[Measure]:
    enrolled: list[float] = []
    removed: list[float] = []
    for turn in range(turns):
        name = f"Person {people + turn}"
        enrolled += _known(
            rig,
            hub,
            lambda name=name, turn=turn: hub.people.add_person(name, photo(people + turn)),
        )
        removed += _known(rig, hub, lambda name=name: hub.people.remove(name))
    note = f"at every door, from the commit on, {turns} times"
    return [
        *_spread("an enrolment is known", [1000 * one for one in enrolled], "ms", note),
        *_spread("a removal is known", [1000 * one for one in removed], "ms", note),
    ]


def _known(rig: SiteRig, hub: Hub, act: Callable[[], object]) -> list[float]:
    act()
    since = time.time()
    return rig.doors.ask("until", seq=_seq(hub), since=since)


def _seq(hub: Hub) -> int:
    with hub.database.reading() as db:
        return hub.feed.seq(db)


def _spread(what: str, times: list[float], unit: str, note: str) -> list[Measure]:
    return [
        Measure(f"{what}, p50", float(np.percentile(times, 50)), unit, note),
        Measure(f"{what}, p99", float(np.percentile(times, 99)), unit, note),
        Measure(f"{what}, last", max(times), unit, note),
    ]
