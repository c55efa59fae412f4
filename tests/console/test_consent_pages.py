import hashlib

import pytest

from accessctl.console.app import Console
from accessctl.console.capabilities import Capability
from accessctl.policy.consent import ConsentWay, GivenConsent
from tests.console.sample_site import COLLINS, HOPPER, put_people
from tests.console.site_console import journal

PRIVACY = Capability.PRIVACY


@pytest.fixture
def site(console: Console) -> Console:
    put_people(console.hub, console.now())
    return console


def test_a_version_is_made_of_the_words_that_were_pasted(site, signed_in) -> None:
    client = signed_in(PRIVACY, name="Ada")
    assert "There is none yet." in client.get("/consent").text
    answer = client.post("/consent", data={"text": "We keep\r\nyour <face>.\r\n"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/consent")
    (text,) = site.hub.consents.texts()
    assert text.digest == hashlib.sha256(b"We keep\nyour <face>.\n").digest()
    kind, told = journal(site)[-1]
    assert (kind, told["operator"], told["sha256"]) == ("consent_text", "Ada", text.digest.hex())
    page = client.get("/consent").text
    assert "Version 1, " in page
    assert "your &lt;face&gt;." in page
    assert text.digest.hex() in page


def test_everybody_is_asked_anew_up_to_the_end_of_a_day(site, signed_in, clock) -> None:
    site.hub.consents.add_text(b"one", "tests")
    site.hub.consents.give("Grace Hopper", GivenConsent(ConsentWay.WITNESS, "Ada"), "tests")
    client = signed_in(PRIVACY)
    # 2023-11-14 is the day of the tests' clock.
    data = {"text": "two", "again": "true", "until": "2023-11-20"}
    assert client.post("/consent", data=data).status_code == 303
    end = site.hub.consents.texts()[-1].earlier_until
    assert end is not None
    assert 5.9 * 86400 < end - clock.time < 7.1 * 86400
    page = client.get("/consent").text
    ending = page.partition("Counts for some time only")[2].partition("Versions of the text")[0]
    assert f'href="/people/{HOPPER}"' in ending
    assert "Consents to earlier versions count until" in page


def test_who_has_none_is_listed(site, signed_in) -> None:
    site.hub.consents.add_text(b"one", "tests")
    site.hub.consents.give("Grace Hopper", GivenConsent(ConsentWay.WITNESS, "Ada"), "tests")
    page = signed_in(PRIVACY).get("/consent").text
    without = page.partition("Without one")[2].partition("Versions of the text")[0]
    assert f'href="/people/{COLLINS}"' in without
    assert f'href="/people/{HOPPER}"' not in without
    assert "1 person has a consent" in page
    assert "hub.consent is recorded" in page


@pytest.mark.parametrize(
    "data",
    [
        {"text": "  "},
        {"text": "a\x00b"},
        {"text": "two", "again": "true"},
        {"text": "two", "until": "2030-01-01"},
        {"text": "two", "again": "true", "until": "2001-01-01"},
        {"text": "two", "again": "true", "until": "some day"},
        {"text": "x" * 300_000},
        {},
    ],
    ids=["blank", "nul", "no day", "no box", "past", "no date", "long", "nothing"],
)
def test_what_is_no_text_is_none(site, signed_in, data) -> None:
    assert signed_in(PRIVACY).post("/consent", data=data).status_code == 400
    assert site.hub.consents.texts() == []


def test_a_text_asks_again_who_it_is(site, signed_in, clock) -> None:
    client = signed_in(PRIVACY)
    clock.time += 301
    assert client.post("/consent", data={"text": "x"}).headers["location"].startswith("/prove")
    assert site.hub.consents.texts() == []


def test_the_page_is_found_by_those_who_may_see_it(site, signed_in) -> None:
    assert '"/consent"' in signed_in(Capability.LOOK, PRIVACY).get("/people").text
    client = signed_in(Capability.LOOK)
    assert '"/consent"' not in client.get("/people").text
    assert client.get("/consent").status_code == 403
