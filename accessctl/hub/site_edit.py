"""Changes of a site's people in one transaction, each with its number in the feed.

`record` is called when a change is ready and before any of it is written: where the journal cannot
be written, PostgreSQL takes nothing more in that transaction.
"""

import json
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, delete, select, update

from accessctl.domain import Embedding, PersonId, PersonRules
from accessctl.errors import BadgeTakenError, InputError, NameTakenError, StoreError
from accessctl.gallery.people import Record, gone, no_record, photo_to_remove
from accessctl.gallery.person import clean_name, rules_to_bytes
from accessctl.hub import person_document as document
from accessctl.hub.expected import attach, directed_rules, expected_user, is_known
from accessctl.hub.feed import SiteFeed
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.pass_rows import forget_passes
from accessctl.hub.pictures import forget_pictures
from accessctl.hub.roll import Everybody
from accessctl.hub.tables import CONSENT, DORMANCY, HELD, PERSON, PHOTO, REMOVAL
from accessctl.policy.consent import Withheld
from accessctl.sync.feed_wire import ChangeKind, SiteBadge, SitePerson, SitePhoto

REMOVED = "removed"
"""How a proposal was decided whose person was removed while it waited."""


class SiteEdit:
    """Everybody as they are in this transaction, which holds the feed's lock."""

    def __init__(
        self,
        db: Connection,
        feed: SiteFeed,
        everybody: Everybody,
        newcomer: Withheld | None = None,
    ) -> None:
        """`newcomer`: why somebody new is sent to no door yet."""
        self.db = db
        self.everybody = everybody
        self._feed = feed
        self._newcomer = newcomer
        self._before = everybody.seq

    @property
    def has_changed(self) -> bool:
        return self.everybody.seq != self._before

    def find(self, person: str) -> SitePerson:
        """By the id; UnknownPersonError."""
        found = self.everybody.people.get(person)
        if found is None:
            raise gone()
        return found

    def called(self, who: str) -> str:
        """The id of whoever has that name or id, also of somebody damaged, whom the hash of their
        name still tells; UnknownPersonError."""
        if who in self.everybody.people or who in self.everybody.damaged:
            return who
        return self._damaged_called(who) or self.everybody.named(who).id

    def add_person(
        self,
        person: str,
        name: str,
        photo: SitePhoto,
        picture: bytes | None,
        record: Record = no_record,
    ) -> SitePerson:
        """Somebody new of that id, enrolled when the photo was added; `picture` is it sealed, None
        where nobody has it. BadNameError, NameTakenError; InputError for an id that is taken."""
        name = clean_name(name)
        self.refuse_taken(name, None)
        if person in self.everybody.people:
            raise InputError("Somebody of that id is enrolled already.")
        self._refuse_known(photo)
        new = SitePerson(id=person, name=name, enrolled=photo.added, photos=(photo,))
        record(PersonId(person))
        new = self._awaited(new)
        values = self._columns(new)
        self.db.execute(PERSON.insert().values(id=person, withheld=self._newcomer, **values))
        self._keep_picture(person, photo, picture)
        return self._put(new)

    def add_photo(
        self, person: str, photo: SitePhoto, picture: bytes | None, record: Record = no_record
    ) -> SitePerson:
        """UnknownPersonError, and InputError for one too many."""
        changed = document.with_photo(self.find(person), photo)
        self._refuse_known(photo)
        record(PersonId(person))
        self._keep_picture(person, photo, picture)
        return self._put(changed)

    def remove_photo(self, person: str, number: int, record: Record = no_record) -> SitePerson:
        """The `number`th; UnknownPersonError, UnknownPhotoError, LastPhotoError."""
        found = self.find(person)
        entries = document.entries(found)
        entry = photo_to_remove(document.enrolled(found), entries, number)
        record(PersonId(person))
        self.db.execute(delete(PHOTO).where(PHOTO.c.id == entry.id))
        return self._put(document.without_photo(found, entry.id))

    def rename(self, person: str, name: str, record: Record = no_record) -> SitePerson:
        """UnknownPersonError, BadNameError, NameTakenError."""
        found, name = self.find(person), clean_name(name)
        self.refuse_taken(name, person)
        record(PersonId(person))
        return self._update(self._awaited(found.model_copy(update={"name": name})))

    def remove(self, person: str, record: Record = no_record) -> SitePerson:
        """Nothing is left but their id, when, and to which texts they had consented, also of
        somebody damaged, whose name is their id then; UnknownPersonError."""
        nameless = SitePerson(id=person, name=person, enrolled=0, photos=())
        found = nameless if person in self.everybody.damaged else self.find(person)
        record(PersonId(person))
        seq = self._feed.remove(self.db, person)
        self.db.execute(delete(PHOTO).where(PHOTO.c.person == person))
        forget_pictures(self.db, person)
        self.db.execute(delete(DORMANCY).where(DORMANCY.c.person == person))
        forget_passes(self.db, self._feed, person)
        forgotten = update(CONSENT).values(wrapped=None, sealed=None)
        self.db.execute(forgotten.where(CONSENT.c.person == person))
        self.db.execute(delete(PERSON).where(PERSON.c.id == person))
        removal = {"person": person, "seq": seq, "time": self._feed.now()}
        self.db.execute(REMOVAL.insert().values(removal))
        forget_held(self.db, HELD.c.person == person, REMOVED, self._feed.now())
        self.everybody = self.everybody.without(person, seq)
        return found

    def withhold(self, person: str, cause: Withheld | None) -> None:
        """Send them to no door from now on, for that cause; None: to those of their groups.
        UnknownPersonError."""
        is_damaged = person in self.everybody.damaged
        found = None if is_damaged else self.find(person)
        changed = update(PERSON).where(PERSON.c.id == person).values(withheld=cause)
        self.db.execute(changed)
        seq, damaged = self._feed.renumber(self.db, person), {person} if is_damaged else ()
        self.everybody = self.everybody.followed({person: found}, seq, frozenset(damaged))
        if cause is not None:
            self.tell_all(person)

    def tell_all(self, person: str) -> None:
        """Their last change is one with which doors may have lost them: each is told that has no
        part in them."""
        moved = update(PERSON).where(PERSON.c.id == person).values(moved=self.everybody.seq)
        self.db.execute(moved)

    def set_text(
        self, person: str, part: str, text: str | None, record: Record = no_record
    ) -> SitePerson:
        """`part` is rules, pin or controller_number, whose JSON text was checked by the caller;
        rules are kept as far as the directory lets them be. UnknownPersonError."""
        changed = self.find(person).model_copy(update={part: text})
        record(PersonId(person))
        return self._update(self._directed(changed) if part == "rules" else changed)

    def link(self, person: str) -> None:
        """Let them be whom the directory expects by their name, if it expects anybody."""
        found = self.find(person)
        linked = self._awaited(found)
        if linked != found:
            self._update(linked)

    def is_expected(self, name: str) -> bool:
        """Whether the directory waits for somebody of that name; InputError for several."""
        tag = self._feed.keys.name_tag(name)
        return expected_user(self.db, tag, self.everybody.people.keys()) is not None

    def add_badge(self, person: str, badge: SiteBadge, record: Record = no_record) -> SitePerson:
        """UnknownPersonError, BadgeTakenError, and InputError for one too many."""
        found = self.find(person)
        if self.badge_owner(badge.digest) is not None:
            raise BadgeTakenError(
                "That badge belongs to somebody already; `accessctl hub people badge list` says to "
                "whom."
            )
        changed = document.with_badge(found, badge)
        record(PersonId(person))
        return self._put(changed)

    def badge_owner(self, digest: str) -> str | None:
        """The id of whoever has the badge of that digest (hex)."""
        for person in self.everybody.people.values():
            if any(badge.digest == digest for badge in person.badges):
                return person.id
        return None

    def remove_badges(
        self, person: str, digests: Collection[str], record: Record = no_record
    ) -> SitePerson:
        """UnknownPersonError."""
        changed = document.without_badges(self.find(person), digests)
        record(PersonId(person))
        return self._put(changed)

    def replace_templates(
        self, fingerprint: str, embeddings: Mapping[str, Embedding], skipped: Collection[str]
    ) -> None:
        """See People.replace_templates; a photo without a picture is as it is. Each person whose
        templates change gets a new number."""
        texts = {photo: document.template_text(one) for photo, one in embeddings.items()}
        self._refuse_left_out(fingerprint, texts.keys() | set(skipped))
        skips = update(PHOTO).values(skipped_by=None)
        self.db.execute(skips.where(PHOTO.c.skipped_by == fingerprint))
        if skipped:
            marked = update(PHOTO).values(skipped_by=fingerprint)
            self.db.execute(marked.where(PHOTO.c.id.in_(list(skipped))))
        changed: dict[str, SitePerson] = {}
        for person in self.everybody.people.values():
            renewed = document.with_templates(person, fingerprint, texts, skipped)
            if renewed != person:
                changed[person.id] = renewed
        contents = {name: _content(person) for name, person in changed.items()}
        seq = self._feed.put_people(self.db, contents)
        self.everybody = self.everybody.followed(changed, seq if changed else self.everybody.seq)

    def _awaited(self, person: SitePerson) -> SitePerson:
        """The same as the directory has them, if it waits for somebody of that name."""
        if is_known(self.db, person.id):
            return person
        tag = self._feed.keys.name_tag(person.name)
        user = expected_user(self.db, tag, self.everybody.people.keys())
        if user is None:
            return person
        attach(self.db, user, person.id)
        told = {"change": "linked", "user": user, "person": person.id}
        write_journal(self._feed.database, self.db, JournalKind.DIRECTORY, self._feed.now(), told)
        return self._directed(person)

    def _directed(self, person: SitePerson) -> SitePerson:
        rules = document.rules_of(person) or PersonRules()
        allowed = directed_rules(self.db, person.id, rules)
        if allowed == rules:
            return person
        return person.model_copy(update={"rules": rules_to_bytes(allowed).decode("ascii")})

    def refuse_taken(self, name: str, owner: str | None) -> None:
        """See Everybody.refuse_taken; also where somebody damaged has it."""
        self.everybody.refuse_taken(name, owner)
        other = self._damaged_called(name)
        if other is not None:
            raise NameTakenError(
                "Somebody whose document is damaged has that name; restore the hub from a backup, "
                f"or remove them first: accessctl hub people remove {other}"
            )

    def _damaged_called(self, name: str) -> str | None:
        if not self.everybody.damaged:
            return None
        tagged = select(PERSON.c.id).where(PERSON.c.name_tag == self._feed.keys.name_tag(name))
        found = self.db.execute(tagged).scalar()
        return found if found in self.everybody.damaged else None

    def _refuse_left_out(self, fingerprint: str, covered: Collection[str]) -> None:
        rows = self.db.execute(select(PHOTO.c.id).where(PHOTO.c.sealed.is_not(None)))
        done = {
            photo.id
            for person in self.everybody.people.values()
            for photo in person.photos
            if fingerprint in photo.templates
        }
        if not set(rows.scalars()) <= done | set(covered):
            raise StoreError("Somebody was enrolled while the templates were renewed; start again.")

    def _refuse_known(self, photo: SitePhoto) -> None:
        if self.db.execute(select(PHOTO.c.id).where(PHOTO.c.id == photo.id)).first() is not None:
            raise InputError("A photo of that id is there already.")

    def _keep_picture(self, person: str, photo: SitePhoto, picture: bytes | None) -> None:
        row = {
            "id": photo.id,
            "person": person,
            "sealed": picture,
            "quality": photo.quality,
            "added": photo.added,
        }
        self.db.execute(PHOTO.insert().values(row))

    def _update(self, person: SitePerson) -> SitePerson:
        """Where the name or the rules may have changed, too."""
        left = {*document.groups_of(self.find(person.id))}.difference(document.groups_of(person))
        columns = self._columns(person)
        self.db.execute(update(PERSON).where(PERSON.c.id == person.id).values(**columns))
        self._put(person)
        if left:
            self.tell_all(person.id)
        return person

    def _columns(self, person: SitePerson) -> dict[str, Any]:
        groups = json.dumps(sorted(document.groups_of(person)))
        return {"name_tag": self._feed.keys.name_tag(person.name), "groups": groups}

    def _put(self, person: SitePerson) -> SitePerson:
        seq = self._feed.put(self.db, person.id, ChangeKind.PERSON, _content(person))
        self.everybody = self.everybody.with_person(person, seq)
        return person


def _content(person: SitePerson) -> bytes:
    return person.model_dump_json().encode("utf-8")


def forget_held(db: Connection, which: Any, decision: str, now: float) -> int:
    """Nothing is left of the waiting proposals `which` but how they were decided; how many."""
    over = {"decided": now, "decision": decision, "wrapped": None, "sealed": None}
    waiting = update(HELD).where(which, HELD.c.decided.is_(None)).values(**over)
    return db.execute(waiting).rowcount
