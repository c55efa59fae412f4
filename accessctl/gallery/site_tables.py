"""What a gallery keeps beside its people where a hub looks after them, within a transaction."""

import sqlite3
from collections.abc import Iterable

from accessctl.domain import PersonId
from accessctl.gallery.person import name_key
from accessctl.gallery.site import PersonGone, PutPerson


def sweep_of(db: sqlite3.Connection) -> int:
    """Which round this is, counted here."""
    row = db.execute("SELECT sweep FROM site").fetchone()
    return 0 if row is None else int(row[0])


def waiting_of(db: sqlite3.Connection, person: PersonId) -> set[str]:
    """The changes of somebody that the hub has not answered."""
    rows = db.execute("SELECT change FROM outbox WHERE person = ?", (person,))
    return {change for (change,) in rows}


def left_out(db: sqlite3.Connection, sweep: int) -> list[PersonId]:
    """Whoever the hub had put here and has not named in this round."""
    rows = db.execute("SELECT person FROM site_person WHERE seq > 0 AND sweep <> ?", (sweep,))
    return [PersonId(row[0]) for row in rows.fetchall()]


def leave_hub(db: sqlite3.Connection) -> None:
    """Another hub looks after this gallery from now on. People, rules and settings of the former
    one stay until the new one has said all that it has to say."""
    db.execute("DELETE FROM outbox")
    db.execute("DELETE FROM site_person WHERE seq = 0")
    db.execute("DELETE FROM site_age")
    db.execute("DELETE FROM site_gone")
    db.execute("DELETE FROM site_document WHERE kind NOT IN ('rules', 'settings')")


def note_named(db: sqlite3.Connection, kinds: Iterable[str], sweep: int) -> None:
    """Those documents were named in this round, whether or not they could be read."""
    rows = [(sweep, kind) for kind in kinds]
    db.executemany("UPDATE site_document SET sweep = ? WHERE kind = ?", rows)


def unnamed(db: sqlite3.Connection, sweep: int) -> set[str]:
    """The documents that the hub has not named in this round, and does not say any more. Without
    the key of its badges none of them would be known, and every hub names that; other kinds are not
    the hub's."""
    rows = db.execute(
        "SELECT kind FROM site_document WHERE kind IN ('rules', 'settings', 'passes') "
        "AND sweep <> ?",
        (sweep,),
    )
    return {kind for (kind,) in rows}


def forget_unnamed(db: sqlite3.Connection, sweep: int) -> None:
    """See unnamed."""
    rows = [(kind,) for kind in unnamed(db, sweep)]
    db.executemany("DELETE FROM site_document WHERE kind = ?", rows)


def owe(db: sqlite3.Connection, gone: PersonGone) -> None:
    """That the hub has to be told that they are gone, and that they never come back: the id of
    somebody removed is nobody else's."""
    db.execute(
        "INSERT OR REPLACE INTO site_removal (person, seq) VALUES (?, ?)",
        (gone.person, gone.seq),
    )
    db.execute("INSERT OR IGNORE INTO site_gone (person) VALUES (?)", (gone.person,))


def was_removed(db: sqlite3.Connection, person: PersonId) -> bool:
    """Whether the hub has ever said that they were removed from the site."""
    found = db.execute("SELECT 1 FROM site_gone WHERE person = ?", (person,))
    return found.fetchone() is not None


def holder_of_name(db: sqlite3.Connection, person: PutPerson) -> tuple[PersonId, str] | None:
    """Who else has that person's name here, and as it is written."""
    found = db.execute(
        "SELECT id, name FROM person WHERE name_key = ? AND id <> ?",
        (name_key(person.name), person.id),
    ).fetchone()
    return None if found is None else (PersonId(found[0]), str(found[1]))


def free_name(db: sqlite3.Connection, name: str) -> str:
    """That name with the first number, from 2 on, with which nobody has it."""
    taken = {row[0] for row in db.execute("SELECT name_key FROM person")}
    number = 2
    while name_key(free := f"{name[:90]} ({number})") in taken:
        number += 1
    return free
