"""A site with doors and events as its console shows them: made by hand, the same each time."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from accessctl.audit.append import End
from accessctl.audit.schema import GENESIS, link, record_bytes, row_of
from accessctl.domain import Embedding, Event, EventKind, Match, PersonId, PersonRules, Sighting
from accessctl.gallery.badges import Badge
from accessctl.gallery.people import NewPhoto, no_record
from accessctl.hub.assembly import Hub
from accessctl.hub.database import HubDatabase
from accessctl.hub.tables import ALARM, DOOR, EVENT, JOINED
from accessctl.policy.circumstances import Proof
from accessctl.policy.decide import DecisionRules, Evidence
from accessctl.policy.evidence_record import (
    CueWord,
    EvidenceRecord,
    LivenessRecord,
    limits_to_data,
    to_data,
)

COLLINS, HOPPER = PersonId("5f0c1d2e3a4b596877889900aabbccdd"), PersonId("9b" * 16)
NAMES: Mapping[PersonId, str] = {COLLINS: "Eileen Collins", HOPPER: "Grace Hopper"}
LIMITS = DecisionRules(
    max_fmr=1e-5,
    frame_fmr=1e-3,
    min_frames=3,
    min_margin=0.5,
    unknown_after_frames=10,
    unknown_after_s=2.0,
    cooldown_s=5.0,
)
FRONT, BACK, LAB = "a" * 32, "b" * 32, "c" * 32


@dataclass(frozen=True)
class SampleDecision:
    """One decision: `agreeing` of its frames speak for the person, at this false-match rate."""

    outcome: str
    reason: str
    person: PersonId | None = COLLINS
    fmr: float = 2e-7
    similarity: float = 0.71
    margin: float = 4.2
    frames: int = 6
    agreeing: int = 6
    cues: tuple[CueWord, ...] = ()
    groups: tuple[str, ...] = ("staff",)
    limited: bool = True

    def event(self, time: float) -> Event:
        pooled = Match(COLLINS, self.similarity, 6.0, self.margin, self.fmr / 2, self.fmr)
        silent = replace(pooled, fmr=0.5)
        sightings = tuple(
            Sighting(0.0, np.zeros(1, np.float32), 0.9, pooled if at < self.agreeing else silent)
            for at in range(self.frames)
        )
        recorded = EvidenceRecord(
            evidence=Evidence(sightings, pooled, self.frames, 0.0),
            now=0.8,
            last_grant=None,
            people=214,
            door="front",
            person=PersonRules(self.groups),
            liveness=Proof.SHOWN,
            cues=LivenessRecord("passive", self.cues),
        )
        limits = {"limits": limits_to_data(LIMITS)} if self.limited else {}
        data = {
            "visit": "ab12",
            "attempt": 1,
            "attempts_left": 0,
            "decision": self.outcome,
            "reason": self.reason,
            "similarity": self.similarity,
            "margin": None if math.isinf(self.margin) else self.margin,
            "frames": self.frames,
            "latency_ms": 812.0,
            "viewing": {"light": 0.43, "badly_lit": 0.0, "oldest_s": 0.12},
            "evidence": {**to_data(recorded), **limits},
        }
        return Event(time, EventKind.DECISION, data, self.person)


LIVING = (
    CueWord("texture", "confirm", 0.91, 0.5),
    CueWord("depth", "clear", 0.2, 0.6),
    CueWord("blink", "undecided", None, 0.4),
)
SCREEN = (
    CueWord("edges", "veto", 0.83, 0.35),
    CueWord("texture", "doubt", 0.08, 0.5),
    CueWord("depth", "undecided", None, 0.6),
)
GRANTED = SampleDecision("granted", "matched", cues=LIVING)
STRANGER = SampleDecision(
    "unknown", "no_match", None, fmr=3e-3, similarity=0.38, margin=0.3, agreeing=1
)
SPOOF = SampleDecision("denied", "not_live", cues=SCREEN)
LATE = SampleDecision("denied", "outside_schedule", HOPPER, cues=LIVING)


def put_door(database: HubDatabase, door: str, name: str, seen: float | None) -> None:
    """A door that has joined, heard of at `seen`, without a record."""
    with database.writing() as db:
        db.execute(DOOR.insert().values(id=door, name=name, state=JOINED, joined=1.0, seen=seen))


def put_events(database: HubDatabase, door: str, events: Iterable[Event]) -> None:
    """More records of that door, chained as its own log is."""
    with database.writing() as db:
        found = db.execute(DOOR.select().where(DOOR.c.id == door)).one()
        end = End(found.mark_number or 0, found.mark_hash or GENESIS)
        for event in events:
            number = end.number + 1
            record = record_bytes(number, *row_of(event))
            digest = link(end.hash, record)
            db.execute(
                EVENT.insert().values(
                    door=door,
                    number=number,
                    previous=end.hash,
                    hash=digest,
                    record=record,
                    time=event.time,
                    kind=event.kind.value,
                    received=event.time,
                )
            )
            end = End(number, digest)
        db.execute(
            DOOR.update()
            .where(DOOR.c.id == door)
            .values(mark_number=end.number, mark_hash=end.hash)
        )


def service(state: str, time: float, **more: Any) -> Event:
    return Event(time, EventKind.SERVICE, {"state": state, **more})


def doorway(state: str, time: float, **more: Any) -> Event:
    return Event(time, EventKind.DOORWAY, {"state": state, **more})


def put_site(database: HubDatabase, now: float) -> None:
    """Three doors: one in order, one forced open, one that has fallen silent."""
    put_door(database, FRONT, "front-door", now - 5)
    put_door(database, BACK, "back-door", now - 8)
    put_door(database, LAB, "laboratory", now - 5400)
    begun = now - 90000
    put_events(
        database,
        FRONT,
        [
            service("started", begun),
            doorway("doorway_started", begun + 1, posture="normal", face_entry=True),
            GRANTED.event(begun + 3000),
            STRANGER.event(now - 7000),
            LATE.event(now - 3600),
            SPOOF.event(now - 900),
            GRANTED.event(now - 60),
            Event(
                now - 59,
                EventKind.ACTION,
                {"action": "open-lock", "ok": True, "detail": "", "duration_ms": 12.0},
                COLLINS,
            ),
            doorway("entered", now - 55, by="face", visit="ab12"),
        ],
    )
    put_events(
        database,
        BACK,
        [
            service("started", begun),
            doorway("doorway_started", begun + 1, posture="locked_down", face_entry=True),
            doorway("forced", now - 400, posture="locked_down"),
            service("camera_dark", now - 300),
        ],
    )
    put_events(database, LAB, [service("started", begun), GRANTED.event(now - 5500)])
    with database.writing() as db:
        db.execute(
            ALARM.insert().values(
                door=LAB, kind="gap", number=3, time=now - 5000, problem="records are missing"
            )
        )


def sample_photo(embedding: Embedding, added: float) -> NewPhoto:
    """One without a picture to speak of."""
    return NewPhoto(
        jpeg=b"\xff\xd8\xff\xd9",
        embedding=embedding,
        fingerprint="f" * 64,
        quality=0.9,
        added=added,
    )


def put_people(hub: Hub, added: float) -> None:
    """Two people, one with a badge and rules; the site has two groups."""
    office = {"days": ["mon", "tue", "wed"], "opens": "08:00", "closes": "18:00"}
    groups = {"staff": {"schedule": "office"}, "night": {}}
    rules = {"timezone": "Europe/Berlin", "schedules": {"office": [office]}, "groups": groups}
    hub.site.set_rules(rules, "tests")
    photo = sample_photo(np.float32([1, 0, 0, 0]), added)
    for person in NAMES:
        put_person(hub, person, photo)
    hub.people.set_rules(COLLINS, PersonRules(("staff",)))
    hub.people.add_badge(Badge(COLLINS, b"\xab" * 32, added))


def put_person(hub: Hub, person: PersonId, photo: NewPhoto) -> None:
    """One of those in NAMES is enrolled, under their id there."""
    kept, picture = hub.people._to_keep(photo)
    with hub.people.changing() as edit:
        edit.add_person(person, NAMES[person], kept, picture, no_record)
