"""The gallery in SQLite: names in clear, photos and templates sealed.

Somebody who can write the file could still rename or delete people; sealing keeps the
faces secret and stops a template from being moved to another person.
"""

import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from operator import itemgetter

from accessctl.config import GalleryConfig
from accessctl.domain import Embedding, Person, PersonId, PersonRules
from accessctl.errors import NameTakenError, StoreError, UnknownPersonError
from accessctl.gallery.badges import Badge, checked_digest, refuse_taken
from accessctl.gallery.database import BUSY_TIMEOUT_S, Database, open_database
from accessctl.gallery.people import (
    NewPhoto,
    PhotoEntry,
    Record,
    StoredPhoto,
    Template,
    gone,
    no_record,
    photo_to_remove,
)
from accessctl.gallery.person import (
    ControllerNumber,
    PinHash,
    clean_name,
    close_names,
    name_key,
    number_from_bytes,
    number_to_bytes,
    person_of,
    pin_from_bytes,
    pin_to_bytes,
    refuse_look_alike,
    rules_from_bytes,
    rules_to_bytes,
    spelt,
)
from accessctl.gallery.rows import (
    add_photo,
    photo_told,
    put_badge,
    put_number,
    put_pin,
    put_rules,
    put_template,
    text_of,
)
from accessctl.gallery.schema import GalleryMark, gallery_id, place_of
from accessctl.gallery.sealing import embedding_to_bytes, embeddings_from_bytes
from accessctl.gallery.site import ChangeOutbox

_PERSON = """SELECT person.id, person.name, count(photo.id), person.enrolled
             FROM person LEFT JOIN photo ON photo.person = person.id"""


class Gallery:
    """See people.People. One instance may be used by several threads."""

    def __init__(self, database: Database, now: Callable[[], float] = time.time) -> None:
        """`now` is epoch time: changes are proposed with it to a hub, where there is one."""
        self._database = database
        self._outbox = ChangeOutbox(database, now)

    def people(self) -> list[Person]:
        rows = self._database.select(f"{_PERSON} GROUP BY person.id ORDER BY name_key")
        return [person_of(row) for row in rows]

    def person(self, name: str) -> Person:
        key = name_key(spelt(name))
        rows = self._database.select(f"{_PERSON} WHERE name_key = ? GROUP BY person.id", key)
        if not rows:
            raise self._unknown(name)
        return person_of(rows[0])

    def free_name(self, name: str) -> str:
        name = clean_name(name)
        self._claim(name, None)
        return name

    def add_person(self, name: str, photo: NewPhoto, *, record: Record = no_record) -> Person:
        name = clean_name(name)
        person = PersonId(self._database.new_id())
        with self._database.writing() as db:
            self._claim(name, None)
            db.execute(
                "INSERT INTO person (id, name, name_key, enrolled) VALUES (?, ?, ?, ?)",
                (person, name, name_key(name), photo.added),
            )
            add_photo(self._database, db, person, photo)
            record(person)
        return Person(person, name, 1, photo.added)

    def add_photo(
        self, person_id: PersonId, photo: NewPhoto, *, record: Record = no_record
    ) -> Person:
        with self._database.writing() as db:
            query = f"{_PERSON} WHERE person.id = ? GROUP BY person.id"
            rows = self._database.select(query, person_id)
            if not rows:
                raise gone()
            person = person_of(rows[0])
            number = add_photo(self._database, db, person_id, photo)
            self._outbox.put(db, person_id, "add_photo", photo=photo_told(number, photo))
            record(person_id)
        return Person(person.id, person.name, person.photos + 1, person.enrolled)

    def rename(self, old: str, new: str, *, record: Record = no_record) -> Person:
        new = clean_name(new)
        with self._database.erasing() as db:
            person = self.person(old)
            self._claim(new, person.id)
            db.execute(
                "UPDATE person SET name = ?, name_key = ? WHERE id = ?",
                (new, name_key(new), person.id),
            )
            self._outbox.put(db, person.id, "rename", name=new)
            record(person.id)
        return Person(person.id, new, person.photos, person.enrolled)

    def remove(self, name: str, *, record: Record = no_record) -> Person:
        with self._database.erasing() as db:
            person = self.person(name)
            self._outbox.put(db, person.id, "remove")
            db.execute("DELETE FROM person WHERE id = ?", (person.id,))
            record(person.id)
        return person

    def photo_entries(self, person_id: PersonId) -> list[PhotoEntry]:
        rows = self._database.select(
            "SELECT id, quality, added FROM photo WHERE person = ? ORDER BY added, id", person_id
        )
        return [PhotoEntry(row[0], number, *row[1:]) for number, row in enumerate(rows, 1)]

    def remove_photo(self, name: str, number: int, *, record: Record = no_record) -> Person:
        with self._database.erasing() as db:
            person = self.person(name)
            entry = photo_to_remove(person, self.photo_entries(person.id), number)
            db.execute("DELETE FROM photo WHERE id = ?", (entry.id,))
            self._outbox.put(db, person.id, "remove_photo", photo=entry.id)
            record(person.id)
        return Person(person.id, person.name, person.photos - 1, person.enrolled)

    def templates(self, fingerprint: str) -> list[Template]:
        rows = self._database.select(
            """SELECT photo.person, photo.added, photo.id, photo.quality, template.sealed
               FROM template JOIN photo INDEXED BY photo_listed ON photo.id = template.photo
               WHERE fingerprint = ?""",
            fingerprint,
        )
        # Here and not in SQL, which would move every template about to put them in order.
        rows.sort(key=itemgetter(0, 1, 2))
        opened = embeddings_from_bytes(
            [
                self._database.unseal(sealed, "template", person, fingerprint, photo)
                for person, _, photo, _, sealed in rows
            ]
        )
        return [
            Template(PersonId(person), embedding, quality, photo)
            for (person, _, photo, quality, _), embedding in zip(rows, opened, strict=True)
        ]

    def photos(self) -> Iterator[StoredPhoto]:
        query = "SELECT person, sealed, quality FROM photo WHERE id = ?"
        for (photo,) in self._database.select("SELECT id FROM photo ORDER BY added, id"):
            # Somebody may be removed while the caller works on an earlier photo.
            for person, sealed, quality in self._database.select(query, photo):
                jpeg = self._database.unseal(sealed, "photo", person, photo)
                yield StoredPhoto(photo, PersonId(person), jpeg, quality)

    def outdated(self, fingerprint: str) -> int:
        rows = self._database.select(
            """SELECT count(*) FROM photo WHERE skipped_by IS NOT ? AND NOT EXISTS (
                   SELECT 1 FROM template WHERE photo = photo.id AND fingerprint = ?)""",
            fingerprint,
            fingerprint,
        )
        return int(rows[0][0])

    def replace_templates(
        self,
        fingerprint: str,
        embeddings: Mapping[str, Embedding],
        skipped: Collection[str] = (),
    ) -> None:
        with self._database.erasing() as db:
            owners: dict[str, str] = dict(db.execute("SELECT id, person FROM photo"))
            renewed = db.execute("SELECT photo FROM template WHERE fingerprint = ?", (fingerprint,))
            covered = embeddings.keys() | set(skipped) | {row[0] for row in renewed}
            if not owners.keys() <= covered:
                raise StoreError(
                    "Somebody was enrolled while the templates were renewed; start again."
                )
            db.execute(
                """DELETE FROM template WHERE fingerprint <> ? AND photo NOT IN (
                       SELECT photo.id FROM photo JOIN site_person USING (person) WHERE seq > 0)""",
                (fingerprint,),
            )
            db.executemany(
                "UPDATE photo SET skipped_by = ? WHERE id = ?",
                [(fingerprint if photo in skipped else None, photo) for photo in owners],
            )
            for photo, embedding in embeddings.items():
                if photo in owners:
                    place = photo, owners[photo], fingerprint
                    put_template(self._database, db, place, embedding_to_bytes(embedding))

    def rules(self) -> dict[PersonId, PersonRules]:
        return {
            PersonId(person): rules_from_bytes(self._database.unseal(sealed, "rules", person))
            for person, sealed in self._database.select("SELECT person, sealed FROM person_rules")
        }

    def set_rules(
        self, person_id: PersonId, rules: PersonRules, *, record: Record = no_record
    ) -> None:
        content = rules_to_bytes(rules)
        with self._database.erasing() as db:
            self._check_enrolled(person_id)
            put_rules(self._database, db, person_id, content)
            self._outbox.put(db, person_id, "set_rules", rules=content.decode("ascii"))
            record(person_id)

    def pins(self) -> dict[PersonId, PinHash]:
        return {
            PersonId(person): pin_from_bytes(self._database.unseal(sealed, "pin", person))
            for person, sealed in self._database.select("SELECT person, sealed FROM person_pin")
        }

    def set_pin(
        self, person_id: PersonId, pin: PinHash | None, *, record: Record = no_record
    ) -> None:
        content = None if pin is None else pin_to_bytes(pin)
        with self._database.erasing() as db:
            self._check_enrolled(person_id)
            put_pin(self._database, db, person_id, content)
            self._outbox.put(db, person_id, "set_pin", pin=text_of(content))
            record(person_id)

    def controller_number(self, person_id: PersonId) -> ControllerNumber | None:
        query = "SELECT sealed FROM person_controller_number WHERE person = ?"
        for (sealed,) in self._database.select(query, person_id):
            return number_from_bytes(self._database.unseal(sealed, "controller number", person_id))
        return None

    def set_controller_number(
        self, person_id: PersonId, number: ControllerNumber | None, *, record: Record = no_record
    ) -> None:
        content = None if number is None else number_to_bytes(number)
        with self._database.erasing() as db:
            self._check_enrolled(person_id)
            put_number(self._database, db, person_id, content)
            self._outbox.put(db, person_id, "set_controller_number", number=text_of(content))
            record(person_id)

    def badges(self) -> list[Badge]:
        rows = self._database.select(
            "SELECT person, id, sealed, added FROM badge ORDER BY person, added, id"
        )
        return [
            Badge(
                PersonId(person),
                checked_digest(self._database.unseal(sealed, "badge", person, number)),
                added,
            )
            for person, number, sealed, added in rows
        ]

    def badge_digest(self, number: str) -> bytes:
        return self._database.badge_digest(number)

    def add_badge(self, badge: Badge, *, record: Record = no_record) -> None:
        digest, person = checked_digest(badge.digest), badge.person
        with self._database.writing() as db:
            self._check_enrolled(person)
            refuse_taken(digest, self.badges())
            put_badge(self._database, db, badge, by_site=self._database.has_badge_key)
            self._outbox.put(db, person, "add_badge", digest=digest.hex(), added=badge.added)
            record(person)

    def remove_badges(
        self, person_id: PersonId, badges: Collection[Badge], *, record: Record = no_record
    ) -> None:
        digests = {badge.digest for badge in badges}
        with self._database.erasing() as db:
            self._check_enrolled(person_id)
            rows = db.execute("SELECT id, sealed FROM badge WHERE person = ?", (person_id,))
            for number, sealed in rows.fetchall():
                if self._database.unseal(sealed, "badge", person_id, number) in digests:
                    db.execute("DELETE FROM badge WHERE id = ?", (number,))
            gone_ones = sorted(digest.hex() for digest in digests)
            self._outbox.put(db, person_id, "remove_badges", digests=gone_ones)
            record(person_id)

    def revision(self) -> int:
        return int(self._database.select("SELECT revision FROM state")[0][0])

    @property
    def place(self) -> str:
        """See schema.place_of."""
        return place_of(self._database.path)

    def mark(self) -> GalleryMark:
        ((revision, key_check, head),) = self._database.select(
            """SELECT state.revision, key_check, head FROM state
               LEFT JOIN history ON history.revision = state.revision"""
        )
        return GalleryMark(gallery_id(key_check), int(revision), "" if head is None else head.hex())

    def head_at(self, revision: int) -> str | None:
        rows = self._database.select("SELECT head FROM history WHERE revision = ?", revision)
        return str(rows[0][0].hex()) if rows else None

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> "Gallery":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _claim(self, name: str, owner: PersonId | None) -> None:
        found = self._database.select(
            "SELECT id, name FROM person WHERE name_key = ?", name_key(name)
        )
        if found and found[0][0] != owner:
            raise NameTakenError(
                f"'{found[0][1]}' is enrolled already; choose another name, "
                "or add the photo to that person."
            )
        others = self._database.select("SELECT id, name FROM person")
        refuse_look_alike(name, (other for person, other in others if person != owner))

    def _check_enrolled(self, person_id: PersonId) -> None:
        if not self._database.select("SELECT id FROM person WHERE id = ?", person_id):
            raise gone()

    def _unknown(self, name: str) -> UnknownPersonError:
        known = [row[0] for row in self._database.select("SELECT name FROM person")]
        close = close_names(name, known)
        hint = (
            f"did you mean {' or '.join(repr(other) for other in close)}?"
            if close
            else "`accessctl people` lists everybody."
        )
        return UnknownPersonError(f"Nobody called {name!r} is enrolled; {hint}")


def open_gallery(
    config: GalleryConfig,
    environment: Mapping[str, str] | None = None,
    *,
    random_bytes: Callable[[int], bytes] = os.urandom,
    busy_timeout_s: float = BUSY_TIMEOUT_S,
) -> Gallery:
    """The gallery in `config.folder`, created (folder 0700, files 0600) when missing.

    `environment` (this process's by default) says where the key is, see sealing.py. Raises
    GalleryKeyError when there is a gallery but no key, or the wrong one; StoreError when
    it is locked for longer than `busy_timeout_s`, damaged or cannot be written.
    """
    known = os.environ if environment is None else environment
    return Gallery(open_database(config.folder, known, random_bytes, busy_timeout_s))
