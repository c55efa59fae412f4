"""Proposals that are held, and what an operator decides of them.

Decided is all that a door proposed of one person together: whom it enrolled, with the photos, rules
and badges that followed. Either they are somebody new, or the photos are of somebody who is
enrolled already, or nothing of it counts. What was held is then gone.
"""

import base64
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, func, select

from accessctl.domain import PersonRules
from accessctl.errors import InputError
from accessctl.gallery.person import rules_to_bytes
from accessctl.hub import person_document as document
from accessctl.hub.applying import apply_proposal, kept_photo
from accessctl.hub.feed import HELD_KIND, SiteFeed
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.judging import HeldCause
from accessctl.hub.people import SitePeople
from accessctl.hub.people_journal import MAX_OPERATOR
from accessctl.hub.roll import Everybody
from accessctl.hub.site_edit import SiteEdit, forget_held
from accessctl.hub.tables import DOOR, HELD, PHOTO
from accessctl.sync.proposals import AddPerson, AddPhoto, Proposed, read_proposal
from accessctl.sync.site_sealing import SealedDocument

log = logging.getLogger(__name__)

TAKE, ADD_TO, DROP = "take", "add_to", "drop"


@dataclass(frozen=True, slots=True)
class HeldProposal:
    """One that waits: `door` is its door's name, `person` an id, `name` what the person is called
    or shall be, `like` whom the photo shows (a name, None for nobody). `cause` is a HeldCause;
    `time` epoch seconds, when it was made at the door. `other` is the id of whoever is enrolled and
    is shown by the photo, or has the name; None for nobody."""

    number: int
    door: str
    person: str
    name: str
    change: str
    cause: str
    like: str | None
    time: float
    other: str | None = None


class HeldProposals:
    """Everything raises StoreError; `now` is epoch time."""

    def __init__(self, feed: SiteFeed, people: SitePeople, now: Callable[[], float]) -> None:
        self._feed = feed
        self._people = people
        self._now = now

    def listed(self) -> list[HeldProposal]:
        """All that wait, in the order in which they came."""
        query = select(HELD, DOOR.c.name.label("door_name")).join(DOOR, DOOR.c.id == HELD.c.door)
        with self._feed.database.reading() as db:
            rows = db.execute(query.where(HELD.c.decided.is_(None)).order_by(HELD.c.number)).all()
            said = {row.number: self._said(row) for row in rows}
        everybody = self._people.everybody()
        people = everybody.people
        new = {
            row.person: proposed.name
            for row in rows
            if isinstance(proposed := said[row.number], AddPerson)
        }
        names = {**new, **{person.id: person.name for person in people.values()}}
        return [
            HeldProposal(
                row.number,
                row.door_name,
                row.person,
                names.get(row.person, ""),
                row.change,
                row.cause,
                None if row.like is None else names.get(row.like, row.like),
                row.time,
                _other(everybody, row, said[row.number]),
            )
            for row in rows
        ]

    def waiting(self) -> int:
        """How many decisions are due: of somebody new one, with all that followed."""
        due = HELD.c.decided.is_(None) & (HELD.c.cause != HeldCause.FOLLOWS)
        query = select(func.count()).select_from(HELD).where(due)
        with self._feed.database.reading() as db:
            return int(db.execute(query).scalar_one())

    def picture(self, number: int, operator: str) -> bytes | None:
        """The photo (JPEG) that is held by that number, None where it has none; that `operator`
        looked at it is on record. InputError."""
        with self._feed.database.writing() as db:
            proposed = self._said(_waiting(db, number))
            told = {"held": number, "operator": operator[:MAX_OPERATOR]}
            write_journal(self._feed.database, db, JournalKind.SHOWN, self._now(), told)
        if not isinstance(proposed, AddPerson | AddPhoto) or not proposed.photo.sealed:
            return None
        return self._feed.keys.open_photo(proposed.photo.sealed, proposed.photo.photo)

    def other_picture(self, number: int, operator: str) -> bytes | None:
        """The best photo (JPEG) of whoever is enrolled and is the `other` of what is held by that
        number, None where there is none; that `operator` looked at it is on record. InputError."""
        everybody = self._people.everybody()
        with self._feed.database.writing() as db:
            row = _waiting(db, number)
            other = _other(everybody, row, self._said(row))
            told = {"held": number, "person": other, "operator": operator[:MAX_OPERATOR]}
            write_journal(self._feed.database, db, JournalKind.SHOWN, self._now(), told)
            photos = select(PHOTO).where(PHOTO.c.person == other, PHOTO.c.sealed.is_not(None))
            photo = db.execute(photos.order_by(PHOTO.c.quality.desc(), PHOTO.c.id)).first()
        if photo is None:
            return None
        sealed = base64.b64encode(photo.sealed).decode("ascii")
        return self._feed.keys.open_photo(sealed, photo.id)

    def take(self, number: int, name: str, operator: str, groups: Sequence[str] = ()) -> str:
        """They are somebody new, of that name, with all that was proposed of them, and in these
        `groups` where some are named; their name as it is kept. InputError, NameTakenError,
        BadNameError."""
        with self._people.changing() as edit:
            row = _waiting(edit.db, number)
            proposals = [self._said(one) for one in _all_of(edit.db, row)]
            first, *others = proposals
            if not isinstance(first, AddPerson):
                raise InputError(
                    "That is a photo of somebody enrolled already; say whose it is with --add-to, "
                    "or --drop."
                )
            apply_proposal(edit, row.person, first.model_copy(update={"name": name}))
            for proposed in others:
                self._follow(edit, row.person, proposed)
            if groups:
                rules = document.rules_of(edit.find(row.person)) or PersonRules()
                kept = rules_to_bytes(replace(rules, groups=tuple(groups)))
                edit.set_text(row.person, "rules", kept.decode("ascii"))
            self._decided(edit, row, TAKE, operator, row.person)
            return edit.find(row.person).name

    def add_to(self, number: int, name: str, operator: str) -> str:
        """The photos that are held show whoever is enrolled by that name, whose they are from now
        on; the rest counts for nothing. Their name. InputError, UnknownPersonError."""
        with self._people.changing() as edit:
            row = _waiting(edit.db, number)
            person = edit.everybody.named(name)
            for proposed in map(self._said, self._belonging(edit.db, row)):
                if isinstance(proposed, AddPerson | AddPhoto):
                    edit.add_photo(person.id, *kept_photo(proposed.photo))
            self._decided(edit, row, ADD_TO, operator, person.id)
            return person.name

    def drop(self, number: int, operator: str) -> None:
        """Nothing of it counts; InputError."""
        with self._people.changing() as edit:
            row = _waiting(edit.db, number)
            self._decided(edit, row, DROP, operator, row.person)

    def _follow(self, edit: SiteEdit, person: str, proposed: Proposed) -> None:
        """What followed was judged by nobody: of it is done what can be done."""
        try:
            apply_proposal(edit, person, proposed)
        except InputError as error:
            log.warning("Something that was held with a person is left out: %s", error)

    def _decided(
        self, edit: SiteEdit, row: Row[Any], decision: str, operator: str, person: str
    ) -> None:
        which = HELD.c.number.in_([one.number for one in self._belonging(edit.db, row)])
        forget_held(edit.db, which, decision, self._now())
        told = {
            "held": row.number,
            "door": row.door,
            "decision": decision,
            "person": person,
            "operator": operator[:MAX_OPERATOR],
        }
        write_journal(self._feed.database, edit.db, JournalKind.DECIDED, self._now(), told)

    def _belonging(self, db: Connection, row: Row[Any]) -> list[Row[Any]]:
        """Of somebody new all that is held of them; of somebody enrolled that one photo."""
        everything = _all_of(db, row)
        is_new = isinstance(self._said(everything[0]), AddPerson)
        return everything if is_new else [row]

    def _said(self, row: Row[Any]) -> Proposed:
        sealed = SealedDocument(row.generation, row.wrapped, row.sealed)
        content = self._feed.opened(sealed, HELD_KIND, str(row.number))
        return read_proposal(row.change, content.decode("utf-8"))


def _other(everybody: Everybody, row: Row[Any], proposed: Proposed) -> str | None:
    """The id of whoever is enrolled and is taken for whom the proposal is about."""
    if row.like in everybody.people:
        return str(row.like)
    if row.cause != HeldCause.NAME or not isinstance(proposed, AddPerson):
        return None
    owner = everybody.taken_by(proposed.name)
    return None if owner is None else owner.id


def _waiting(db: Connection, number: int) -> Row[Any]:
    row = db.execute(select(HELD).where(HELD.c.number == number, HELD.c.decided.is_(None))).first()
    if row is None:
        raise InputError(
            f"Nothing is held by the number {number}; `accessctl hub held` lists what is."
        )
    return row


def _all_of(db: Connection, row: Row[Any]) -> list[Row[Any]]:
    """What is held of that person, in its order."""
    same = (HELD.c.person == row.person) & HELD.c.decided.is_(None)
    return list(db.execute(select(HELD).where(same).order_by(HELD.c.number)).all())
