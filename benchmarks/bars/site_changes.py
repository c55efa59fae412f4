"""People who come and go at a hub while many doors wait: how soon those know whom it concerns.

Of each change is told when the hub had answered the last door that waited, by the hub's own clock,
when that had come to the doors, and when they had written it down. Between the first two lies what
doors take that share the processors with the hub, and in an installation do not: so it is told
apart of those that are `alone`, see site_doors.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from accessctl.hub.assembly import Hub
from benchmarks.bars.site_hub import answered
from benchmarks.bars.site_people import (
    EVERYWHERE,
    QUIET_S,
    WHO,
    Measure,
    Scale,
    enrol,
    name_of,
    seq_of,
    spread,
    used_by,
)
from benchmarks.bars.site_rig import SiteRig, loopback_bytes

AFTERWARDS_S = 6.0
"""Until all doors have told what they have to tell of a change, see feed_link.RECEIPTS_WITHIN_S."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Whom somebody's coming and going concerns: their `groups`, and the `doors` that have them;
    `where` says so in the report."""

    groups: tuple[str, ...]
    doors: Sequence[str]
    where: str


def changes(rig: SiteRig, hub: Hub, scale: Scale) -> Iterator[Measure]:
    """Somebody comes and somebody goes who is at all doors, then somebody who is at some, each of
    them after all doors wait again."""
    everywhere = Crowd((EVERYWHERE,), rig.names, "")
    for crowd in (everywhere, part_of(rig.names, scale)):
        yield from _come_and_go(rig, hub, scale, crowd)


def part_of(names: Sequence[str], scale: Scale) -> Crowd:
    """As few groups as have `a_part` doors, with those that have everybody anyway."""
    scoped = names[scale.everywhere :]
    doors: list[str] = []
    groups: list[str] = []
    while len(doors) < min(scale.a_part, len(scoped)):
        group = scale.group(len(groups))
        doors += [name for number, name in enumerate(scoped) if scale.group(number) == group]
        groups.append(group)
    doors += names[: scale.everywhere]
    return Crowd(tuple(groups), doors, f" at {len(doors)} doors")


def _come_and_go(rig: SiteRig, hub: Hub, scale: Scale, crowd: Crowd) -> Iterator[Measure]:
    # Of somebody who comes no other doors hear; that somebody is gone all are told.
    others = [name for name in rig.names if name not in set(crowd.doors)]
    for what, is_removal in (("an enrolment", False), ("a removal", True)):
        found = _Found()
        for turn in range(scale.turns):
            number = scale.people + turn
            act = partial(_go, hub, number) if is_removal else partial(_come, hub, number, crowd)
            _turn(rig, hub, act, (crowd.doors, others if is_removal else ()), found)
        note = f"from the commit on, {len(crowd.doors)} doors, {scale.turns} times"
        name = what + crowd.where
        yield from spread(f"the hub has answered a door of {name}", found.answered, "ms", note)
        yield from spread(f"{name} has reached a door", found.heard, "ms", note)
        if found.alone:
            each = f"{note}: {len(found.alone) // scale.turns} in a process of their own"
            yield from spread(f"{name} has reached a door that is alone", found.alone, "ms", each)
        yield from spread(f"{name} is in a door's gallery", found.taken, "ms", note)
        if found.elsewhere:
            last = max(found.elsewhere)
            yield Measure(f"{name} has reached all other doors, last", last, "ms", note)
        each = scale.turns * len(crowd.doors)
        for who, used in zip(WHO, found.used, strict=True):
            yield Measure(f"processor of {who}, {name} and a door", 1000 * used / each, "ms", note)
        yield Measure(f"bytes, {name} and a door", found.bytes / each, "B", note)


class _Found:
    """Of several turns: milliseconds from the commit on, and what was used beyond what waiting
    takes, seconds of the hub's, the database's and the doors' processor time."""

    def __init__(self) -> None:
        self.answered: list[float] = []
        self.heard: list[float] = []
        self.alone: list[float] = []
        self.taken: list[float] = []
        self.elsewhere: list[float] = []
        self.used = [0.0, 0.0, 0.0]
        self.bytes = 0.0


def _come(hub: Hub, number: int, crowd: Crowd) -> None:
    with hub.people.changing():
        enrol(hub, number, crowd.groups)


def _go(hub: Hub, number: int) -> None:
    hub.people.remove(name_of(number))


def _turn(
    rig: SiteRig,
    hub: Hub,
    act: Callable[[], object],
    whose: tuple[Sequence[str], Sequence[str]],
    found: _Found,
) -> None:
    """`act` changes somebody, of whom the doors hear, those that have them first."""
    doors, others = whose
    idle, quiet_bytes, begun = used_by(rig), loopback_bytes(), time.time()
    time.sleep(QUIET_S)
    before, sent, committing = used_by(rig), loopback_bytes(), time.time()
    act()
    since, seq = time.time(), seq_of(hub)
    told = rig.doors.told("until", doors=doors, seq=seq, since=since)
    found.heard += [1000 * one for one in told["heard"]]
    found.alone += [1000 * one for one in told.get("alone", ())]
    found.taken += [1000 * one for one in told["times"]]
    if others:
        elsewhere = rig.doors.told("until", doors=others, seq=seq, since=since)
        found.elsewhere += [1000 * one for one in elsewhere["heard"]]
    waits = sorted(answered(rig.answers, seq))[: len(doors) + len(others)]
    found.answered += [1000 * (one - since) for one in waits]
    time.sleep(AFTERWARDS_S)
    quiet_s, busy_s = committing - begun, time.time() - committing
    for at, (one, two, three) in enumerate(zip(idle, before, used_by(rig), strict=True)):
        waiting = (two.cpu_s - one.cpu_s) / quiet_s * busy_s
        found.used[at] += three.cpu_s - two.cpu_s - waiting
    found.bytes += loopback_bytes() - sent - (sent - quiet_bytes) / quiet_s * busy_s
