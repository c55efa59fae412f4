"""People and groups that a hub's feed tells of, for tests."""

import json

from accessctl.domain import PersonRules
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.hub.assembly import Hub
from accessctl.hub.door_feed import keep_scope, scope_of
from accessctl.sync.feed_wire import ChangeKind

FACES = random_units(9, 16, seed=3)


def enrol(hub: Hub, name: str, face: int = 0, groups: tuple[str, ...] = ()) -> str:
    """Their id."""
    photo = NewPhoto(
        jpeg=b"jpeg", embedding=FACES[face], fingerprint="e1", quality=0.5, added=100.0
    )
    person = hub.people.add_person(name, photo)
    if groups:
        hub.people.set_rules(person.id, PersonRules(groups))
    return str(person.id)


def scope(hub: Hub, door: str, groups: list[str] | None) -> int:
    """As SiteSettings does it."""
    with hub.database.writing() as db:
        hub.feed.lock(db)
        seq = hub.feed.put(db, f"settings {door}", ChangeKind.SETTINGS, b"{}", door)
        keep_scope(db, door, groups=None if groups is None else json.dumps(groups), scoped=seq)
    return seq


def seq_of(hub: Hub) -> int:
    """The number of the feed's last change."""
    with hub.database.reading() as db:
        return hub.feed.seq(db)


def told_of(hub: Hub, door: str) -> int:
    """The newest number that the hub has on its disk of that door."""
    with hub.database.reading() as db:
        return scope_of(db, door).told
