"""A person's rows in the gallery's file, as they are written: sealed, within a transaction."""

import base64
import sqlite3
from typing import Any

from accessctl.domain import PersonId
from accessctl.gallery.badges import Badge
from accessctl.gallery.database import Database
from accessctl.gallery.people import NewPhoto
from accessctl.gallery.sealing import embedding_to_bytes


def add_photo(database: Database, db: sqlite3.Connection, person: PersonId, photo: NewPhoto) -> str:
    """A new photo with its template; its id. ValueError for a quality or an embedding that is
    none."""
    if not 0 <= photo.quality <= 1:
        raise ValueError(f"a quality lies in [0, 1], not {photo.quality}")
    number = database.new_id()
    sealed = database.seal(photo.jpeg, "photo", person, number)
    db.execute(
        "INSERT INTO photo (id, person, sealed, quality, added) VALUES (?, ?, ?, ?, ?)",
        (number, person, sealed, float(photo.quality), photo.added),
    )
    place = number, person, photo.fingerprint
    put_template(database, db, place, embedding_to_bytes(photo.embedding))
    return number


def put_template(
    database: Database, db: sqlite3.Connection, place: tuple[str, str, str], embedding: bytes
) -> None:
    """The embedding in place of the present one; `place` is photo, person and fingerprint."""
    photo, person, fingerprint = place
    db.execute(
        "INSERT OR REPLACE INTO template (photo, fingerprint, sealed) VALUES (?, ?, ?)",
        (photo, fingerprint, database.seal(embedding, "template", person, fingerprint, photo)),
    )


def put_rules(
    database: Database, db: sqlite3.Connection, person: PersonId, content: bytes | None
) -> None:
    """In place of the present ones; None takes them away."""
    db.execute("DELETE FROM person_rules WHERE person = ?", (person,))
    if content is not None:
        db.execute(
            "INSERT INTO person_rules (person, sealed) VALUES (?, ?)",
            (person, database.seal(content, "rules", person)),
        )


def put_pin(
    database: Database, db: sqlite3.Connection, person: PersonId, content: bytes | None
) -> None:
    """In place of the present one; None takes it away."""
    db.execute("DELETE FROM person_pin WHERE person = ?", (person,))
    if content is not None:
        db.execute(
            "INSERT INTO person_pin (person, sealed) VALUES (?, ?)",
            (person, database.seal(content, "pin", person)),
        )


def put_number(
    database: Database, db: sqlite3.Connection, person: PersonId, content: bytes | None
) -> None:
    """In place of the present one; None takes it away."""
    db.execute("DELETE FROM person_controller_number WHERE person = ?", (person,))
    if content is not None:
        db.execute(
            "INSERT INTO person_controller_number (person, sealed) VALUES (?, ?)",
            (person, database.seal(content, "controller number", person)),
        )


def put_badge(database: Database, db: sqlite3.Connection, badge: Badge, *, by_site: bool) -> None:
    """One more badge; `by_site`: its digest is by the site's key."""
    number = database.new_id()
    sealed = database.seal(badge.digest, "badge", badge.person, number)
    db.execute(
        "INSERT INTO badge (id, person, sealed, added, by_site) VALUES (?, ?, ?, ?, ?)",
        (number, badge.person, sealed, badge.added, int(by_site)),
    )


def photo_told(number: str, photo: NewPhoto) -> dict[str, Any]:
    """What a proposal says of a photo beside its picture, as JSON values."""
    return {
        "photo": number,
        "quality": photo.quality,
        "added": photo.added,
        "fingerprint": photo.fingerprint,
        "embedding": base64.b64encode(embedding_to_bytes(photo.embedding)).decode("ascii"),
    }


def text_of(content: bytes | None) -> str | None:
    """JSON in ASCII as a proposal says it."""
    return None if content is None else content.decode("ascii")
