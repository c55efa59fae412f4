"""What an impact assessment has to say of this site, measured: read from the hub, never typed."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from accessctl.config import Config
from accessctl.domain import Event, EventKind, Outcome, PersonId, Reason
from accessctl.evaluation.seen_here import DoorAsItIs, rate_here, unknown_visits
from accessctl.hub.assembly import Hub
from accessctl.hub.database import in_pages
from accessctl.hub.door_feed import scope_of
from accessctl.hub.journal import JournalKind
from accessctl.hub.tables import DOOR, EVENT, JOINED, JOURNAL, PERSON, PHOTO, SITE_KEY
from accessctl.hub.verify import SiteReport, verify_site
from accessctl.policy.expiry import ExpirySpans
from accessctl.recognition.rate_here import StrangerSource, summary

LIVENESS_REASONS = (Reason.NOT_LIVE, Reason.LIVENESS_UNDECIDED, Reason.NO_GESTURE)


@dataclass(frozen=True, slots=True)
class DoorFigures:
    """What one door's log at the hub says: how its attempts ended, by outcome and by the reasons
    of liveness, and how near strangers came against what its encoder states, in a sentence."""

    name: str
    is_joined: bool
    seen: float | None
    groups: tuple[str, ...] | None
    records: int
    oldest: float | None
    outcomes: Mapping[str, int]
    liveness: Mapping[str, int]
    encoders: tuple[str, ...]
    seen_here: str


@dataclass(frozen=True, slots=True)
class SiteFigures:
    """Everything that the assessment is filled with; times are epoch seconds.

    `consents` counts people by how the consent was given that counts now, "none" among them;
    `withheld` those who go to no door, by the cause; `owing` are the removals of which a receipt
    is owed, and by how many doors.
    """

    made: float
    fingerprint: str
    is_embedded: bool
    people: int
    photos: int
    pictures: int
    templates: Mapping[str, int]
    with_pin: int
    badges: int
    consents: Mapping[str, int]
    text_version: int | None
    withheld: Mapping[str, int]
    spans: ExpirySpans
    expiring: int
    doors: tuple[DoorFigures, ...]
    generations: int
    removals: int
    owing: Mapping[str, int]
    lost: int
    backups: int
    audit: SiteReport


def site_figures(hub: Hub, config: Config) -> SiteFigures:
    """Reads all records of all doors, as `hub verify` does; StoreError."""
    everybody = list(hub.people.everybody().people.values())
    consents = hub.consents.listed()
    texts = hub.consents.texts()
    removals = hub.removals.listed()
    with hub.database.reading() as db:
        doors = tuple(_doors(db, hub, config, len(everybody)))
        pictures = select(func.count()).select_from(PHOTO).where(PHOTO.c.sealed.is_not(None))
        backups = (
            select(func.count()).where(JOURNAL.c.kind == JournalKind.BACKED_UP).select_from(JOURNAL)
        )
        withheld = Counter(
            cause for cause in db.execute(select(PERSON.c.withheld)).scalars() if cause
        )
        counts = [db.execute(query).scalar_one() for query in (pictures, backups)]
        generations = len(db.execute(select(SITE_KEY.c.generation)).all())
    templates = Counter(
        encoder for person in everybody for photo in person.photos for encoder in photo.templates
    )
    return SiteFigures(
        made=hub.now(),
        fingerprint=hub.authority.fingerprint,
        is_embedded=hub.database.is_embedded,
        people=len(everybody),
        photos=sum(len(person.photos) for person in everybody),
        pictures=counts[0],
        templates=templates,
        with_pin=sum(person.pin is not None for person in everybody),
        badges=sum(len(person.badges) for person in everybody),
        consents=Counter(
            "none" if one.current is None else one.current.how.value for one in consents
        ),
        text_version=texts[-1].version if texts else None,
        withheld=withheld,
        spans=hub.expiry.settings.in_force().spans,
        expiring=len(hub.expiry.state().people),
        doors=doors,
        generations=generations,
        removals=len(removals),
        owing={one.person: len(one.owed) for one in removals if one.owed},
        lost=sum(len(one.lost) for one in removals),
        backups=counts[1],
        audit=verify_site(hub.database),
    )


def _doors(db: Connection, hub: Hub, config: Config, people: int) -> Iterator[DoorFigures]:
    for row in db.execute(select(DOOR).order_by(DOOR.c.name, DOOR.c.joined)).all():
        outcomes, liveness, records, oldest = Counter[str](), Counter[str](), 0, None
        started: dict[tuple[str, str, str], None] = {}
        for event in _events(db, row.id):
            records += 1
            oldest = event.time if oldest is None else min(oldest, event.time)
            if event.kind is EventKind.DECISION:
                outcomes[str(event.data.get("decision"))] += 1
                reason = event.data.get("reason")
                liveness.update([str(reason)] if reason in LIVENESS_REASONS else [])
            elif event.data.get("state") == "started" and "encoder" in event.data:
                started[_engine(event)] = None
        yield DoorFigures(
            name=row.name,
            is_joined=row.state == JOINED,
            seen=row.seen,
            groups=scope_of(db, row.id).groups,
            records=records,
            oldest=oldest,
            outcomes={one.value: outcomes[one.value] for one in Outcome},
            liveness={one.value: liveness[one.value] for one in LIVENESS_REASONS},
            encoders=tuple(encoder for _, encoder, _ in started),
            seen_here=_seen_here(db, row.id, list(started), config, (hub.now(), people)),
        )


def _engine(event: Event) -> tuple[str, str, str]:
    return (
        str(event.data.get("door")),
        str(event.data["encoder"]),
        str(event.data.get("calibration")),
    )


def _seen_here(
    db: Connection,
    door: str,
    started: list[tuple[str, str, str]],
    config: Config,
    known: tuple[float, int],
) -> str:
    """Of the encoder that the door was started with last."""
    if not started:
        return "its log does not say which encoder it has"
    name, encoder, calibration = started[-1]
    visits = unknown_visits(enumerate(_events(db, door)), name, encoder, calibration)
    if not visits.looks:
        return "no unknown visit is on record with this encoder"
    made, people = known
    it = DoorAsItIs(
        encoder=encoder,
        calibration=calibration,
        gallery="",
        enrolled=people,
        attempt_fpir=config.policy.attempt_fpir,
    )
    return summary(rate_here(visits.looks, StrangerSource.VISITS, it, made=made))


def _events(db: Connection, door: str) -> Iterator[Event]:
    """What this hub can read of a door's records: a newer door may tell of other kinds."""
    query = in_pages(select(EVENT.c.record).where(EVENT.c.door == door).order_by(EVENT.c.number))
    with db.execute(query) as rows:
        for record in rows.scalars():
            _, time, kind, person, text = json.loads(record)
            if kind in set(EventKind):
                data: dict[str, Any] = json.loads(text)
                whose = PersonId(person) if isinstance(person, str) else None
                yield Event(float(time), EventKind(kind), data, whose)
