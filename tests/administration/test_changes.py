import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from accessctl.administration.changes import Administration, Entitlement
from accessctl.audit.log import EventLog
from accessctl.config import GalleryConfig
from accessctl.domain import Event, EventKind, PersonId, PersonRules, Quality
from accessctl.door.fake import EPOCH, FACE_BOX, FakeHouse, portrait
from accessctl.errors import (
    BadNameError,
    InputError,
    LastPhotoError,
    MisfitError,
    NameTakenError,
    StoreError,
    UnknownPersonError,
    UnknownPhotoError,
)
from accessctl.gallery.person import ControllerNumber, pin_matches
from accessctl.gallery.store import open_gallery
from accessctl.recognition.enrolment import Candidate, Enrolment
from accessctl.vision.fake import fake_face

ADA, EVE, JOAN = 1, 2, 3

Examine = Callable[[int], Candidate]


@pytest.fixture
def house() -> FakeHouse:
    house = FakeHouse()
    house.observer.faces = [fake_face(box=FACE_BOX, quality=Quality(0.7))]
    return house


@pytest.fixture
def administration(house: FakeHouse) -> Administration:
    return house.administration()


@pytest.fixture
def examine(house: FakeHouse) -> Examine:
    enrolment = Enrolment(house.observer, house.recogniser, house.roster())
    return lambda person: enrolment.examine(portrait(person), "a photo")


def changes(house: FakeHouse) -> list[tuple[str, PersonId | None]]:
    return told_of(house.events())


def told_of(events: Iterable[Event]) -> list[tuple[str, PersonId | None]]:
    return [(e.data["change"], e.person) for e in events if e.kind is EventKind.PERSON]


def test_one_photo_is_enough(
    house: FakeHouse, administration: Administration, examine: Examine
) -> None:
    person = administration.enrol("Ada", [examine(ADA)])
    assert (person.name, person.photos, person.enrolled) == ("Ada", 1, EPOCH)
    assert house.gallery.people() == [person]
    assert changes(house) == [("enrolled", person.id)]
    assert house.events()[0].kind is EventKind.PERSON
    (template,) = house.gallery.templates(house.recogniser.fingerprint)
    assert template.person == person.id
    assert template.quality == 0.7


def test_more_photos_at_once_and_later(
    house: FakeHouse, administration: Administration, examine: Examine
) -> None:
    person = administration.enrol("Ada", [examine(ADA), examine(ADA)])
    assert person.photos == 2
    assert administration.add_photos("ada", [examine(ADA)]).photos == 3
    assert changes(house) == [
        ("enrolled", person.id),
        ("photo_added", person.id),
        ("photo_added", person.id),
    ]


@pytest.mark.parametrize(
    ("name", "error"), [("ADA", NameTakenError), (" ", BadNameError), ("a\nb", BadNameError)]
)
def test_a_name_that_will_not_do_leaves_everything_as_it_was(
    house: FakeHouse,
    administration: Administration,
    examine: Examine,
    name: str,
    error: type[Exception],
) -> None:
    administration.enrol("Ada", [examine(ADA)])
    revision, events = house.gallery.revision(), house.events()
    with pytest.raises(error):
        administration.enrol(name, [examine(EVE)])
    assert (house.gallery.revision(), house.events()) == (revision, events)


def test_with_a_full_disk_nobody_is_enrolled(
    house: FakeHouse, administration: Administration, examine: Examine
) -> None:
    house.audit.full = True
    with pytest.raises(StoreError, match="disk is full"):
        administration.enrol("Ada", [examine(ADA)])
    assert house.gallery.people() == []
    assert house.gallery.revision() == 0
    house.audit.full = False
    person = administration.enrol("Ada", [examine(ADA)])
    house.audit.full = True
    with pytest.raises(StoreError, match="disk is full"):
        administration.add_photos("Ada", [examine(ADA)])
    assert house.gallery.people() == [person]
    assert len(house.gallery.templates(house.recogniser.fingerprint)) == 1


class FullAfter(EventLog):
    """A log whose disk has no page left after so many events."""

    def __init__(self, path: Path, events: int) -> None:
        super().__init__(path)
        self.left = events

    def append(self, event: Event) -> int:
        if self.left <= 0:
            pages = self._db.execute("PRAGMA page_count").fetchone()[0]
            self._db.execute(f"PRAGMA max_page_count = {pages}")
            # More than fits on the free part of the last page.
            event = Event(event.time, event.kind, {**event.data, "": "x" * 60000}, event.person)
        self.left -= 1
        return super().append(event)


def test_on_real_files_with_a_full_disk_nobody_is_enrolled_either(
    tmp_path: Path, house: FakeHouse, examine: Examine
) -> None:
    people = [examine(ADA), examine(EVE), examine(JOAN)]
    with (
        open_gallery(GalleryConfig(folder=tmp_path / "enrolled"), {}) as gallery,
        FullAfter(tmp_path / "events.sqlite", events=3) as audit,
    ):
        administration = Administration(gallery, audit, lambda: EPOCH)
        ada = administration.enrol("Ada", people[:1])
        # Of two photos of somebody new the second finds the disk full.
        with pytest.raises(StoreError, match="full"):
            administration.enrol("Eve", [people[1], people[1]])
        with pytest.raises(StoreError, match="full"):
            administration.enrol("Joan", people[2:])
        eve = gallery.person("Eve")
        assert [person.name for person in gallery.people()] == ["Ada", "Eve"]
        assert eve.photos == 1
        told = told_of(event for _, event in audit.query())
    assert told == [("enrolled", ada.id), ("enrolled", eve.id)]


def test_a_photo_of_a_stranger_is_not_added_to_somebody(
    house: FakeHouse, administration: Administration, examine: Examine
) -> None:
    ada = administration.enrol("Ada", [examine(ADA)])
    before = house.gallery.revision(), house.events()
    with pytest.raises(MisfitError) as refused:
        administration.add_photos("ada", [examine(ADA), examine(EVE)])
    figures = re.findall(r"(?:similarity|rate) -?[\d.]+", str(refused.value))
    assert len(figures) == 2
    assert "does not show whom the other photos of Ada show" in str(refused.value)
    assert (house.gallery.revision(), house.events()) == before
    administration.add_photos("Ada", [examine(EVE)], anyway=True)
    told = house.events()[-1]
    assert (told.person, told.data["change"], told.data["anyway"]) == (ada.id, "photo_added", True)
    assert told.data["similarity"] < 0.9
    assert told.data["fmr"] > 1e-4


def test_a_photo_of_somebody_else_enrolled_is_not_added(
    house: FakeHouse, administration: Administration, examine: Examine
) -> None:
    administration.enrol("Ada", [examine(ADA)])
    eve = administration.enrol("Eve", [examine(EVE)])
    with pytest.raises(MisfitError, match=r"looks more like Eve \(.*\) than like Ada \("):
        administration.add_photos("Ada", [examine(EVE)])
    administration.add_photos("Ada", [examine(EVE)], anyway=True)
    assert house.events()[-1].data["like"] == eve.id


def test_somebody_enrolled_is_not_enrolled_again_under_another_name(
    house: FakeHouse, administration: Administration, examine: Examine
) -> None:
    administration.enrol("Ada", [examine(ADA)])
    with pytest.raises(MisfitError, match="looks like Ada, who is enrolled"):
        administration.enrol("Augusta", [examine(ADA)])
    assert [person.name for person in house.gallery.people()] == ["Ada"]
    administration.enrol("Her twin", [examine(ADA)], anyway=True)
    assert len(house.gallery.people()) == 2


def test_the_photos_of_somebody_new_show_one_person(
    house: FakeHouse, administration: Administration, examine: Examine
) -> None:
    with pytest.raises(MisfitError, match="the other photos of Ada"):
        administration.enrol("Ada", [examine(ADA), examine(EVE)])
    assert house.gallery.people() == []
    assert house.events() == []


def test_what_others_enrolled_meanwhile_counts(house: FakeHouse, examine: Examine) -> None:
    one, other = house.administration(), house.administration()
    one.enrol("Ada", [examine(ADA)])
    other.enrol("Eve", [examine(EVE)])
    with pytest.raises(MisfitError, match="looks like Eve"):
        one.enrol("Joan", [examine(EVE)])
    one.remove("Eve")
    one.enrol("Joan", [examine(EVE)])


def test_a_photo_is_taken_out_on_record_but_never_the_last(
    house: FakeHouse, administration: Administration, examine: Examine
) -> None:
    ada = administration.enrol("Ada", [examine(ADA), examine(ADA)])
    administration.add_photos("Ada", [examine(EVE)], anyway=True)
    with pytest.raises(UnknownPhotoError, match=r"Ada has 3 photos and no number 4"):
        administration.remove_photo("Ada", 4)
    assert administration.remove_photo("ada", 3).photos == 2
    assert changes(house)[-1] == ("photo_removed", ada.id)
    left = house.gallery.templates(house.recogniser.fingerprint)
    assert all(template.embedding @ examine(ADA).embedding > 0.999 for template in left)
    house.audit.full = True
    with pytest.raises(StoreError):
        administration.remove_photo("Ada", 1)
    house.audit.full = False
    administration.remove_photo("Ada", 1)
    with pytest.raises(LastPhotoError, match="only photo of Ada"):
        administration.remove_photo("Ada", 1)
    assert house.gallery.person("Ada").photos == 1


def test_only_somebody_enrolled_gets_more_photos(
    house: FakeHouse, administration: Administration, examine: Examine
) -> None:
    with pytest.raises(UnknownPersonError):
        administration.add_photos("Ada", [examine(ADA)])
    assert house.events() == []


def test_each_change_is_written_down_once(
    house: FakeHouse, administration: Administration, examine: Examine
) -> None:
    ada = administration.enrol("Ada", [examine(ADA)])
    assert administration.rename("ada", "Augusta").id == ada.id
    administration.change_rules("Augusta", lambda _: PersonRules(disabled=True))
    administration.set_pin("Augusta", "270818")
    administration.clear_pin("Augusta")
    assert administration.remove("Augusta").name == "Augusta"
    told = ["enrolled", "renamed", "rules_changed", "pin_changed", "pin_changed", "removed"]
    assert changes(house) == [(change, ada.id) for change in told]
    assert {event.time for event in house.events()} == {EPOCH}
    assert house.gallery.people() == []


def test_what_somebody_is_allowed(
    house: FakeHouse, administration: Administration, examine: Examine
) -> None:
    ada = administration.enrol("Ada", [examine(ADA)])
    assert administration.person("ADA") == ada
    assert administration.entitlement("ada") == Entitlement(ada, PersonRules(), False)
    administration.set_pin("ada", "270818")
    assert pin_matches("270818", house.gallery.pins()[ada.id])
    rules = PersonRules(life_by_pin=True)
    seen: list[PersonRules] = []

    def change(kept: PersonRules) -> PersonRules:
        seen.append(kept)
        return rules

    assert administration.change_rules("ada", change) == Entitlement(ada, rules, True)
    assert administration.entitlement("ada") == Entitlement(ada, rules, True)
    assert seen == [PersonRules()]


def test_rules_that_stay_as_they_are_are_not_written_down(
    house: FakeHouse, administration: Administration, examine: Examine
) -> None:
    administration.enrol("Ada", [examine(ADA)])
    revision = house.gallery.revision()
    administration.change_rules("Ada", lambda kept: kept)
    assert house.gallery.revision() == revision
    assert [change for change, _ in changes(house)] == ["enrolled"]


Change = Callable[[Administration], object]

CHANGES: list[Change] = [
    lambda administration: administration.rename("Ada", "Augusta"),
    lambda administration: administration.change_rules("Ada", lambda _: PersonRules(disabled=True)),
    lambda administration: administration.set_pin("Ada", "270818"),
    lambda administration: administration.clear_pin("Ada"),
    lambda administration: administration.set_controller_number("Ada", ControllerNumber(1, 2)),
]
IDS = ["rename", "rules", "set pin", "clear pin", "controller number"]


def everything(house: FakeHouse) -> object:
    gallery = house.gallery
    numbers = [gallery.controller_number(person.id) for person in gallery.people()]
    return gallery.revision(), gallery.people(), gallery.rules(), gallery.pins(), numbers


@pytest.mark.parametrize("change", CHANGES, ids=IDS)
def test_nothing_changes_without_its_record(
    house: FakeHouse, administration: Administration, examine: Examine, change: Change
) -> None:
    administration.enrol("Ada", [examine(ADA)])
    administration.set_pin("Ada", "314159")
    before = everything(house)
    house.audit.full = True
    with pytest.raises(StoreError, match="disk is full"):
        change(administration)
    assert everything(house) == before


@pytest.mark.parametrize(
    "change",
    [
        *CHANGES,
        lambda administration: administration.add_photos("Ada", []),
        lambda administration: administration.remove("Ada"),
    ],
    ids=[*IDS, "photos", "remove"],
)
def test_nobody_of_that_name(
    house: FakeHouse, administration: Administration, change: Change
) -> None:
    with pytest.raises(UnknownPersonError):
        change(administration)
    assert house.events() == []


@pytest.mark.parametrize("pin", ["12", "1234", "4444", "27081x"])
def test_what_may_not_be_a_pin_changes_nothing(
    house: FakeHouse, administration: Administration, examine: Examine, pin: str
) -> None:
    administration.enrol("Ada", [examine(ADA)])
    with pytest.raises(InputError, match="PIN"):
        administration.set_pin("Ada", pin)
    assert house.gallery.pins() == {}
    assert len(house.events()) == 1


def test_removing_waits_for_no_record(
    house: FakeHouse, administration: Administration, examine: Examine
) -> None:
    administration.enrol("Ada", [examine(ADA)])
    house.audit.full = True
    with pytest.raises(StoreError, match=r"^Ada is removed, but the event log does not tell of it"):
        administration.remove("ada")
    assert house.gallery.people() == []


def test_a_removal_that_leaves_traces_for_now_is_on_record(
    tmp_path: Path, house: FakeHouse, examine: Examine
) -> None:
    """Another process reads: what was removed is erased later, and told at once."""
    config = GalleryConfig(folder=tmp_path / "enrolled")
    with (
        open_gallery(config, {}, busy_timeout_s=0.05) as gallery,
        open_gallery(config, {}) as other,
    ):
        administration = Administration(gallery, house.audit, lambda: EPOCH)
        ada = administration.enrol("Ada", [examine(ADA)])
        reading = other._database._db
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM person").fetchone()
        with pytest.raises(StoreError, match="traces of what was removed remain"):
            administration.remove("Ada")
        reading.execute("ROLLBACK")
        assert gallery.people() == []
    assert changes(house) == [("enrolled", ada.id), ("removed", ada.id)]
