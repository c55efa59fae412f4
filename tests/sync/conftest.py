"""A door's gallery and a hub in memory that looks after it."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from accessctl.audit.base import MemoryLog
from accessctl.clock import Clocks, Uptime
from accessctl.config import GalleryConfig
from accessctl.domain import EventKind
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.gallery.site_store import SiteGallery, open_site_gallery
from accessctl.gallery.store import Gallery, open_gallery
from accessctl.sync.age import HubAge
from accessctl.sync.fake import START, FakeHub
from accessctl.sync.feed import HubFeed, SiteRecord
from accessctl.sync.feed_link import FeedLink, FeedPlace
from accessctl.sync.feed_wire import SitePerson, SitePhoto
from accessctl.sync.proposing import Proposing
from accessctl.sync.site_key_ring import SiteKeyRing

FACES = random_units(8, 16, seed=5)


def site_person(number: int, name: str, **more: object) -> SitePerson:
    """The document of somebody with one photo; `number` makes the ids and the face."""
    photo = SitePhoto(
        id=f"{number + 100:032x}",
        quality=0.5,
        added=START,
        templates={"e": base64.b64encode(FACES[number].astype("<f4").tobytes()).decode()},
    )
    said = {"id": f"{number:032x}", "name": name, "enrolled": START, "photos": (photo,), **more}
    return SitePerson.model_validate(said)


def new_photo(number: int) -> NewPhoto:
    return NewPhoto(
        jpeg=b"jpeg %d" % number, embedding=FACES[number], fingerprint="e", quality=0.5, added=START
    )


@dataclass
class SyncedDoor:
    """All that a door needs to be kept as its hub has it; `ran_s` is its uptime."""

    hub: FakeHub
    site: SiteGallery
    log: MemoryLog
    age: HubAge
    feed: HubFeed
    proposing: Proposing
    folder: Path

    def take(self) -> None:
        while self.feed.take():
            pass

    def synced(self) -> None:
        """All taken, all proposed, and what came of it taken."""
        self.take()
        while self.proposing.send():
            self.take()
        self.proposing.give_receipts()

    @property
    def names(self) -> list[str]:
        return [person.name for person in self.site.gallery.people()]

    @property
    def told(self) -> list[str]:
        """The changes of people that are on record."""
        events = self.log.query(kind=EventKind.PERSON)
        return [str(event.data["change"]) for _, event in events]


@pytest.fixture
def door(tmp_path: Path) -> Iterator[SyncedDoor]:
    hub, log = FakeHub(), MemoryLog()
    site = open_site_gallery(GalleryConfig(folder=tmp_path / "enrolled"), {})
    site.begin(hub.hub_id, hub.door)
    clocks = Clocks(lambda: START, lambda: Uptime("boot", 100.0), lambda: True)
    age = HubAge(site, clocks)
    keys = SiteKeyRing(tmp_path / "sync", hub.hub_id, hub.door, hub)
    record = SiteRecord(site, log, lambda: START)
    feed = HubFeed(hub, hub, keys, site, age, record)
    proposing = Proposing(hub, hub, keys, site, record, lambda: START)
    yield SyncedDoor(hub, site, log, age, feed, proposing, tmp_path / "sync")
    site.gallery.close()


@pytest.fixture
def hub() -> FakeHub:
    return FakeHub()


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[Gallery]:
    with open_gallery(GalleryConfig(folder=tmp_path / "enrolled"), {}) as gallery:
        yield gallery


@pytest.fixture
def ran_s() -> list[float]:
    """The machine's uptime, to be set."""
    return [100.0]


@pytest.fixture
def link_to(
    tmp_path: Path, gallery: Gallery, ran_s: list[float]
) -> Iterator[Callable[..., FeedLink]]:
    links: list[FeedLink] = []

    def make(hub: FakeHub | None, **more: object) -> FeedLink:
        place = FeedPlace(
            "https://127.0.0.1:1",
            tmp_path / "sync",
            GalleryConfig(folder=tmp_path / "enrolled"),
            {},
        )
        clocks = Clocks(lambda: START, lambda: Uptime("boot", ran_s[0]), lambda: True)
        links.append(
            FeedLink(
                place,
                MemoryLog(),
                clocks,
                now=lambda: START,
                dial=lambda _place, _now: None if hub is None else (hub, hub),
                **{"draw": lambda: 0.0, **more},
            )
        )
        return links[-1]

    yield make
    for link in links:
        link.disconnect()
