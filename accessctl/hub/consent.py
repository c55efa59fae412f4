"""The consents of a site's people: the versions of the text, who gave which, and withdrawals.

What is consented to is the text whose SHA-256 stands in its version's row; no version is ever
changed. Who signed or witnessed lies sealed, and is destroyed with the person; that somebody of
that id consented, to which version and when, stays as the site's proof. Each change and its record
are one transaction.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select, update

from accessctl.audit.base import person_event
from accessctl.errors import InputError
from accessctl.hub.feed import CONSENT_KIND, SiteFeed
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.people import SitePeople
from accessctl.hub.people_journal import PeopleJournal
from accessctl.hub.site_edit import SiteEdit
from accessctl.hub.tables import CONSENT, CONSENT_TEXT
from accessctl.hub.withholding import Withholding, consents_in, texts_in
from accessctl.policy.consent import (
    ConsentRecord,
    ConsentText,
    ConsentWay,
    GivenConsent,
    check_given,
    counting,
    counts_until,
)
from accessctl.sync.site_sealing import SealedDocument

MAX_TEXT_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class PersonConsent:
    """How it stands with one person: the consent of theirs that counts now, None: none does, and
    until when (epoch seconds, None: until it is withdrawn)."""

    person: str
    name: str = field(repr=False)
    current: ConsentRecord | None
    until: float | None


class Consents:
    """Everything raises StoreError. People are named; UnknownPersonError for nobody's name.
    `operator` is who does it, for the record."""

    def __init__(self, feed: SiteFeed, people: SitePeople, withholding: Withholding) -> None:
        self._feed = feed
        self._people = people
        self._withholding = withholding

    def texts(self) -> list[ConsentText]:
        """All versions, the oldest first."""
        with self._feed.database.reading() as db:
            return texts_in(db)

    def add_text(
        self, content: bytes, operator: str, earlier_until: float | None = None
    ) -> ConsentText:
        """The next version, from now on the one that is consented to.

        With `earlier_until` (epoch seconds) consents to earlier versions count until then, and no
        longer; without it they count on. InputError for what is no text, for the words of a
        version that is there, and for a moment that is past.
        """
        text, digest = _checked_text(content), hashlib.sha256(content).digest()
        now = self._feed.now()
        if earlier_until is not None and earlier_until <= now:
            raise InputError(
                "The day until which earlier consents count is past; name one that is to come, so "
                "that there is time to ask everybody."
            )
        with self._people.changing() as edit:
            texts = texts_in(edit.db)
            for one in texts:
                if one.digest == digest:
                    raise InputError(f"These very words are version {one.version} already.")
            version = texts[-1].version + 1 if texts else 1
            told = {"version": version, "sha256": digest.hex(), "earlier_until": earlier_until}
            self._journal(edit.db, JournalKind.CONSENT_TEXT, operator, told)
            row = {
                "version": version,
                "digest": digest,
                "text": text,
                "time": now,
                "earlier_until": earlier_until,
            }
            edit.db.execute(CONSENT_TEXT.insert().values(row))
            self._withholding.settle_in(edit, operator)
        return ConsentText(version, digest, text, now, earlier_until)

    def give(
        self, name: str, given: GivenConsent, operator: str, version: int | None = None
    ) -> ConsentRecord:
        """Keep what this person gave, now: to the newest text, or to that `version` of it; another
        legal basis is to none. InputError where there is no such text."""
        check_given(given)
        with self._people.changing() as edit:
            person = edit.everybody.named(name).id
            chosen = None
            if given.how is not ConsentWay.OTHER_BASIS:
                chosen = _chosen(texts_in(edit.db), version, self._feed.now())
            record = ConsentRecord(
                number=_next_number(edit.db),
                person=person,
                version=chosen,
                how=given.how,
                time=self._feed.now(),
            )
            told = {"change": "given", "person": person, "version": chosen, "how": given.how.value}
            self._journal(edit.db, JournalKind.CONSENT, operator, told)
            self._keep(edit.db, record, given)
            self._withholding.settle_in(edit, operator, person)
        return record

    def withdraw(self, name: str, operator: str) -> str:
        """Their consents count no more, and they are removed from the site and all doors, in one
        transaction; their id. InputError for somebody of whom none is kept."""
        with self._people.changing() as edit:
            person = edit.called(name)
            if person not in consents_in(edit.db, person):
                raise InputError(
                    f"No consent of {name} is kept that could be withdrawn; remove them instead: "
                    "accessctl hub people remove NAME"
                )
            self._journal(
                edit.db,
                JournalKind.CONSENT,
                operator,
                {"change": "withdrawn", "person": person},
            )
            withdrawn = update(CONSENT).values(withdrawn=self._feed.now())
            edit.db.execute(
                withdrawn.where(CONSENT.c.person == person, CONSENT.c.withdrawn.is_(None))
            )
            self.remove_in(edit, person, operator)
        return person

    def remove_in(self, edit: SiteEdit, person: str, operator: str) -> None:
        """Remove somebody as every removal is done, with its record in the journal."""
        log = PeopleJournal(self._feed.database, self._people, operator)
        now = self._feed.now()
        edit.remove(person, lambda whose: log.append(person_event("removed", whose, now)))

    def listed(self) -> list[PersonConsent]:
        """Everybody who is enrolled, by name."""
        with self._feed.database.reading() as db:
            texts, consents = texts_in(db), consents_in(db)
        found = []
        for person in self._people.people():
            current = counting(consents.get(person.id, ()), texts, self._feed.now())
            until = None if current is None else counts_until(current, texts)
            found.append(PersonConsent(person.id, person.name, current, until))
        return found

    def of(self, person: str) -> Sequence[tuple[ConsentRecord, GivenConsent | None]]:
        """All consents of the person of that id, the oldest first, each with what was given; None
        where that was destroyed."""
        query = select(CONSENT).where(CONSENT.c.person == person)
        with self._feed.database.reading() as db:
            records = consents_in(db, person).get(person, [])
            sealed = {row.number: row for row in db.execute(query)}
        return [(record, self._opened(record, sealed[record.number])) for record in records]

    def _keep(self, db: Connection, record: ConsentRecord, given: GivenConsent) -> None:
        content = {
            "words": given.words.strip(),
            "strokes": base64.b64encode(given.strokes).decode("ascii"),
        }
        told = json.dumps(content).encode("ascii")
        sealed = self._feed.sealed(db, told, CONSENT_KIND, str(record.number))
        row = {
            "number": record.number,
            "person": record.person,
            "version": record.version,
            "how": record.how.value,
            "time": record.time,
            "generation": sealed.generation,
            "wrapped": sealed.wrapped,
            "sealed": sealed.content,
        }
        db.execute(CONSENT.insert().values(row))

    def _opened(self, record: ConsentRecord, row: Any) -> GivenConsent | None:
        if row.sealed is None:
            return None
        sealed = SealedDocument(row.generation, row.wrapped, row.sealed)
        content = json.loads(self._feed.opened(sealed, CONSENT_KIND, str(row.number)))
        return GivenConsent(record.how, content["words"], base64.b64decode(content["strokes"]))

    def _journal(
        self, db: Connection, kind: JournalKind, operator: str, told: dict[str, Any]
    ) -> None:
        told = {**told, "operator": operator}
        write_journal(self._feed.database, db, kind, self._feed.now(), told)


def _checked_text(content: bytes) -> str:
    """InputError for what is no text that somebody could read."""
    if len(content) > MAX_TEXT_BYTES:
        raise InputError(f"A text of consent has at most {MAX_TEXT_BYTES} bytes.")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError("A text of consent is a text file in UTF-8.") from error
    if not text.strip() or not all(one.isprintable() or one in "\n\r\t" for one in text):
        raise InputError("A text of consent is plain text, and says something.")
    return text


def _chosen(texts: Sequence[ConsentText], version: int | None, now: float) -> int:
    """The version that is consented to; InputError for none, and for one that counts no more."""
    if not texts:
        raise InputError(
            "There is no text to consent to yet; make one with: accessctl hub consent text FILE"
        )
    chosen = texts[-1].version if version is None else version
    if all(text.version != chosen for text in texts):
        raise InputError(f"There is no version {chosen} of the text; the newest is {len(texts)}.")
    asked = ConsentRecord(1, "", chosen, ConsentWay.WITNESS, now)
    if counting([asked], texts, now) is None:
        raise InputError(f"Version {chosen} of the text counts no more; take the newest.")
    return chosen


def _next_number(db: Connection) -> int:
    return (db.execute(select(func.max(CONSENT.c.number))).scalar() or 0) + 1
