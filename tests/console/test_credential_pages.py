"""Badges and PINs set in the browser: by whom, and nothing of them shown or kept in clear."""

import os

import pytest

from accessctl.console.app import Console
from accessctl.console.capabilities import Capability
from accessctl.gallery.person import hash_pin, pin_matches
from tests.console.sample_site import COLLINS, HOPPER, put_people
from tests.console.site_console import journal
from tests.hub.test_passes import day_from

ONE = f"/people/{COLLINS}"
LOOK, ENROL = Capability.LOOK, Capability.ENROL
NUMBER, PIN = "0004711", "258013"


@pytest.fixture
def site(console: Console) -> Console:
    put_people(console.hub, console.now())
    return console


def test_a_badge_is_added_and_shown_by_its_mark_alone(site, signed_in) -> None:
    client = signed_in(LOOK, ENROL, name="Ada")
    # A reader that is a keyboard may put blanks round it.
    answer = client.post(f"{ONE}/badges", data={"number": f" {NUMBER}\t"})
    assert (answer.status_code, answer.headers["location"]) == (303, ONE)
    digest = site.hub.people.badge_digest(NUMBER)
    assert digest in [one.digest for one in site.hub.people.badges() if one.person == COLLINS]
    page = client.get(ONE).text
    assert digest.hex()[:8] in page
    assert NUMBER not in page
    kind, data = journal(site)[-1]
    assert (kind, data["change"], data["operator"]) == ("person", "badge_added", "Ada")
    assert NUMBER not in str(journal(site))


def test_a_badge_that_somebody_has_is_refused_and_on_record(site, signed_in) -> None:
    client = signed_in(ENROL)
    client.post(f"/people/{HOPPER}/badges", data={"number": NUMBER})
    before = site.hub.people.badges()
    assert client.post(f"{ONE}/badges", data={"number": NUMBER}).status_code == 400
    assert site.hub.people.badges() == before
    kind, data = journal(site)[-1]
    assert (kind, data["what"], data["person"]) == ("refused", "add badge", COLLINS)


def test_a_pass_is_nobody_s_badge(site, signed_in) -> None:
    made = site.hub.passes.make("Grace Hopper", day_from(site.now()), "tests")
    text = site.hub.passes.text_of(made)
    answer = signed_in(ENROL).post(f"{ONE}/badges", data={"number": text})
    assert (answer.status_code, "visitor&#39;s pass" in answer.text) == (400, True)


def test_a_pin_is_set_and_taken_away_and_never_shown(site, signed_in) -> None:
    client = signed_in(LOOK, ENROL, name="Ada")
    assert "No PIN is set." in client.get(ONE).text
    answer = client.post(f"{ONE}/pin", data={"pin": PIN, "again": PIN})
    assert (answer.status_code, answer.headers["location"]) == (303, ONE)
    assert pin_matches(PIN, site.hub.people.pins()[COLLINS])
    page = client.get(ONE).text
    assert ("A PIN is set." in page, PIN in page) == (True, False)
    assert PIN not in str(journal(site))
    assert client.post(f"{ONE}/pin/clear").status_code == 303
    assert site.hub.people.pins() == {}
    changes = [data["change"] for kind, data in journal(site) if kind == "person"]
    assert changes == ["pin_changed", "pin_changed"]


@pytest.mark.parametrize(
    ("pin", "again"), [(PIN, PIN[:-1]), ("1234", "1234"), ("37", "37"), ("abcdef", "abcdef")]
)
def test_a_pin_that_cannot_be_is_refused_and_nowhere_repeated(site, signed_in, pin, again) -> None:
    answer = signed_in(ENROL).post(f"{ONE}/pin", data={"pin": pin, "again": again})
    assert answer.status_code == 400
    assert site.hub.people.pins() == {}
    kind, data = journal(site)[-1]
    assert (kind, data["what"]) == ("refused", "set PIN")
    assert pin not in str(data["why"])


@pytest.mark.parametrize("what", ["pin", "pin/clear"])
def test_a_pin_asks_again_who_it_is(site, signed_in, clock, what: str) -> None:
    kept = hash_pin(PIN, os.urandom)
    site.hub.people.set_pin(COLLINS, kept)
    client = signed_in(LOOK, ENROL)
    clock.time += 301
    answer = client.post(f"{ONE}/{what}", data={"pin": "1470", "again": "1470"})
    assert answer.headers["location"].startswith("/prove")
    assert site.hub.people.pins() == {COLLINS: kept}


@pytest.mark.parametrize("what", ["badges", "pin", "pin/clear"])
def test_who_may_only_look_changes_nothing(site, signed_in, what: str) -> None:
    client = signed_in(LOOK, Capability.RULES, Capability.PRIVACY)
    data = {"number": NUMBER, "pin": PIN, "again": PIN}
    assert client.post(f"{ONE}/{what}", data=data).status_code == 403
    assert site.hub.people.pins() == {}
    assert [one.mark for one in site.hub.people.badges()] == ["abababab"]


@pytest.mark.parametrize("what", ["badges", "pin"])
def test_who_is_not_enrolled_gets_nothing(site, signed_in, what: str) -> None:
    data = {"number": NUMBER, "pin": PIN, "again": PIN}
    assert signed_in(ENROL).post(f"/people/{'0' * 32}/{what}", data=data).status_code == 404
