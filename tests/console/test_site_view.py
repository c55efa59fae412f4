import pytest

from accessctl.console.event_view import Tone
from accessctl.console.site_view import site_doors
from accessctl.console.words import Words, catalogue
from accessctl.hub.door_software import DoorSoftware
from accessctl.hub.doors import KnownDoor

WORDS = Words("en", catalogue())
NOW = 1_700_000_000.0
DAY = 86400.0


def door(**changed) -> KnownDoor:
    known = {
        "id": "a" * 32,
        "name": "front",
        "state": "joined",
        "joined": 1.0,
        "seen": NOW - 5,
        "expires": NOW + 60 * DAY,
        "records": 7,
        "alarms": 0,
    }
    return KnownDoor(**{**known, **changed})


def listed(one: KnownDoor, software: DoorSoftware = DoorSoftware()):  # noqa: B008 - frozen
    (found,) = site_doors([one], {one.id: software}, WORDS, NOW, "0.2.0")
    return found


def test_a_door_in_order_is_marked_by_nothing() -> None:
    found = listed(door(), DoorSoftware(NOW, "0.2.0", "e" * 64))
    assert (found.tone, found.sign) == (Tone.GRANTED, "joined")
    assert (found.heard_ill, found.certificate_ill, found.software_ill) == (False,) * 3
    assert (found.software, found.encoder) == ("0.2.0", "e" * 12)


@pytest.mark.parametrize(
    ("changed", "which"),
    [
        ({"seen": NOW - 121}, "heard_ill"),
        ({"seen": None}, "heard_ill"),
        ({"expires": NOW + 13 * DAY}, "certificate_ill"),
    ],
)
def test_what_somebody_should_look_at_is_marked(changed, which) -> None:
    found = listed(door(**changed))
    assert getattr(found, which)
    assert found.tone is Tone.TROUBLE


def test_another_version_is_marked_and_none_is_not() -> None:
    assert listed(door(), DoorSoftware(NOW, "0.1.0")).software_ill
    assert not listed(door()).software_ill


def test_doors_with_something_the_matter_stand_first() -> None:
    others = [door(id=one * 32, name=name) for one, name in (("c", "attic"), ("d", "cellar"))]
    silent, old = door(id="e" * 32, name="yard", seen=None), door(id="f" * 32, name="zoo")
    software = {old.id: DoorSoftware(NOW, "0.1.0")}
    found = site_doors([*others, silent, old], software, WORDS, NOW, "0.2.0")
    assert [one.name for one in found] == ["yard", "zoo", "attic", "cellar"]


def test_a_door_that_counts_no_more_is_marked_by_nothing_and_stands_last() -> None:
    gone = door(id="b" * 32, name="alpha", state="revoked", seen=1.0, expires=2.0)
    found = site_doors([gone, door()], {}, WORDS, NOW, "0.2.0")
    assert [one.name for one in found] == ["front", "alpha"]
    assert found[1].tone is Tone.NOTE
    assert (found[1].heard_ill, found[1].certificate_ill) == (False, False)
