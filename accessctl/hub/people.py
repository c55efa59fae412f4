"""The people of a site as gallery.people.People: what administers a door's gallery works on it.

Each change is one transaction on the hub's database: the document in the feed, the pictures, and
whatever `record` writes with the same database (see people_journal). Ids are made here, but for
those that a door proposed.
"""

import base64
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Connection, Select, select

from accessctl.domain import Embedding, Person, PersonId, PersonRules
from accessctl.gallery.badges import Badge, checked_digest
from accessctl.gallery.people import (
    NewPhoto,
    PhotoEntry,
    Record,
    StoredPhoto,
    Template,
    no_record,
)
from accessctl.gallery.person import (
    ControllerNumber,
    PinHash,
    clean_name,
    name_key,
    number_to_bytes,
    pin_to_bytes,
    rules_to_bytes,
)
from accessctl.gallery.schema import GalleryMark, gallery_id
from accessctl.gallery.sealing import embeddings_from_bytes
from accessctl.hub import person_document as document
from accessctl.hub.doors import lock_joined
from accessctl.hub.feed import SiteFeed
from accessctl.hub.roll import Everybody, SiteRoll
from accessctl.hub.site_edit import SiteEdit
from accessctl.hub.tables import HISTORY, PERSON, PHOTO
from accessctl.policy.consent import Withheld
from accessctl.sync.feed_wire import SiteBadge, SitePhoto
from accessctl.sync.site_sealing import from_base64, seal_photo


class SitePeople:
    """See People; any thread may use it."""

    place = ""
    """It is nowhere that the journal is not: an older state of it comes with an older journal, and
    what doors and the hub signed to each other tells of that."""

    def __init__(
        self,
        feed: SiteFeed,
        random_bytes: Callable[[int], bytes],
        newcomer: Withheld | None = None,
    ) -> None:
        """`newcomer`: why somebody new is sent to no door yet."""
        self._feed = feed
        self._newcomer = newcomer
        self._random = random_bytes
        self._roll = SiteRoll(feed)
        self._open = threading.local()

    @contextmanager
    def changing(self, door: str | None = None) -> Iterator[SiteEdit]:
        """One transaction in which people are changed, all or nothing; in it, the caller's
        questions are answered as they are by then. Within another one of this thread it is part of
        that. StoreError.

        For what names a door, it is that `door`'s: HubError where it counts no more.
        """
        around = self._edit
        if around is not None:
            if door is not None:
                lock_joined(around.db, door)
            yield around
            return
        with self._feed.database.writing() as db:
            if door is not None:
                lock_joined(db, door)
            self._feed.lock(db)
            edit = SiteEdit(db, self._feed, self._roll.read(db), self._newcomer)
            self._open.edit = edit
            try:
                yield edit
                if edit.has_changed:
                    self._feed.keep_head(db)
            finally:
                self._open.edit = None

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """The one in which this thread changes people, or else one of its own."""
        edit = self._edit
        if edit is not None:
            yield edit.db
        else:
            with self._feed.database.writing() as db:
                yield db

    def everybody(self) -> Everybody:
        """As they are now."""
        edit = self._edit
        if edit is not None:
            return edit.everybody
        with self._feed.database.reading() as db:
            return self._roll.read(db)

    def people(self) -> list[Person]:
        found = map(document.enrolled, self.everybody().people.values())
        return sorted(found, key=lambda person: name_key(person.name))

    def person(self, name: str) -> Person:
        return document.enrolled(self.everybody().named(name))

    def free_name(self, name: str) -> str:
        name = clean_name(name)
        self.everybody().refuse_taken(name, None)
        return name

    def add_person(self, name: str, photo: NewPhoto, *, record: Record = no_record) -> Person:
        new, picture = self._to_keep(photo)
        with self.changing() as edit:
            person = self._random(16).hex()
            return document.enrolled(edit.add_person(person, name, new, picture, record))

    def add_photo(
        self, person_id: PersonId, photo: NewPhoto, *, record: Record = no_record
    ) -> Person:
        new, picture = self._to_keep(photo)
        with self.changing() as edit:
            return document.enrolled(edit.add_photo(person_id, new, picture, record))

    def rename(self, old: str, new: str, *, record: Record = no_record) -> Person:
        new = clean_name(new)
        with self.changing() as edit:
            person = edit.everybody.named(old)
            return document.enrolled(edit.rename(person.id, new, record))

    def remove(self, name: str, *, record: Record = no_record) -> Person:
        """By the name, or by the id; of somebody damaged nothing but the id is known."""
        with self.changing() as edit:
            return document.enrolled(edit.remove(edit.called(name), record))

    def damaged(self) -> list[PersonId]:
        """The ids of those whose document cannot be opened: they are at no door, and nothing can be
        done of them but to remove them."""
        return sorted(map(PersonId, self.everybody().damaged))

    def photo_entries(self, person_id: PersonId) -> list[PhotoEntry]:
        person = self.everybody().people.get(person_id)
        return [] if person is None else list(document.entries(person))

    def remove_photo(self, name: str, number: int, *, record: Record = no_record) -> Person:
        with self.changing() as edit:
            person = edit.everybody.named(name)
            return document.enrolled(edit.remove_photo(person.id, number, record))

    def templates(self, fingerprint: str) -> list[Template]:
        found = [
            (person.id, photo, photo.templates[fingerprint])
            for person in self.everybody().people.values()
            for photo in person.photos
            if fingerprint in photo.templates
        ]
        opened = embeddings_from_bytes([document.template_bytes(text) for _, _, text in found])
        return [
            Template(PersonId(person), embedding, photo.quality, photo.id)
            for (person, photo, _), embedding in zip(found, opened, strict=True)
        ]

    def photos(self) -> Iterator[StoredPhoto]:
        """Of a photo whose picture no door had there is none here."""
        listed = select(PHOTO.c.id).where(PHOTO.c.sealed.is_not(None))
        with self._feed.database.reading() as db:
            ids = list(db.execute(listed.order_by(PHOTO.c.added, PHOTO.c.id)).scalars())
        for photo in ids:
            # Somebody may be removed while the caller works on an earlier photo.
            with self._feed.database.reading() as db:
                row = db.execute(select(PHOTO).where(PHOTO.c.id == photo)).first()
            if row is not None:
                sealed = base64.b64encode(row.sealed).decode("ascii")
                jpeg = self._feed.keys.open_photo(sealed, photo)
                yield StoredPhoto(photo, PersonId(row.person), jpeg, row.quality)

    def portrait(self, person_id: PersonId) -> bytes | None:
        """The JPEG of the best photo of that person whose picture is here; None for none."""
        listed = select(PHOTO.c.id, PHOTO.c.sealed).where(
            PHOTO.c.person == person_id, PHOTO.c.sealed.is_not(None)
        )
        return self._picture(listed.order_by(PHOTO.c.quality.desc(), PHOTO.c.id).limit(1))

    def picture(self, person_id: PersonId, photo: str) -> bytes | None:
        """The JPEG of that photo of theirs, by its id; None where its picture is not here."""
        listed = select(PHOTO.c.id, PHOTO.c.sealed)
        wanted = (PHOTO.c.person == person_id, PHOTO.c.id == photo, PHOTO.c.sealed.is_not(None))
        return self._picture(listed.where(*wanted))

    def _picture(self, query: Select[tuple[str, bytes]]) -> bytes | None:
        with self._feed.database.reading() as db:
            row = db.execute(query).first()
        if row is None:
            return None
        return self._feed.keys.open_photo(base64.b64encode(row.sealed).decode("ascii"), row.id)

    def pictured(self) -> set[PersonId]:
        """Of whom the hub has the picture of a photo."""
        query = select(PHOTO.c.person).where(PHOTO.c.sealed.is_not(None)).distinct()
        with self._feed.database.reading() as db:
            return set(map(PersonId, db.execute(query).scalars()))

    def withheld(self) -> dict[PersonId, Withheld]:
        """Who is sent to no door, and why."""
        query = select(PERSON.c.id, PERSON.c.withheld).where(PERSON.c.withheld.is_not(None))
        with self._feed.database.reading() as db:
            return {PersonId(row.id): Withheld(row.withheld) for row in db.execute(query)}

    def outdated(self, fingerprint: str) -> int:
        without = {
            photo.id
            for person in self.everybody().people.values()
            for photo in person.photos
            if fingerprint not in photo.templates
        }
        if not without:
            return 0
        skipped = PHOTO.c.skipped_by
        with self._feed.database.reading() as db:
            rows = db.execute(
                select(PHOTO.c.id).where(
                    PHOTO.c.sealed.is_not(None), (skipped.is_(None)) | (skipped != fingerprint)
                )
            )
            return len(without & set(rows.scalars()))

    def replace_templates(
        self,
        fingerprint: str,
        embeddings: Mapping[str, Embedding],
        skipped: Collection[str] = (),
    ) -> None:
        """See People, but for the templates of other encoders: the newest of them stay, see
        person_document.with_templates."""
        with self.changing() as edit:
            edit.replace_templates(fingerprint, embeddings, skipped)

    def rules(self) -> dict[PersonId, PersonRules]:
        found = self.everybody().people.items()
        return {
            PersonId(person): rules
            for person, one in found
            if (rules := document.rules_of(one)) is not None
        }

    def set_rules(
        self, person_id: PersonId, rules: PersonRules, *, record: Record = no_record
    ) -> None:
        self._set_text(person_id, "rules", rules_to_bytes(rules), record)

    def pins(self) -> dict[PersonId, PinHash]:
        found = self.everybody().people.items()
        return {
            PersonId(person): pin
            for person, one in found
            if (pin := document.pin_of(one)) is not None
        }

    def set_pin(
        self, person_id: PersonId, pin: PinHash | None, *, record: Record = no_record
    ) -> None:
        self._set_text(person_id, "pin", None if pin is None else pin_to_bytes(pin), record)

    def controller_number(self, person_id: PersonId) -> ControllerNumber | None:
        person = self.everybody().people.get(person_id)
        return None if person is None else document.number_of(person)

    def set_controller_number(
        self, person_id: PersonId, number: ControllerNumber | None, *, record: Record = no_record
    ) -> None:
        content = None if number is None else number_to_bytes(number)
        self._set_text(person_id, "controller_number", content, record)

    def badges(self) -> list[Badge]:
        people = self.everybody().people
        return [badge for person in sorted(people) for badge in document.badges_of(people[person])]

    def badge_digest(self, number: str) -> bytes:
        return self._feed.keys.badge_digest(number)

    def add_badge(self, badge: Badge, *, record: Record = no_record) -> None:
        new = SiteBadge(digest=checked_digest(badge.digest).hex(), added=badge.added)
        with self.changing() as edit:
            edit.add_badge(badge.person, new, record)

    def remove_badges(
        self, person_id: PersonId, badges: Collection[Badge], *, record: Record = no_record
    ) -> None:
        with self.changing() as edit:
            edit.remove_badges(person_id, {badge.digest.hex() for badge in badges}, record)

    def revision(self) -> int:
        return self.everybody().seq

    def mark(self) -> GalleryMark:
        seq = self.everybody().seq
        return GalleryMark(gallery_id(self._feed.keys.proof(1)), seq, self.head_at(seq) or "")

    def head_at(self, revision: int) -> str | None:
        query = select(HISTORY.c.head).where(HISTORY.c.seq == revision)
        with self._feed.database.reading() as db:
            head = db.execute(query).scalar()
        return None if head is None else bytes(head).hex()

    def close(self) -> None:
        """Nothing is open: the database is the hub's."""

    @property
    def _edit(self) -> SiteEdit | None:
        return getattr(self._open, "edit", None)

    def _set_text(self, person: str, part: str, content: bytes | None, record: Record) -> None:
        text = None if content is None else content.decode("ascii")
        with self.changing() as edit:
            edit.set_text(person, part, text, record)

    def _to_keep(self, photo: NewPhoto) -> tuple[SitePhoto, bytes]:
        """The photo as a document has it, and its picture sealed; ValueError."""
        number = self._random(16).hex()
        new = document.site_photo(
            number, float(photo.quality), photo.added, photo.fingerprint, photo.embedding
        )
        return new, from_base64(seal_photo(photo.jpeg, number, self._feed.keys.photos))
