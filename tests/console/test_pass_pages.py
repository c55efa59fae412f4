"""Visitors' passes in the console: made, shown, withdrawn, and who may."""

import re
from datetime import UTC, datetime

import pytest

from accessctl.console.app import Console
from accessctl.console.capabilities import Capability
from accessctl.console.pass_pages import pass_row
from accessctl.console.words import Words, catalogue
from accessctl.domain import PersonRules
from accessctl.hub.pass_rows import KeptPass
from accessctl.sync.pass_wire import PassScope, door_tag, read_pass
from tests.console.sample_site import COLLINS, FRONT, HOPPER, put_people, put_site
from tests.console.site_console import START, journal
from tests.hub.test_passes import day_from

ONE = f"/people/{COLLINS}"
LOOK, ENROL = Capability.LOOK, Capability.ENROL
DAY = 86_400


def field(epoch: float) -> str:
    return f"{datetime.fromtimestamp(epoch, UTC):%Y-%m-%dT%H:%M}+00:00"


DATES = {"begins": field(START), "ends": field(START + DAY)}


@pytest.fixture
def site(console: Console) -> Console:
    put_site(console.hub.database, console.now())
    put_people(console.hub, console.now())
    return console


def test_a_pass_is_made_and_shown_as_a_code(site, signed_in) -> None:
    client = signed_in(LOOK, ENROL, name="Ada")
    answer = client.post(f"{ONE}/passes", data={**DATES, "door": ["front-door"]})
    (made,) = site.hub.passes.listed()
    place = f"{ONE}/passes/{made.id}"
    assert (answer.status_code, answer.headers["location"]) == (303, place)
    begins = int(START) // 60 * 60
    assert (made.person, made.begins, made.ends) == (COLLINS, begins, begins + DAY)
    page = client.get(place).text
    (text,) = re.findall(r"<code>(ACPASS[A-Z2-7]+)</code>", page)
    shown = read_pass(text)
    assert shown.is_signed_by(site.hub.authority.receipts_key)
    assert (shown.shown.scope, shown.shown.tags) == (PassScope.DOORS, (door_tag(FRONT),))
    assert "<svg" in page
    assert "Only at: front-door" in page
    kinds = [(kind, data.get("operator")) for kind, data in journal(site)[-2:]]
    assert kinds == [("visitor_pass", "Ada"), ("shown", "Ada")]
    assert text not in str(journal(site))


def test_a_person_s_page_lists_their_passes_and_no_code(site, signed_in) -> None:
    made = site.hub.passes.make("Eileen Collins", day_from(START), "tests")
    others = site.hub.passes.make("Grace Hopper", day_from(START), "tests")
    page = signed_in(LOOK).get(ONE).text
    assert made.mark in page
    assert others.mark not in page
    assert "ACPASS" not in page
    assert "At every door" in page
    assert f"/passes/{made.id}" not in page
    german = signed_in(LOOK, ENROL).get(ONE, headers={"accept-language": "de"}).text
    assert "An jeder Tür" in german
    assert "Besucherausweis ausstellen" in german


def test_a_pass_is_withdrawn_and_its_code_is_not_shown_again(site, signed_in, clock) -> None:
    made = site.hub.passes.make("Eileen Collins", day_from(START), "tests")
    client = signed_in(LOOK, ENROL, name="Ada")
    place = f"{ONE}/passes/{made.id}"
    answer = client.post(f"{place}/withdraw")
    assert (answer.status_code, answer.headers["location"]) == (303, ONE)
    assert site.hub.passes.listed()[0].withdrawn == START
    assert "Withdrawn" in client.get(ONE).text
    assert client.get(place).status_code == 400
    assert client.post(f"{place}/withdraw").status_code == 400
    kind, data = journal(site)[-1]
    assert (kind, data["what"], data["operator"]) == ("refused", "withdraw pass", "Ada")


@pytest.mark.parametrize(
    "data",
    [
        {"begins": field(START + DAY), "ends": field(START)},
        {"begins": field(START), "ends": "soon"},
        {**DATES, "door": ["nowhere"]},
        {**DATES, "group": ["board"]},
        {**DATES, "door": ["front-door", "back-door", "laboratory"], "group": ["staff"]},
        {"begins": field(START)},
        {**DATES, "door": ["d" * 65]},
    ],
    ids=["backwards", "no date", "no door", "not theirs", "both", "endless", "long"],
)
def test_what_cannot_be_is_refused_and_nothing_is_made(site, signed_in, data) -> None:
    assert signed_in(ENROL).post(f"{ONE}/passes", data=data).status_code == 400
    assert site.hub.passes.listed() == []


def test_who_may_not_enrol_sees_and_makes_no_code(site, signed_in) -> None:
    made = site.hub.passes.make("Eileen Collins", day_from(START), "tests")
    client = signed_in(LOOK, Capability.RULES, Capability.PRIVACY)
    place = f"{ONE}/passes/{made.id}"
    assert client.get(place).status_code == 403
    assert client.post(f"{place}/withdraw").status_code == 403
    assert client.post(f"{ONE}/passes", data=DATES).status_code == 403
    assert site.hub.passes.listed() == [made]


def test_a_pass_has_a_page_under_its_own_person_alone(site, signed_in) -> None:
    made = site.hub.passes.make("Eileen Collins", day_from(START), "tests")
    client = signed_in(LOOK, ENROL)
    for place in (f"/people/{HOPPER}/passes/{made.id}", f"{ONE}/passes/{'0' * 16}"):
        assert client.get(place).status_code == 404
        assert client.post(f"{place}/withdraw").status_code == 404
    assert client.get(f"{ONE}/passes/x").status_code == 400


@pytest.mark.parametrize(
    ("now", "withdrawn", "sign", "counts"),
    [
        (99.0, None, "Noch nicht", True),
        (100.0, None, "Gültig", True),
        (200.0, None, "Abgelaufen", False),
        (150.0, 120.0, "Zurückgezogen", False),
    ],
)
def test_a_row_says_how_a_pass_is(now, withdrawn, sign: str, counts: bool) -> None:
    kept = KeptPass("0123456789abcdef", COLLINS, 100, 200, (), ("a", "b"), 1.0, withdrawn)
    row = pass_row(kept, {}, Words("de", catalogue(), UTC), now)
    assert (row.sign, row.counts, row.mark) == (sign, counts, "01234567")
    assert row.span == "Von 1970-01-01 00:01 bis 1970-01-01 00:03"
    assert row.where == "Nur als Mitglied von: a, b"


def test_only_the_person_s_own_groups_are_offered(site, signed_in) -> None:
    client = signed_in(LOOK, ENROL)
    assert 'name="group" value="staff"' in client.get(ONE).text
    site.hub.people.set_rules(COLLINS, PersonRules())
    assert 'name="group"' not in client.get(ONE).text
