"""A door with twelve weeks of decisions, made up, the same each time."""

import random
from collections.abc import Iterator
from dataclasses import replace

from accessctl.domain import Event
from accessctl.hub.database import HubDatabase
from tests.console.sample_site import (
    GRANTED,
    SPOOF,
    STRANGER,
    put_door,
    put_events,
    service,
)

HARBOUR = "d" * 32
WEEKS, A_WEEK = 12, 60
WEEK_S = 7 * 86400.0
DARK_AFTER = 8
"""From that week on a lamp is broken."""


def put_weeks(database: HubDatabase, now: float) -> None:
    put_door(database, HARBOUR, "harbour", now - 3)
    put_events(database, HARBOUR, weeks_of_decisions(now))


def weeks_of_decisions(now: float, chance: random.Random | None = None) -> Iterator[Event]:
    """Ascending in time, the last within the hour before `now`."""
    chance = chance or random.Random(7)
    for week in range(WEEKS):
        begun = now - (WEEKS - week) * WEEK_S
        for at in range(A_WEEK):
            time = begun + (at + 1) / A_WEEK * (WEEK_S - 3600)
            yield a_decision(f"{week}-{at}", time, chance, dark=week >= DARK_AFTER)
        if week >= DARK_AFTER:
            yield service("camera_dark", begun + WEEK_S - 1800)


def a_decision(visit: str, time: float, chance: random.Random, *, dark: bool) -> Event:
    kind = chance.choices((GRANTED, STRANGER, SPOOF), (50, 45, 8 if dark else 3))[0]
    if kind is STRANGER:
        # Among 214 people a stranger's nearness is evenly spread where the rate is as stated.
        kind = replace(kind, fmr=1 - (1 - chance.uniform(0.001, 0.999)) ** (1 / 214))
    event = kind.event(time)
    light = min(1.0, max(0.0, chance.gauss(0.16 if dark else 0.42, 0.08)))
    seen = {
        "light": round(light, 2),
        "badly_lit": round(max(0.0, chance.gauss(0.5, 0.2)) if light < 0.16 else 0.0, 2),
        "oldest_s": round(chance.expovariate(8), 2),
    }
    waited = {"latency_ms": round(chance.uniform(350, 1600 if dark else 900), 1)}
    return replace(event, data={**event.data, "visit": visit, "viewing": seen, **waited})
