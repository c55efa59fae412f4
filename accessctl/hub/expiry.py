"""Who was let in nowhere for long: listed, disabled, and removed, each on record.

Judged once a day by the hub's server. What is due of whom is `policy.expiry`' concern; here it is
read and done, each step and its record in one transaction.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, select, update

from accessctl.config import HubConfig
from accessctl.errors import InputError
from accessctl.gallery.people import gone
from accessctl.hub.consent import Consents
from accessctl.hub.expiry_spans import SpanSettings
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.last_grants import forget_removed
from accessctl.hub.roll import Everybody
from accessctl.hub.site_edit import SiteEdit
from accessctl.hub.tables import DOOR, DORMANCY, JOINED, LAST_GRANT
from accessctl.hub.withholding import CLOCK, Withholding
from accessctl.policy.expiry import (
    Attendance,
    ExpirySpans,
    ExpiryStep,
    Fate,
    expires_at,
    fate_of,
    heard_until,
    spans_of_days,
    step_for,
)


@dataclass(frozen=True, slots=True)
class ExpiringPerson:
    """Somebody who will be disabled at `ends`, or removed then, being disabled already; `seen` is
    from when on their absence counts. Epoch seconds."""

    person: str
    name: str = field(repr=False)
    seen: float
    ends: float
    is_disabled: bool


@dataclass(frozen=True, slots=True)
class PersonExpiry:
    """How it stands with one person: when they were let in last, when they are disabled at all
    doors if they are not let in again, since when they are, and when they are removed then. Epoch
    seconds, None for never."""

    granted: float | None
    ends: float | None
    disabled: float | None
    removed: float | None


@dataclass(frozen=True, slots=True)
class ExpiryState:
    """Who is near their end, the nearest first, and up to when all doors' logs are here; `behind`
    are the names of the doors that everything waits for, None in `heard` goes with some."""

    people: tuple[ExpiringPerson, ...]
    heard: float | None
    behind: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ForeseenPerson:
    """What becomes of somebody by spans that are looked at, and what by those that count; `seen` is
    from when on their absence counts, epoch seconds."""

    person: str
    name: str = field(repr=False)
    seen: float
    fate: Fate
    present: Fate


def spans_of(config: HubConfig) -> ExpirySpans:
    return spans_of_days(
        config.expire_after_days, config.remove_after_days, config.expire_warn_days
    )


class Expiry:
    """Everything raises StoreError."""

    def __init__(
        self, withholding: Withholding, consents: Consents, settings: SpanSettings
    ) -> None:
        self.settings = settings
        self._withholding = withholding
        self._consents = consents
        self._database = withholding.database
        self._people = withholding.people
        self._now = withholding.now

    def judge(self) -> Mapping[ExpiryStep, int]:
        """Do what is due of everybody; how many of each step. Nothing is written where nothing
        is."""
        done = dict.fromkeys(ExpiryStep, 0)
        with self._database.writing() as db:
            forget_removed(db)
        with self._database.reading() as db:
            is_due = bool(self._due(db, self._people.everybody()))
        if not is_due:
            return done
        with self._people.changing() as edit:
            for person, step in self._due(edit.db, edit.everybody).items():
                self._do(edit, person, step)
                done[step] += 1
        return done

    def state(self) -> ExpiryState:
        """Who is near their end, as it is known now."""
        with self._database.reading() as db:
            heard, behind = _heard(db, self._now())
            spans = self.settings.in_force_in(db).spans
            found = [
                listed
                for person, attendance in attendances(db, self._people.everybody()).items()
                if (listed := self._listed(spans, person, attendance)) is not None
            ]
        return ExpiryState(tuple(sorted(found, key=lambda one: one.ends)), heard, behind)

    def of(self, person: str) -> PersonExpiry:
        """Of the person of that id; UnknownPersonError."""
        with self._database.reading() as db:
            spans = self.settings.in_force_in(db).spans
            found = attendances(db, self._people.everybody()).get(person)
        if found is None:
            raise gone()
        disabled = found.disabled
        removed = None if disabled is None else disabled + spans.remove_after
        return PersonExpiry(found.granted, expires_at(spans, found), disabled, removed)

    def foresee(self, spans: ExpirySpans) -> tuple[ForeseenPerson, ...]:
        """Everybody of whom these spans make something else than never, or than those that count
        do; who is disabled first comes first. Nothing is changed."""
        now = self._now()
        with self._database.reading() as db:
            heard, _ = _heard(db, now)
            present = self.settings.in_force_in(db).spans
            everybody = self._people.everybody()
            known = attendances(db, everybody)
        found = [
            ForeseenPerson(
                person,
                everybody.people[person].name,
                attendance.seen,
                fate_of(spans, attendance, heard, now),
                fate_of(present, attendance, heard, now),
            )
            for person, attendance in known.items()
        ]
        concerned = [
            one for one in found if one.fate.disabled is not None or one.fate != one.present
        ]
        return tuple(sorted(concerned, key=_first_disabled))

    def keep(self, name: str, operator: str) -> None:
        """Count somebody's absence from now on: they are enabled again where they were disabled.
        UnknownPersonError, and InputError where nobody ever expires."""
        if self.settings.in_force().spans.disable_after is None:
            raise InputError("Nobody expires at this site: all are kept.")
        with self._people.changing() as edit:
            person = edit.everybody.named(name).id
            self._tell(edit.db, person, "kept", operator)
            _put(edit.db, person, kept=self._now(), warned=None, disabled=None)
            self._withholding.settle_in(edit, operator, person)

    def _due(self, db: Connection, everybody: Everybody) -> dict[str, ExpiryStep]:
        now = self._now()
        heard, _ = _heard(db, now)
        spans = self.settings.in_force_in(db).spans
        steps = {
            person: step_for(spans, attendance, heard, now)
            for person, attendance in attendances(db, everybody).items()
        }
        return {person: step for person, step in steps.items() if step is not ExpiryStep.NONE}

    def _do(self, edit: SiteEdit, person: str, step: ExpiryStep) -> None:
        self._tell(edit.db, person, step.value, CLOCK)
        if step is ExpiryStep.REMOVE:
            self._consents.remove_in(edit, person, CLOCK)
        elif step is ExpiryStep.WARN:
            _put(edit.db, person, warned=self._now())
        else:
            disabled = self._now() if step is ExpiryStep.DISABLE else None
            _put(edit.db, person, disabled=disabled)
            self._withholding.settle_in(edit, CLOCK, person)

    def _listed(
        self, spans: ExpirySpans, person: str, attendance: Attendance
    ) -> ExpiringPerson | None:
        end = expires_at(spans, attendance)
        if end is None:
            return None
        is_disabled = attendance.disabled is not None
        if attendance.disabled is not None:
            end = attendance.disabled + spans.remove_after
        elif self._now() < end - spans.warn_before:
            return None
        name = self._people.everybody().people[person].name
        return ExpiringPerson(person, name, attendance.seen, end, is_disabled)

    def _tell(self, db: Connection, person: str, step: str, operator: str) -> None:
        told = {"person": person, "step": step, "operator": operator}
        write_journal(self._database, db, JournalKind.EXPIRY, self._now(), told)


def attendances(db: Connection, everybody: Everybody) -> Mapping[str, Attendance]:
    """By the id of everybody who is enrolled."""
    granted = {row.person: row.time for row in db.execute(select(LAST_GRANT))}
    dormant = {row.person: row for row in db.execute(select(DORMANCY))}
    found = {}
    for person in everybody.people.values():
        row = dormant.get(person.id)
        found[person.id] = Attendance(
            enrolled=person.enrolled,
            granted=granted.get(person.id),
            kept=None if row is None else row.kept,
            warned=None if row is None else row.warned,
            disabled=None if row is None else row.disabled,
        )
    return found


def _first_disabled(one: ForeseenPerson) -> tuple[float, str]:
    return math.inf if one.fate.disabled is None else one.fate.disabled, one.name.casefold()


def _heard(db: Connection, now: float) -> tuple[float | None, tuple[str, ...]]:
    """Up to when all doors' logs are here, and the names of those whose logs are behind what they
    signed, or of which nothing came yet."""
    doors = db.execute(select(DOOR).where(DOOR.c.state == JOINED).order_by(DOOR.c.name)).all()
    times: list[float | None] = []
    behind = []
    for door in doors:
        is_whole = door.mark_number is not None and (door.head_number or 0) <= door.mark_number
        times.append(door.seen if is_whole else None)
        if not is_whole or door.seen is None:
            behind.append(door.name)
    return heard_until(now, times), tuple(behind)


def _put(db: Connection, person: str, **values: float | None) -> None:
    there = update(DORMANCY).where(DORMANCY.c.person == person).values(**values)
    if not db.execute(there).rowcount:
        db.execute(DORMANCY.insert().values(person=person, **values))
