"""People, rules and settings between a hub and doors, each a real one, over HTTPS."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from accessctl.audit.base import MemoryLog
from accessctl.config import Config
from accessctl.domain import EventKind, PersonRules
from accessctl.gallery.badges import Badge
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.gallery.store import Gallery, open_gallery
from accessctl.hub.assembly import Hub
from accessctl.hub.door_feed import keep_scope
from accessctl.hub.table_rows import read_rows, write_rows
from accessctl.hub.tables import CHANGE, METADATA
from accessctl.sync.feed_link import FeedLink, FeedPlace
from accessctl.sync.site_config import read_wish
from tests.clocks import HandClock
from tests.hub.conftest import JoinedTestDoor

FACES = random_units(4, 16, seed=9)


def photo(number: int) -> NewPhoto:
    return NewPhoto(
        jpeg=b"jpeg %d" % number,
        embedding=FACES[number],
        fingerprint="e",
        quality=0.5,
        added=1_700_000_000.0,
    )


@dataclass
class KeptDoor:
    """A joined door whose people the hub looks after."""

    door: str
    config: Config
    gallery: Gallery
    link: FeedLink
    log: MemoryLog

    def sync(self) -> None:
        """All there is to take and to send, and what comes of it."""
        for _ in range(4):
            self.link.disconnect()
            self.link.work_once()

    @property
    def names(self) -> list[str]:
        return [person.name for person in self.gallery.people()]

    @property
    def told(self) -> list[str]:
        events = self.log.query(kind=EventKind.PERSON)
        return [str(event.data["change"]) for _, event in events]


@pytest.fixture
def kept(
    joined: Callable[[str], JoinedTestDoor], tmp_path: Path, clock: HandClock
) -> Iterator[Callable[[str], KeptDoor]]:
    doors: list[KeptDoor] = []

    def make(name: str) -> KeptDoor:
        door = joined(name)
        config = Config.model_validate(
            {
                "sync": {"hub": door.url, "folder": door.folder},
                "gallery": {"folder": tmp_path / f"{name}-enrolled"},
            }
        )
        log = MemoryLog()
        place = FeedPlace(door.url, door.folder, config.gallery, {})
        link = FeedLink(place, log, now=clock, draw=lambda: 0.0)
        doors.append(
            KeptDoor(door.member.door, config, open_gallery(config.gallery, {}), link, log)
        )
        return doors[-1]

    yield make
    for door in doors:
        door.link.disconnect()
        door.gallery.close()


def test_somebody_enrolled_at_one_door_is_known_at_the_other(
    hub: Hub, kept: Callable[[str], KeptDoor]
) -> None:
    front, back = kept("front"), kept("back")
    front.sync()
    ada = front.gallery.add_person("Ada", photo(0)).id
    front.gallery.add_photo(ada, photo(1))
    front.gallery.set_rules(ada, PersonRules(groups=("staff",)))
    front.gallery.add_badge(Badge(ada, front.gallery.badge_digest("12"), 5.0))
    front.sync()
    back.sync()
    assert [person.name for person in hub.people.people()] == ["Ada"]
    assert back.names == ["Ada"]
    assert back.gallery.rules() == {ada: PersonRules(groups=("staff",))}
    assert [template.person for template in back.gallery.templates("e")] == [ada, ada]
    assert back.gallery.badge_digest("12") == back.gallery.badges()[0].digest
    assert {stored.jpeg for stored in (*front.gallery.photos(), *back.gallery.photos())} == {b""}
    assert sorted(stored.jpeg for stored in hub.people.photos()) == [b"jpeg 0", b"jpeg 1"]
    assert back.told == ["hub_added"]
    assert front.link.report()["waiting"] == 0
    age_s = back.link.report()["age_s"]
    assert age_s is not None
    assert age_s < 60


def known_at_two(hub: Hub, kept: Callable[[str], KeptDoor]) -> tuple[KeptDoor, KeptDoor]:
    """The doors "front" and "back", which know Ada and Eve by the hub."""
    front, back = kept("front"), kept("back")
    hub.people.add_person("Ada", photo(0))
    hub.people.add_person("Eve", photo(1))
    front.sync()
    back.sync()
    return front, back


def test_whoever_is_removed_at_the_hub_is_gone_at_every_door_and_it_is_told(
    hub: Hub, kept: Callable[[str], KeptDoor]
) -> None:
    front, back = known_at_two(hub, kept)
    assert front.names == back.names == ["Ada", "Eve"]
    hub.people.remove("Ada")
    front.sync()
    back.sync()
    assert front.names == back.names == ["Eve"]
    (removal,) = hub.removals.listed()
    assert (removal.signed, removal.owed) == (("back", "front"), ())


def put_back(hub: Hub, rows: bytes) -> None:
    """The running hub's rows as they were."""
    with hub.database.writing() as db:
        for table in reversed(METADATA.sorted_tables):
            db.execute(table.delete())
        read_rows(db, rows.splitlines())
    hub.waking.look()


def test_whoever_was_removed_stays_so_where_the_hub_is_put_back(
    hub: Hub, kept: Callable[[str], KeptDoor]
) -> None:
    front, back = known_at_two(hub, kept)
    backup = io.BytesIO()
    with hub.database.reading() as db:
        write_rows(db, backup)
    hub.people.remove("Ada")
    hub.people.rename("Eve", "Eva")
    # The other door is away, and never heard of it.
    front.sync()
    put_back(hub, backup.getvalue())
    assert [person.name for person in hub.people.people()] == ["Ada", "Eve"]
    front.sync()
    assert front.names == ["Eve"]
    assert front.told[-2:] == ["hub_kept_out", "hub_changed"]
    assert [person.name for person in hub.people.people()] == ["Eve"]
    back.sync()
    assert back.names == ["Eve"]
    front.sync()
    (removal,) = hub.removals.listed()
    assert (removal.signed, removal.owed) == (("back", "front"), ())


def test_a_name_that_somebody_else_has_is_held_and_counts_nowhere(
    hub: Hub, kept: Callable[[str], KeptDoor]
) -> None:
    door = kept("front")
    hub.people.add_person("Ada", photo(0))
    door.gallery.add_person("ada", photo(1))
    door.sync()
    assert door.names == ["Ada"]
    (held,) = hub.held.listed()
    assert "proposal_held" in door.told
    hub.held.take(held.number, "Ada Two", "operator")
    door.sync()
    assert door.names == ["Ada", "Ada Two"]


def test_what_two_doors_change_at_once_ends_as_the_hub_has_it(
    hub: Hub, kept: Callable[[str], KeptDoor]
) -> None:
    front, back = kept("front"), kept("back")
    hub.people.add_person("Ada", photo(0))
    front.sync()
    back.sync()
    back.gallery.rename("Ada", "Ada B")
    front.gallery.remove("Ada")
    front.sync()
    back.sync()
    front.sync()
    assert front.names == back.names == []
    assert hub.people.people() == []


def test_a_door_of_some_groups_gets_no_others(hub: Hub, kept: Callable[[str], KeptDoor]) -> None:
    door = kept("front")
    staff = hub.people.add_person("Ada", photo(0)).id
    hub.people.set_rules(staff, PersonRules(groups=("staff",)))
    hub.people.add_person("Eve", photo(1))
    door.sync()
    assert door.names == ["Ada", "Eve"]
    hub.site.set_rules({"groups": {"staff": {}}}, "operator")
    hub.site.set_scope(door.door, ["staff"], "operator")
    door.sync()
    assert door.names == ["Ada"]
    hub.site.set_scope(door.door, None, "operator")
    door.sync()
    assert door.names == ["Ada", "Eve"]


def test_rules_and_settings_reach_the_door_that_they_are_for(
    hub: Hub, kept: Callable[[str], KeptDoor]
) -> None:
    front, back = kept("front"), kept("back")
    hub.site.set_rules({"groups": {"staff": {"second_factor": "pin"}}}, "operator")
    hub.site.set_setting(front.door, "policy.cooldown_s", 60, "operator")
    front.sync()
    back.sync()
    wished, other = read_wish(front.config, {}), read_wish(back.config, {})
    assert wished is not None
    assert other is not None
    assert list(wished.access["groups"]) == list(other.access["groups"]) == ["staff"]
    assert (wished.settings, other.settings) == ({"policy.cooldown_s": 60}, {})


def test_a_hub_that_was_put_back_takes_its_later_settings_back_at_the_door_too(
    hub: Hub, kept: Callable[[str], KeptDoor]
) -> None:
    front = kept("front")
    hub.site.set_rules({"groups": {"staff": {}}}, "operator")
    front.sync()
    with hub.database.reading() as db:
        backup = hub.feed.seq(db)
    hub.site.set_setting(front.door, "policy.cooldown_s", 60, "operator")
    front.sync()
    assert read_wish(front.config, {}).settings == {"policy.cooldown_s": 60}
    with hub.database.writing() as db:
        db.execute(CHANGE.delete().where(CHANGE.c.seq > backup))
        keep_scope(db, front.door, told=backup)
    hub.waking.look()
    front.sync()
    wish = read_wish(front.config, {})
    assert (wish.settings, hub.site.settings(front.door)) == ({}, {})
    assert list(wish.access["groups"]) == ["staff"]


def test_a_door_goes_on_where_it_was_after_a_new_site_key(
    hub: Hub, kept: Callable[[str], KeptDoor]
) -> None:
    front = kept("front")
    kept("back")
    hub.people.add_person("Ada", photo(0))
    front.sync()
    hub.doors.revoke("back")
    hub.people.add_person("Eve", photo(1))
    front.sync()
    assert front.names == ["Ada", "Eve"]
