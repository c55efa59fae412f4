import pytest

from accessctl.console import truth_pages
from accessctl.console.app import Console
from accessctl.console.capabilities import Capability
from tests.console.sample_site import BACK, GRANTED, SPOOF, put_door, put_events, put_site


@pytest.fixture
def site(console: Console) -> Console:
    put_site(console.hub.database, console.now())
    return console


def test_the_page_counts_what_the_doors_decided(site, signed_in) -> None:
    page = signed_in(Capability.LOOK).get("/figures").text
    assert page.count('<svg class="plot"') == 4
    assert "front-door" in page
    assert "Rim of a picture" in page
    assert "laboratory" in page
    one = signed_in(Capability.LOOK).get("/figures", params={"door": "laboratory"}).text
    # Nothing was refused there for want of life, so that nothing is drawn of it.
    assert one.count('<svg class="plot"') == 3


def test_a_site_without_decisions_says_so(console, signed_in) -> None:
    put_door(console.hub.database, BACK, "back-door", 1.0)
    page = signed_in(Capability.LOOK).get("/figures").text
    assert "No decisions yet" in page
    assert '<svg class="plot"' not in page


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
