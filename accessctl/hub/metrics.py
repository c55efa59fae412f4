"""The hub's state as Prometheus reads it; see accessctl.exposition.

No person is among them, by name or id; doors are named. Where the database does not answer there
is only what the hub itself knows.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from accessctl.errors import StoreError
from accessctl.exposition import MetricsServer, counts, gauge, gauges, histogram
from accessctl.hub.assembly import Hub
from accessctl.hub.doors import KnownDoor
from accessctl.hub.journal import JournalKind
from accessctl.hub.tables import JOINED, JOURNAL

if TYPE_CHECKING:
    from prometheus_client.core import Metric

SETTING = "hub.metrics_port"
UP = "1 while the hub's database answers, else 0."


@dataclass(frozen=True, slots=True)
class SiteState:
    """What the database says at one moment. `backed_up` is when the last backup was begun, epoch
    seconds, None for none; `held` are proposals that somebody has to decide."""

    doors: tuple[KnownDoor, ...]
    people: int
    withheld: int
    held: int
    backed_up: float | None


def hub_metrics(hub: Hub) -> AbstractContextManager[object]:
    """Serves them for as long as it is entered, where the configuration wants that; FaultError."""
    port = hub.config.metrics_port
    return nullcontext() if port is None else MetricsServer(port, HubMetrics(hub), SETTING)


class HubMetrics:
    """Of a hub that is open, begun when this is made."""

    def __init__(self, hub: Hub, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._hub = hub
        self._monotonic = monotonic
        self._began = monotonic()

    def collect(self) -> "Iterator[Metric]":
        yield gauge(
            "accessctl_hub_uptime_seconds",
            "Since the hub was started.",
            self._monotonic() - self._began,
        )
        yield from self._requests()
        try:
            state = site_state(self._hub)
        except StoreError:
            # Its sentence is in the log of whatever else asks; here one figure says it.
            yield gauge("accessctl_hub_up", UP, 0)
            return
        yield gauge("accessctl_hub_up", UP, 1)
        now = self._hub.now()
        connected = self._hub.waking.is_connected
        there = {one.id: connected(one.id) for one in state.doors}
        yield from _site(state, now)
        yield from _doors([one for one in state.doors if one.state == JOINED], there, now)

    def _requests(self) -> "Iterator[Metric]":
        tallied = self._hub.requests.now()
        yield counts(
            "accessctl_hub_requests",
            "Requests answered, by kind of status; a door's waits are not counted.",
            "status",
            tallied.answers,
        )
        yield gauge(
            "accessctl_hub_requests_under_way",
            "Requests that the hub works on now, waits not counted.",
            tallied.under_way,
        )
        yield histogram(
            "accessctl_hub_request_seconds",
            "Time that a request took, waits not counted.",
            {(): tallied.seconds},
            (),
        )


def site_state(hub: Hub) -> SiteState:
    """StoreError."""
    hub.database.check()
    newest = select(func.max(JOURNAL.c.time)).where(JOURNAL.c.kind == JournalKind.BACKED_UP)
    with hub.database.reading() as db:
        backed_up = db.execute(newest).scalar()
    return SiteState(
        tuple(hub.doors.listed()),
        len(hub.people.everybody().people),
        len(hub.people.withheld()),
        hub.held.waiting(),
        backed_up,
    )


def _site(state: SiteState, now: float) -> "Iterator[Metric]":
    states = Counter(one.state for one in state.doors)
    yield gauges(
        "accessctl_hub_doors", "Doors that ever joined, by what became of them.", "state", states
    )
    yield gauge("accessctl_hub_people", "People enrolled at the site.", state.people)
    yield gauge(
        "accessctl_hub_people_withheld",
        "Of them, those who are sent to no door.",
        state.withheld,
    )
    yield gauge("accessctl_hub_held", "Proposals of doors that somebody has to decide.", state.held)
    yield gauge(
        "accessctl_hub_backup_age_seconds",
        "Since the last backup of the hub was made; +Inf: there was none.",
        math.inf if state.backed_up is None else now - state.backed_up,
    )


def _doors(doors: list[KnownDoor], there: Mapping[str, bool], now: float) -> "Iterator[Metric]":
    """Of those that have joined, by their names."""

    def each(name: str, meaning: str, of: Callable[[KnownDoor], float]) -> "Metric":
        return gauges(name, meaning, "door", {one.name: of(one) for one in doors})

    yield each(
        "accessctl_hub_door_connected",
        "1 while the door waits at the hub, else 0.",
        lambda one: there[one.id],
    )
    yield each(
        "accessctl_hub_door_silent_seconds",
        "Since the door was last heard of; +Inf: never.",
        lambda one: math.inf if one.seen is None else max(0.0, now - one.seen),
    )
    yield each(
        "accessctl_hub_door_records",
        "Up to which record the door's log is at the hub.",
        lambda one: one.records,
    )
    yield each(
        "accessctl_hub_door_alarms",
        "Alarms that the door's log has given cause for.",
        lambda one: one.alarms,
    )
    yield each(
        "accessctl_hub_door_certificate_seconds",
        "Until the door's certificate runs out; NaN: it has none that counts.",
        lambda one: math.nan if one.expires is None else one.expires - now,
    )
