"""The copy of the gallery that is searched, and how it follows the gallery."""

import logging
import math

import pytest

from accessctl.config import PolicyConfig
from accessctl.domain import Person
from accessctl.door.fake import FakeHouse
from accessctl.errors import StoreError
from accessctl.gallery.badges import Badge


def test_an_unchanged_gallery_is_not_loaded_again() -> None:
    house = FakeHouse()
    house.enrol("Ada", 1)
    roster = house.roster()
    before = roster.matcher
    assert roster.refresh() is False
    assert roster.matcher is before


def test_every_change_is_taken_over_once() -> None:
    house = FakeHouse()
    ada = house.enrol("Ada", 1)
    roster = house.roster()
    house.gallery.rename("Ada", "Augusta")
    assert (roster.refresh(), roster.refresh()) == (True, False)
    assert roster.names == {ada: "Augusta"}
    bea = house.enrol("Bea", 2)
    assert roster.refresh() is True
    assert roster.names == {ada: "Augusta", bea: "Bea"}
    assert roster.matcher.people == 2
    assert roster.max_fmr == pytest.approx(1 - math.sqrt(1 - house.policy.target_fpir))
    house.gallery.remove("Augusta")
    assert roster.refresh() is True
    assert roster.names == {bea: "Bea"}
    assert roster.matcher.people == 1


def test_the_people_of_another_gallery_by_the_same_rate() -> None:
    house, other = FakeHouse(), FakeHouse()
    house.enrol("Ada", 1)
    bea, eve = other.enrol("Bea", 2), other.enrol("Eve", 3)
    roster = house.roster()
    roster.retarget(PolicyConfig(target_fpir=0.02))
    found = roster.of(other.gallery)
    assert found.names == {bea: "Bea", eve: "Eve"}
    assert found.max_fmr == pytest.approx(1 - math.sqrt(1 - 0.02))
    assert len(roster.names) == 1


def test_an_outage_is_reported_once_and_the_last_copy_stays(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    house = FakeHouse()
    house.enrol("Ada", 1)
    roster = house.roster()
    for _ in range(2):
        house.gallery.fault = StoreError("it is locked")
        assert [roster.refresh() for _ in range(3)] == [False, False, False]
        assert list(roster.names.values()) == ["Ada"]
        house.gallery.fault = None
        assert roster.refresh() is False
    errors = [record.message for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 2
    assert "it is locked" in errors[0]


def test_a_change_during_an_outage_is_taken_over_afterwards() -> None:
    house = FakeHouse()
    roster = house.roster()
    house.enrol("Ada", 1)
    house.gallery.fault = StoreError("it is locked")
    assert roster.refresh() is False
    house.gallery.fault = None
    assert roster.refresh() is True
    assert list(roster.names.values()) == ["Ada"]


def test_a_load_that_fails_halfway_changes_nothing_and_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = FakeHouse()
    house.enrol("Ada", 1)
    roster = house.roster()
    matcher = roster.matcher
    house.enrol("Bea", 2)

    def fail(fingerprint: str) -> list[Person]:
        raise StoreError("a template is damaged")

    with monkeypatch.context() as patch:
        patch.setattr(house.gallery, "templates", fail)
        assert roster.refresh() is False
    assert roster.matcher is matcher
    assert list(roster.names.values()) == ["Ada"]
    assert roster.refresh() is True
    assert set(roster.names.values()) == {"Ada", "Bea"}


def test_a_badge_is_known_until_it_is_taken_away() -> None:
    house = FakeHouse()
    grace = house.enrol("Grace", 1)
    roster = house.roster()
    digest = roster.digest_of("4711")
    assert roster.badge_of(digest) is None
    badge = Badge(grace, digest, 1.0)
    house.gallery.add_badge(badge)
    assert roster.refresh()
    assert roster.badge_of(roster.digest_of("4711")) == badge
    house.gallery.remove("Grace")
    assert roster.refresh()
    assert roster.badge_of(digest) is None
