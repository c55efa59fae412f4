import json
import re
from collections.abc import Sequence

import pytest

from accessctl.console.app import Console
from accessctl.console.capabilities import Capability
from accessctl.domain import PersonRules
from accessctl.hub.roll import Everybody
from accessctl.hub.tables import CHANGE, JOURNAL
from tests.console.sample_site import COLLINS, HOPPER, put_people

SEEN = re.compile(r'name="seen" value="([0-9a-f]{32})"')
ONE = f"/people/{COLLINS}"
LOOK, ENROL, RULES = Capability.LOOK, Capability.ENROL, Capability.RULES


@pytest.fixture
def site(console: Console) -> Console:
    put_people(console.hub, console.now())
    return console


def told(console: Console) -> Sequence[dict]:
    """What the journal tells of people, the latest last."""
    with console.hub.database.reading() as db:
        rows = db.execute(JOURNAL.select().where(JOURNAL.c.kind == "person").order_by("number"))
        return [json.loads(row.data) for row in rows]


def test_everybody_is_a_card_and_found_by_name_or_group(site, signed_in) -> None:
    client = signed_in(LOOK)
    page = client.get("/people").text
    assert page.index("Eileen Collins") < page.index("Grace Hopper")
    assert "2 people are enrolled." in page
    found = client.get("/people", params={"named": "staff"}).text
    assert "Eileen Collins" in found
    assert "Grace Hopper" not in found
    assert "Nobody is called so" in client.get("/people", params={"named": "zz"}).text
    assert client.get("/people", params={"named": "z" * 101}).status_code == 400


def test_a_page_shows_a_persons_week_and_only_what_the_operator_may_change(site, signed_in) -> None:
    page = signed_in(LOOK).get(ONE).text
    assert page.count("08:00–18:00") == 3
    assert "abababab" in page
    assert "<form" not in page
    every = signed_in(LOOK, ENROL, RULES, Capability.PRIVACY).get(ONE).text
    # Rules, one badge and another, a PIN, a pass, the name, removal, photos by telephone, a
    # consent, a copy of the data; the only photo cannot go.
    assert every.count("<form") == 10


@pytest.mark.parametrize(
    ("path", "status"),
    [(f"/people/{'0' * 32}", 404), ("/people/ada", 400), ("/people/removed", 400)],
)
def test_who_is_not_enrolled_has_no_page(site, signed_in, path, status) -> None:
    assert signed_in(LOOK).get(path).status_code == status


def test_a_name_is_changed_and_the_journal_says_by_whom(site, signed_in) -> None:
    client = signed_in(LOOK, ENROL, name="Ada")
    answer = client.post(f"{ONE}/name", data={"name": "Eileen M. Collins"})
    assert (answer.status_code, answer.headers["location"]) == (303, ONE)
    assert site.hub.people.person("Eileen M. Collins").id == COLLINS
    last = told(site)[-1]
    assert (last["change"], last["person"], last["operator"]) == ("renamed", COLLINS, "Ada")
    taken = client.post(f"{ONE}/name", data={"name": "Grace Hopper"})
    assert taken.status_code == 400


def test_rules_are_kept_as_the_form_says(site, signed_in, clock) -> None:
    client = signed_in(LOOK, RULES)
    data = {
        "group": ["night", "staff"],
        "valid_until": "2026-01-31T18:30+00:00",
        "disabled": "true",
    }
    assert client.post(f"{ONE}/rules", data=data).status_code == 303
    assert site.hub.people.rules()[COLLINS] == PersonRules(
        ("night", "staff"), None, 1769884200.0, disabled=True
    )
    assert "Disabled" in client.get("/people").text
    assert client.post(f"{ONE}/rules", data={}).status_code == 303
    assert site.hub.people.rules().get(COLLINS, PersonRules()) == PersonRules()


@pytest.mark.parametrize(
    "data",
    [
        {"valid_from": "2026-02-01T00:00", "valid_until": "2026-01-31T00:00"},
        {"valid_from": "soon"},
        {"group": [""]},
        {"valid_until": "9" * 101},
    ],
    ids=["backwards", "no date", "no name", "long"],
)
def test_rules_that_cannot_be_are_refused_and_nothing_is_changed(site, signed_in, data) -> None:
    before = site.hub.people.rules()
    assert signed_in(LOOK, RULES).post(f"{ONE}/rules", data=data).status_code == 400
    assert site.hub.people.rules() == before


def test_a_page_that_is_older_than_somebody_elses_change_does_not_undo_it(site, signed_in) -> None:
    first, other = signed_in(LOOK, RULES), signed_in(LOOK, RULES)
    (seen,) = SEEN.findall(first.get(ONE).text)
    assert other.post(f"{ONE}/rules", data={"disabled": "true", "seen": seen}).status_code == 303
    answer = first.post(f"{ONE}/rules", data={"group": ["staff", "night"], "seen": seen})
    assert answer.status_code == 409
    assert "changed by somebody else meanwhile" in answer.text
    assert site.hub.people.rules()[COLLINS] == PersonRules(disabled=True)
    (seen,) = SEEN.findall(first.get(ONE).text)
    assert first.post(f"{ONE}/rules", data={"group": ["staff"], "seen": seen}).status_code == 303
    assert site.hub.people.rules()[COLLINS] == PersonRules(("staff",))


def test_a_badge_is_taken_away(site, signed_in) -> None:
    client = signed_in(ENROL)
    assert client.post(f"{ONE}/badges/remove", data={"mark": "abababab"}).status_code == 303
    assert site.hub.people.badges() == []
    assert client.post(f"{ONE}/badges/remove", data={"mark": "abababab"}).status_code == 400


def test_the_only_photo_stays(site, signed_in) -> None:
    answer = signed_in(ENROL).post(f"{ONE}/photos/remove", data={"number": 1})
    assert answer.status_code == 400
    assert len(site.hub.people.photo_entries(COLLINS)) == 1


def test_somebody_is_removed_only_by_their_name(site, signed_in) -> None:
    client = signed_in(LOOK, Capability.PRIVACY)
    wrong = client.post(f"{ONE}/remove", data={"name": "Eileen"})
    assert wrong.status_code == 400
    assert len(site.hub.people.people()) == 2
    answer = client.post(f"{ONE}/remove", data={"name": "Eileen Collins"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/removals")
    assert [person.id for person in site.hub.people.people()] == [HOPPER]
    page = client.get("/removals").text
    assert f"person {COLLINS[:8]}" in page
    assert "Eileen" not in page


def test_whoever_is_damaged_is_shown_as_that_and_removed_by_their_number(site, signed_in) -> None:
    with site.hub.database.writing() as db:
        db.execute(CHANGE.update().where(CHANGE.c.subject == COLLINS).values(sealed=b"0" * 64))
    # As a hub that starts knows them: what was opened before is in memory.
    site.hub.people._roll._kept = Everybody()
    looking = signed_in(LOOK).get("/people").text
    assert "cannot be read" in looking
    assert COLLINS in looking
    assert '<form method="post"' not in looking
    client = signed_in(LOOK, Capability.PRIVACY)
    page = client.get("/people").text
    assert page.count(f'action="/people/{COLLINS}/remove"') == 1
    assert client.post(f"{ONE}/remove", data={"name": "Eileen Collins"}).status_code == 400
    assert client.post(f"{ONE}/name", data={"name": "x"}).status_code == 403
    answer = client.post(f"{ONE}/remove", data={"name": COLLINS})
    assert (answer.status_code, answer.headers["location"]) == (303, "/removals")
    assert site.hub.people.damaged() == []
    assert told(site)[-1]["change"] == "removed"
    assert "cannot be read" not in client.get("/people").text


@pytest.mark.parametrize("what", ["name", "rules", "badges/remove", "photos/remove", "remove"])
def test_who_may_only_look_changes_nothing(site, signed_in, what: str) -> None:
    client = signed_in(LOOK)
    assert client.post(f"{ONE}/{what}", data={"name": "x"}).status_code == 403
    assert len(told(site)) == 0


def test_removal_asks_again_who_it_is(site, signed_in, clock) -> None:
    client = signed_in(LOOK, Capability.PRIVACY)
    clock.time += 301
    answer = client.post(f"{ONE}/remove", data={"name": "Eileen Collins"})
    assert (answer.status_code, len(site.hub.people.people())) == (303, 2)
    assert answer.headers["location"].startswith("/prove")
