"""One person as a hub knows them, read from a gallery and written into it, whole."""

import sqlite3

from accessctl.domain import PersonId
from accessctl.gallery.badges import Badge, checked_digest
from accessctl.gallery.database import Database
from accessctl.gallery.person import name_key
from accessctl.gallery.rows import put_badge, put_number, put_pin, put_rules, put_template
from accessctl.gallery.site import PutBadge, PutPerson, PutPhoto


class PersonRows:
    """What is kept of people in one gallery; every method raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, person: PersonId) -> PutPerson | None:
        """All that is kept of somebody but their pictures; None for nobody."""
        database = self._database
        for name, enrolled in database.select(
            "SELECT name, enrolled FROM person WHERE id = ?", person
        ):
            return PutPerson(
                person,
                name,
                enrolled,
                self._photos(person),
                self._sealed("person_rules", "rules", person),
                self._sealed("person_pin", "pin", person),
                self._sealed("person_controller_number", "controller number", person),
                self._badges(person),
            )
        return None

    def write(self, db: sqlite3.Connection, person: PutPerson, before: PutPerson | None) -> None:
        """The person in place of what they were `before`, None for somebody new."""
        db.execute(
            "INSERT INTO person (id, name, name_key, enrolled) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key, "
            "enrolled = excluded.enrolled",
            (person.id, person.name, name_key(person.name), person.enrolled),
        )
        if before is None or person.photos != before.photos:
            self._write_photos(db, person)
        put_rules(self._database, db, person.id, person.rules)
        put_pin(self._database, db, person.id, person.pin)
        put_number(self._database, db, person.id, person.controller_number)
        if before is None or person.badges != before.badges:
            db.execute("DELETE FROM badge WHERE person = ?", (person.id,))
            for badge in person.badges:
                told = Badge(person.id, badge.digest, badge.added)
                put_badge(self._database, db, told, by_site=True)

    def forget_picture(self, db: sqlite3.Connection, person: PersonId, photo: str) -> None:
        """What the hub has told of it has, and its picture is nothing for a door."""
        empty = self._database.seal(b"", "photo", person, photo)
        db.execute(
            "UPDATE photo SET sealed = ? WHERE id = ? AND length(sealed) > ?",
            (empty, photo, len(empty)),
        )

    def _write_photos(self, db: sqlite3.Connection, person: PutPerson) -> None:
        rows = db.execute("SELECT id FROM photo WHERE person = ?", (person.id,))
        for photo in {row[0] for row in rows} - {photo.id for photo in person.photos}:
            db.execute("DELETE FROM photo WHERE id = ?", (photo,))
        for told in person.photos:
            # Whoever had it before is told of later in the feed.
            moved = "DELETE FROM photo WHERE id = ? AND person <> ?"
            db.execute(moved, (told.id, person.id))
            empty = self._database.seal(b"", "photo", person.id, told.id)
            db.execute(
                "INSERT INTO photo (id, person, sealed, quality, added) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET quality = excluded.quality, "
                "added = excluded.added, skipped_by = NULL",
                (told.id, person.id, empty, told.quality, told.added),
            )
            db.execute("DELETE FROM template WHERE photo = ?", (told.id,))
            for fingerprint, embedding in told.templates.items():
                put_template(self._database, db, (told.id, person.id, fingerprint), embedding)

    def _photos(self, person: PersonId) -> tuple[PutPhoto, ...]:
        photos = self._database.select(
            "SELECT id, quality, added FROM photo WHERE person = ? ORDER BY id", person
        )
        templates: dict[str, dict[str, bytes]] = {photo: {} for photo, _, _ in photos}
        for photo, fingerprint, sealed in self._database.select(
            "SELECT photo, fingerprint, template.sealed FROM template "
            "JOIN photo ON photo.id = photo WHERE person = ? ORDER BY fingerprint",
            person,
        ):
            place = "template", person, fingerprint, photo
            templates[photo][fingerprint] = self._database.unseal(sealed, *place)
        return tuple(
            PutPhoto(photo, quality, added, templates[photo]) for photo, quality, added in photos
        )

    def _badges(self, person: PersonId) -> tuple[PutBadge, ...]:
        """Those by the site's key."""
        rows = self._database.select(
            "SELECT id, sealed, added FROM badge WHERE person = ? AND by_site", person
        )
        badges = [
            PutBadge(checked_digest(self._database.unseal(sealed, "badge", person, number)), added)
            for number, sealed, added in rows
        ]
        return tuple(sorted(badges, key=lambda badge: badge.digest))

    def _sealed(self, table: str, kind: str, person: PersonId) -> bytes | None:
        # The tables are those named above.
        for (sealed,) in self._database.select(
            f"SELECT sealed FROM {table} WHERE person = ?",  # noqa: S608
            person,
        ):
            return self._database.unseal(sealed, kind, person)
        return None
