import pytest

from accessctl.console import truth_pages
from accessctl.console.app import Console
from accessctl.console.capabilities import Capability
from accessctl.hub.event_search import EventFilter, EventSearch
from accessctl.hub.pictures import claim_pictures
from tests.console.naming_site import jpeg, put_visit
from tests.console.sample_site import (
    BACK,
    COLLINS,
    FRONT,
    GRANTED,
    SPOOF,
    put_door,
    put_events,
    put_people,
    put_site,
    service,
)


@pytest.fixture
def site(console: Console) -> Console:
    put_site(console.hub.database, console.now())
    return console


def test_the_page_counts_what_the_doors_decided(site, signed_in) -> None:
    page = signed_in(Capability.LOOK).get("/figures").text
    assert page.count('<svg class="plot"') == 7
    assert "front-door" in page
    assert "Rim of a picture" in page
    assert "laboratory" in page
    one = signed_in(Capability.LOOK).get("/figures", params={"door": "laboratory"}).text
    # Nothing was refused there for want of life, so that nothing is drawn of it.
    assert one.count('<svg class="plot"') == 5
    assert "Camera lost, covered or in the dark" in one


def test_a_site_without_decisions_says_so(console, signed_in) -> None:
    put_door(console.hub.database, BACK, "back-door", 1.0)
    page = signed_in(Capability.LOOK).get("/figures").text
    assert "No decisions yet" in page
    assert '<svg class="plot"' not in page


def test_a_camera_that_saw_nothing_shows_where_nothing_could_be_decided(console, signed_in) -> None:
    put_door(console.hub.database, BACK, "back-door", 1.0)
    lost = [service("camera_lost", console.now() - at) for at in range(25, 0, -1)]
    put_events(console.hub.database, BACK, lost)
    page = signed_in(Capability.LOOK).get("/figures", params={"door": "back-door"}).text
    assert "the camera was lost, covered or saw only dark 25 times" in page
    assert 'id="p-camera-t"' in page


def test_a_scale_is_told_as_its_table_is(site, signed_in) -> None:
    """Grants took 0.812 s, so that the middle of the scale is half a second."""
    client = signed_in(Capability.LOOK)
    for language, half in (("en", "0.5"), ("de", "0,5")):
        page = client.get("/figures", headers={"accept-language": language}).text
        assert f'class="scale">{half}</text>' in page


def test_only_the_last_90_days_count(site, signed_in, clock) -> None:
    clock.time += 91 * 86400
    assert "No decisions yet" in signed_in(Capability.LOOK).get("/figures").text


def test_it_says_where_the_decisions_were_cut(site, signed_in, monkeypatch) -> None:
    monkeypatch.setattr(truth_pages, "MOST_DECISIONS", 2)
    put_events(site.hub.database, BACK, [SPOOF.event(site.now()), GRANTED.event(site.now())])
    page = signed_in(Capability.LOOK).get("/figures").text
    assert "Only the latest 2 decisions were read" in page


def test_only_who_may_look_sees_it(site, signed_in) -> None:
    client = signed_in(*(set(Capability) - {Capability.LOOK}))
    assert client.get("/figures").status_code == 403
    asked = signed_in(Capability.LOOK).get("/figures", params={"door": "x" * 101})
    assert asked.status_code == 400


def test_a_visit_that_was_named_as_somebody_enrolled_then_is_a_miss(site, clock) -> None:
    """Not one of before they were enrolled: no door could know them."""
    hub = site.hub
    put_people(hub, hub.now())
    clock.time += 300
    ((since,), (before,), (nobody,)) = (
        put_visit(hub, jpeg(40), visit=visit, ago=ago)
        for visit, ago in (("aa", 100), ("bb", 400), ("cc", 90))
    )
    with hub.database.writing() as db:
        for number in (since, before):
            claim_pictures(db, FRONT, [number], [number], COLLINS)
    events = list(EventSearch(hub.database).every(EventFilter()))
    assert {one.place.number for one in events} >= {since, before, nobody}
    assert truth_pages.missed_visits(site, events) == {(FRONT, "aa")}
