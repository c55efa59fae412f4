import pytest

from accessctl.hub.door_software import MOST_CHARACTERS, SEARCHED, DoorSoftware, DoorSoftwares
from tests.console.sample_site import FRONT, GRANTED, put_door, put_events, service


@pytest.fixture
def site(hub):
    put_door(hub.database, FRONT, "front", 5.0)
    return hub


def said(hub, softwares: DoorSoftwares) -> DoorSoftware:
    return softwares.of(hub.doors.listed())[FRONT]


def test_a_door_is_as_it_said_when_it_started_last(site) -> None:
    softwares = DoorSoftwares(site.database)
    assert said(site, softwares) == DoorSoftware()
    put_events(site.database, FRONT, [service("started", 10.0, encoder="e1")])
    assert said(site, softwares) == DoorSoftware(10.0, None, "e1")
    starts = [
        service("started", 20.0, software="0.2.0", encoder="e2"),
        service("note", 21.0, said='"state":"started"'),
        GRANTED.event(30.0),
    ]
    put_events(site.database, FRONT, starts)
    assert said(site, softwares) == DoorSoftware(20.0, "0.2.0", "e2")
    put_events(site.database, FRONT, [GRANTED.event(40.0)])
    assert said(site, softwares) == DoorSoftware(20.0, "0.2.0", "e2")
    assert said(site, DoorSoftwares(site.database)) == DoorSoftware(20.0, "0.2.0", "e2")


@pytest.mark.parametrize("word", [7, "", "\x1b[2J", None, ["0.2.0"]])
def test_what_is_no_word_is_none(site, word) -> None:
    put_events(site.database, FRONT, [service("started", 10.0, software=word)])
    assert said(site, DoorSoftwares(site.database)).version is None


def test_a_long_word_is_cut(site) -> None:
    put_events(site.database, FRONT, [service("started", 10.0, software="x" * 500)])
    assert said(site, DoorSoftwares(site.database)).version == "x" * MOST_CHARACTERS


def test_only_so_many_records_are_looked_through(site, monkeypatch) -> None:
    assert SEARCHED > 1000
    monkeypatch.setattr("accessctl.hub.door_software.SEARCHED", 2)
    events = [service("started", 10.0, software="1"), GRANTED.event(11.0), GRANTED.event(12.0)]
    put_events(site.database, FRONT, events)
    assert said(site, DoorSoftwares(site.database)) == DoorSoftware()
