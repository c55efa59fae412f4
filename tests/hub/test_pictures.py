"""Pictures of decisions from a door's folder to the hub's viewer, over HTTPS, and what becomes of
them there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import select, text

from accessctl.audit.append import append_all
from accessctl.audit.log import EventLog
from accessctl.audit.schema import row_of
from accessctl.audit.snapshots import Snapshots
from accessctl.config import SnapshotConfig
from accessctl.domain import Event, EventKind, PersonId
from accessctl.errors import HubError, StoreError
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.hub.assembly import Hub
from accessctl.hub.server import Minutes
from accessctl.hub.tables import EVENT_PICTURE
from accessctl.storage.sqlite import connect
from accessctl.sync.client import DoorClient
from accessctl.sync.picture_wire import MAX_SEALED_PICTURE, EventPicture, picture_id
from accessctl.sync.pictures import MARK_FILE, PictureLink, PicturePlace
from accessctl.sync.site_sealing import seal_photo
from accessctl.sync.wire import MAX_BODY_BYTES
from tests.administration.killing import killed_at
from tests.clocks import HandClock
from tests.hub.conftest import START_S, JoinedTestDoor
from tests.hub.waiting import waiting_door

DAY = 86400.0
ONE, TWO = b"\xff\xd8\xff\xe0 one \xff\xd9", b"\xff\xd8\xff\xe0 two \xff\xd9"


@dataclass
class PicturingDoor:
    """A joined door that keeps pictures of what it decides, and sends them."""

    joined: JoinedTestDoor
    snapshots: Snapshots
    folder: Path
    clock: HandClock
    visits: Iterator[int] = field(default_factory=count)

    @property
    def id(self) -> str:
        return self.joined.member.door

    def decide(self, jpeg: bytes | None, person: str | None = None, ago: float = 0.0) -> str:
        """One more decision, `ago` seconds before now; the name of its picture."""
        time = self.clock() - ago
        kept = None if jpeg is None else self.snapshots.keep(f"{next(self.visits):x}", time, jpeg)
        name = None if kept is None else kept.name
        whose = None if person is None else PersonId(person)
        event = Event(time, EventKind.DECISION, {"snapshot": name}, whose)
        EventLog(self.joined.log_file).close()
        db = connect(self.joined.log_file, START_S)
        append_all(db, lambda _: [row_of(event)], None)
        db.close()
        return name or ""

    def link(self) -> PictureLink:
        place = PicturePlace(self.joined.log_file, self.snapshots, self.joined.folder)
        return PictureLink(self.joined.url, place, now=self.clock)

    def send(self) -> None:
        """The log first, then its pictures."""
        self.joined.send_all()
        self.send_pictures()

    def send_pictures(self) -> None:
        link = self.link()
        while link.work_once() == 0.0:
            pass
        link.disconnect()

    def post(self, number: int, sealed: str) -> bool:
        """As a door would that goes by no rules of its own."""
        with DoorClient(self.joined.url, self.joined.member, self.clock()) as client:
            return client.send_picture(number, EventPicture(sealed=sealed)).kept

    def sealed(self, hub: Hub, number: int, jpeg: bytes = ONE) -> str:
        return seal_photo(jpeg, picture_id(self.id, number), hub.site_keys.photos)


@pytest.fixture
def picturing(
    joined: Callable[[str], JoinedTestDoor], tmp_path: Path, clock: HandClock
) -> Iterator[Callable[[str], PicturingDoor]]:
    def make(name: str) -> PicturingDoor:
        folder = tmp_path / f"{name}-snapshots"
        config = SnapshotConfig(keep="face", days=2)
        door = PicturingDoor(joined(name), Snapshots(folder, b"k" * 32, config), folder, clock)
        door.joined.send_all()
        # What was before sending was switched on is never sent.
        door.send_pictures()
        return door

    return make


def enrolled(hub: Hub, name: str, number: int) -> str:
    face = random_units(4, 16, seed=3)[number]
    photo = NewPhoto(jpeg=b"jpeg", embedding=face, fingerprint="e", quality=0.5, added=5.0)
    return hub.people.add_person(name, photo).id


def test_a_picture_follows_its_event_and_is_opened_for_a_viewer_only(hub, picturing) -> None:
    front, back = picturing("front"), picturing("back")
    front.decide(ONE)
    front.decide(None)
    front.decide(TWO)
    back.decide(TWO)
    front.send_pictures()
    assert hub.pictures.of(front.id, 1) is None
    front.send()
    back.send()
    assert [hub.pictures.of(front.id, number) for number in (1, 2, 3, 4)] == [ONE, None, TWO, None]
    assert hub.pictures.of(back.id, 1) == TWO
    with hub.database.reading() as db:
        stored = db.execute(select(EVENT_PICTURE.c.sealed)).scalars().all()
    assert len(stored) == 3
    assert not any(jpeg[4:9] in sealed for sealed in stored for jpeg in (ONE, TWO))


def test_what_was_taken_before_sending_was_switched_on_stays_at_the_door(
    hub, joined, tmp_path: Path, clock: HandClock
) -> None:
    folder = tmp_path / "snapshots"
    snapshots = Snapshots(folder, b"k" * 32, SnapshotConfig(keep="face"))
    front = PicturingDoor(joined("front"), snapshots, folder, clock)
    front.decide(ONE)
    front.send()
    front.decide(TWO)
    front.send()
    assert [hub.pictures.of(front.id, number) for number in (1, 2)] == [None, TWO]


def test_what_the_door_has_deleted_or_cannot_open_does_not_hold_up_the_rest(
    hub, picturing, caplog: pytest.LogCaptureFixture
) -> None:
    front = picturing("front")
    gone, altered = front.decide(ONE, ago=5), front.decide(ONE, ago=4)
    front.decide(TWO)
    (front.folder / gone).unlink()
    path = front.folder / altered
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    front.send()
    assert [hub.pictures.of(front.id, number) for number in (1, 2, 3)] == [None, None, TWO]
    (told,) = [line for line in caplog.messages if "does not go to the hub" in line]
    assert altered in told


def test_a_door_that_is_killed_between_event_and_picture_goes_on(hub, picturing) -> None:
    front = picturing("front")
    for number in range(4):
        front.decide(ONE, ago=9 - number)
    front.joined.send_all()
    changing = {"open", "os.rename", "socket.connect"}
    deaths = 0
    for point in range(0, 24, 3):
        deaths += killed_at(point, front.send_pictures, changing, lambda _: True)
    front.send_pictures()
    assert deaths > 2
    assert [hub.pictures.of(front.id, number) for number in range(1, 5)] == [ONE] * 4


def test_a_picture_that_was_taken_but_not_noted_is_kept_once(hub, picturing) -> None:
    front = picturing("front")
    before = (front.joined.folder / MARK_FILE).read_bytes()
    front.decide(ONE)
    front.send()
    (front.joined.folder / MARK_FILE).write_bytes(before)
    front.send_pictures()
    assert front.post(1, front.sealed(hub, 1, TWO))
    assert hub.pictures.of(front.id, 1) == ONE
    with hub.database.reading() as db:
        assert len(db.execute(select(EVENT_PICTURE.c.number)).all()) == 1


def test_none_without_its_event_and_none_for_an_event_that_names_none(hub, picturing) -> None:
    front, back = picturing("front"), picturing("back")
    back.decide(ONE)
    back.send()
    with pytest.raises(HubError, match="has no record 1 of this door; send the record first"):
        front.post(1, front.sealed(hub, 1))
    front.decide(None)
    front.joined.send_all()
    with pytest.raises(HubError, match="Record 1 of this door names no picture"):
        front.post(1, front.sealed(hub, 1))
    assert hub.pictures.of(front.id, 1) is None


def test_what_a_hostile_door_sends_is_refused_or_shown_to_nobody(hub, picturing) -> None:
    front, back = picturing("front"), picturing("back")
    for _ in range(3):
        front.decide(ONE)
    front.joined.send_all()
    with pytest.raises(HubError, match="not base64"):
        front.post(1, "?" * 40)
    assert front.post(1, back.sealed(hub, 1))
    assert front.post(2, front.sealed(hub, 2, b"<script>"))
    for number in (1, 2):
        with pytest.raises(StoreError):
            hub.pictures.of(front.id, number)
    with waiting_door(front.joined) as caller:
        for path in ("/pictures/0", "/pictures/-1", f"/pictures/{1 << 63}", "/pictures/x"):
            assert caller.ask("POST", path, json={"sealed": ""}).status_code == 400
        more = {"sealed": "A" * (MAX_SEALED_PICTURE + 4)}
        assert caller.ask("POST", "/pictures/3", json=more).status_code == 400
        largest = caller.ask("POST", "/pictures/3", json={"sealed": "A" * MAX_SEALED_PICTURE})
        assert largest.status_code == 200
        too_much = caller.ask("POST", "/pictures/3", content=b"x" * (MAX_BODY_BYTES + 1))
        assert too_much.status_code == 413


def test_a_picture_larger_than_the_hub_takes_stays_and_the_next_one_goes(
    hub, picturing, caplog: pytest.LogCaptureFixture
) -> None:
    front = picturing("front")
    front.decide(b"\xff\xd8\xff" + bytes(MAX_SEALED_PICTURE * 3 // 4))
    front.decide(TWO)
    front.send()
    assert [hub.pictures.of(front.id, number) for number in (1, 2)] == [None, TWO]
    assert "The picture of record 1 is larger than the hub takes." in caplog.messages


def test_pictures_are_kept_for_some_days_by_either_clock(hub, picturing, clock: HandClock) -> None:
    front = picturing("front")
    front.decide(ONE, ago=29 * DAY)
    front.decide(ONE, ago=31 * DAY)
    front.decide(TWO)
    front.decide(ONE, ago=-400 * DAY)
    front.send()
    numbers = range(1, 5)
    assert [hub.pictures.of(front.id, one) for one in numbers] == [ONE, None, TWO, ONE]
    minutes = Minutes(hub, hub.authority.server_context(()))
    clock.time += 2 * DAY
    minutes.turn()
    assert [hub.pictures.of(front.id, one) for one in numbers] == [None, None, TWO, ONE]
    clock.time += 29 * DAY
    # Also the one of a door whose clock was a year ahead.
    minutes.turn()
    assert [hub.pictures.of(front.id, one) for one in numbers] == [None] * 4


def test_whoever_is_removed_has_no_pictures_at_the_hub_and_gets_none(hub, picturing) -> None:
    front = picturing("front")
    ada, eve = enrolled(hub, "Ada", 0), enrolled(hub, "Eve", 1)
    front.decide(ONE, ada)
    front.decide(TWO, eve)
    front.send()
    front.decide(ONE, ada)
    hub.people.remove("Ada")
    front.send()
    assert [hub.pictures.of(front.id, number) for number in (1, 2, 3)] == [None, TWO, None]
    assert [(number, jpeg) for _, number, jpeg in hub.pictures.of_person(eve)] == [(2, TWO)]
    assert list(hub.pictures.of_person(ada)) == []


def test_a_revoked_door_brings_none(hub, picturing) -> None:
    front = picturing("front")
    front.decide(ONE)
    front.joined.send_all()
    hub.doors.revoke("front")
    with pytest.raises(HubError):
        front.send_pictures()
    with pytest.raises(HubError):
        hub.pictures.take(front.id, 1, front.sealed(hub, 1))
    with hub.database.reading() as db:
        assert db.execute(text("SELECT count(*) FROM event_picture")).scalar_one() == 0


def test_a_door_that_joins_anew_sends_only_what_is_new(hub, picturing, joined_at, url) -> None:
    front = picturing("front")
    front.decide(ONE)
    front.send()
    other = joined_at(url, "other")
    again = PicturingDoor(
        JoinedTestDoor(other.member, front.joined.log_file, url),
        front.snapshots,
        front.folder,
        front.clock,
    )
    (other.folder / MARK_FILE).write_bytes((front.joined.folder / MARK_FILE).read_bytes())
    again.send()
    again.decide(TWO)
    again.send()
    assert [hub.pictures.of(again.id, number) for number in (1, 2)] == [None, TWO]
