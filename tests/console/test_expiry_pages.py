"""After how long whoever stays away expires: seen first, then set, each on record."""

import pytest

from accessctl.console.app import Console
from accessctl.console.capabilities import Capability
from accessctl.policy.expiry import DAY_S, spans_of_days
from tests.console.sample_site import COLLINS, put_people
from tests.console.site_console import journal

PRIVACY, LOOK = Capability.PRIVACY, Capability.LOOK
ASKED = {"disable": "180", "remove": "30", "warn": "14"}
NEVER_SEEN = {"seen_disable": "", "seen_remove": "30", "seen_warn": "14"}


@pytest.fixture
def site(console: Console) -> Console:
    put_people(console.hub, console.now())
    return console


def test_whom_it_would_let_expire_is_shown_and_nothing_is_saved(site, signed_in, clock) -> None:
    clock.time += 200 * DAY_S
    client = signed_in(PRIVACY)
    before = len(journal(site))
    page = client.post("/consent/expiry/try", data=ASKED).text
    assert "Disabled within a day: 2" in page
    assert "Removed within a day: 0" in page
    assert f'href="/people/{COLLINS}"' in page
    assert 'name="disable" value="180"' in page
    assert site.hub.expiry.settings.in_force().set_at is None
    assert len(journal(site)) == before
    longer = client.post("/consent/expiry/try", data={**ASKED, "disable": "220.5"}).text
    assert "Disabled within 30 days: 2" in longer


def test_what_was_seen_is_saved_on_record_and_taken_back(site, signed_in, clock) -> None:
    client = signed_in(PRIVACY, name="Ada")
    answer = client.post("/consent/expiry", data={**ASKED, **NEVER_SEEN})
    assert (answer.status_code, answer.headers["location"]) == (303, "/consent")
    assert site.hub.expiry.settings.in_force().spans == spans_of_days(180, 30, 14)
    kind, told = journal(site)[-1]
    assert (kind, told["operator"], told["expire_after_days"]) == ("expiry_spans", "Ada", 180)
    page = client.get("/consent").text
    assert "is let in nowhere for 180 days" in page
    assert "Set here on" in page
    back = client.post("/consent/expiry/try", data={**ASKED, "configured": "true"}).text
    assert "Nobody expires at this site." in back
    seen = {"seen_disable": "180", "seen_remove": "30", "seen_warn": "14"}
    client.post("/consent/expiry", data={**ASKED, **seen, "configured": "true"})
    assert "configuration says so" in client.get("/consent").text


def test_it_asks_who_it_is_and_undoes_nobodys_change(site, signed_in, clock) -> None:
    client = signed_in(PRIVACY)
    settings = site.hub.expiry.settings
    settings.set(spans_of_days(90, 30, 14), "Bea", settings.in_force().spans)
    answer = client.post("/consent/expiry", data={**ASKED, **NEVER_SEEN})
    assert (answer.status_code, journal(site)[-1][0]) == (409, "refused")
    assert settings.in_force().spans == spans_of_days(90, 30, 14)
    clock.time += 301
    answer = client.post("/consent/expiry", data={**ASKED, **NEVER_SEEN})
    assert answer.headers["location"].startswith("/prove")


@pytest.mark.parametrize(
    "wrong", [{"disable": "0"}, {"disable": "nan"}, {"remove": ""}, {"warn": "-1"}, {"remove": "x"}]
)
def test_what_is_no_length_of_time_is_refused(site, signed_in, wrong) -> None:
    client = signed_in(PRIVACY)
    assert client.post("/consent/expiry/try", data={**ASKED, **wrong}).status_code == 400
    saved = client.post("/consent/expiry", data={**ASKED, **NEVER_SEEN, **wrong})
    assert saved.status_code == 400
    assert site.hub.expiry.settings.in_force().set_at is None
