import json
import re
from html import unescape

import pytest

from accessctl.console.app import Console
from accessctl.console.capabilities import Capability
from tests.console.sample_site import FRONT, GRANTED, LATE, put_door, put_events, put_people
from tests.console.site_console import journal

RULES, LOOK = Capability.RULES, Capability.LOOK


@pytest.fixture
def site(console: Console) -> Console:
    put_people(console.hub, console.now())
    return console


def fields(page: str) -> dict[str, str | list[str]]:
    """What a browser would send of the page's first form, but for buttons."""
    sent: dict[str, str | list[str]] = {}
    form = page[page.index('<form class="rules"') :]
    for tag in re.findall(r"<input [^>]*>", form[: form.index("</form>")]):
        said = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if said["type"] != "checkbox" if "type" in said else True:
            sent[said["name"]] = unescape(said["value"])
        elif " checked" in tag:
            many = sent.setdefault(said["name"], [])
            assert isinstance(many, list)
            many.append(said["value"])
    for name, options in re.findall(r'<select name="([^"]*)">(.*?)</select>', form, re.DOTALL):
        chosen = re.findall(r'value="([^"]*)" selected', options)
        sent[name] = chosen[0] if chosen else ""
    holidays = re.search(r"<textarea[^>]*>(.*?)</textarea>", form, re.DOTALL)
    assert holidays is not None
    return {**sent, "holidays": holidays[1]}


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None
    return unescape(found[1])


def test_the_form_gives_back_the_rules_that_it_shows(site, signed_in) -> None:
    client = signed_in(RULES)
    page = client.get("/rules").text
    assert page.count("08:00–18:00") == 3
    tried = client.post("/rules/try", data=fields(page)).text
    assert json.loads(hidden(tried, "rules")) == site.hub.site.rules()
    assert "These are the rules that the site has already." in tried
    assert "/rules/save" not in tried


def test_what_is_tried_is_saved_by_a_request_of_its_own(site, signed_in) -> None:
    before = site.hub.site.rules()
    client = signed_in(RULES, name="Ada")
    sent = {**fields(client.get("/rules").text), "s0.0.closes": "20:30"}
    tried = client.post("/rules/try", data=sent)
    assert tried.status_code == 200
    assert site.hub.site.rules() == before
    sure = {name: hidden(tried.text, name) for name in ("rules", "seen")}
    saved = client.post("/rules/save", data=sure)
    assert (saved.status_code, saved.headers["location"]) == (303, "/rules")
    assert site.hub.site.rules()["schedules"]["office"][0]["closes"] == 20 * 60 + 30
    kind, told = journal(site)[-1]
    assert (kind, told["operator"]) == ("rules", "Ada")


def test_a_change_that_somebody_else_made_meanwhile_is_not_undone(site, signed_in) -> None:
    client = signed_in(RULES)
    sent = {**fields(client.get("/rules").text), "s0.0.closes": "20:30"}
    tried = client.post("/rules/try", data=sent).text
    site.hub.site.set_rules({**site.hub.site.rules(), "holidays": ["2026-12-25"]}, "Grace")
    kept = site.hub.site.rules()
    sure = {name: hidden(tried, name) for name in ("rules", "seen")}
    answer = client.post("/rules/save", data=sure)
    assert answer.status_code == 409
    assert "changed by somebody else" in answer.text
    assert site.hub.site.rules() == kept


def test_a_trial_names_whom_the_rules_would_have_kept_out_and_let_in(site, signed_in) -> None:
    put_door(site.hub.database, FRONT, "front-door", site.now())
    # Both on a Tuesday at 23:13 in Berlin, out of hours, so that only the refusal is explained.
    put_events(site.hub.database, FRONT, [LATE.event(site.now() - 60)])
    client = signed_in(RULES, LOOK)
    sent = {**fields(client.get("/rules").text), "s0.0.closes": "24:00"}
    page = client.post("/rules/try", data=sent).text
    assert "Would have been let in: 1" in page
    assert "Would have been kept out: 0" in page
    assert "Eileen Collins" in page
    assert "outside their hours" in page
    put_events(site.hub.database, FRONT, [GRANTED.event(site.now() - 30)])
    again = client.post("/rules/try", data=sent).text
    assert "Of 1 decision the present rules do not explain" in again


def test_who_may_not_look_learns_only_how_many(site, signed_in) -> None:
    put_door(site.hub.database, FRONT, "front-door", site.now())
    put_events(site.hub.database, FRONT, [LATE.event(site.now() - 60)])
    client = signed_in(RULES)
    sent = {**fields(client.get("/rules").text), "s0.0.closes": "24:00"}
    page = client.post("/rules/try", data=sent).text
    assert "Would have been let in: 1" in page
    assert "Eileen Collins" not in page


def test_what_cannot_be_is_told_beside_what_was_typed(site, signed_in) -> None:
    client = signed_in(RULES)
    sent = {**fields(client.get("/rules").text), "s0.0.closes": "25:99"}
    answer = client.post("/rules/try", data=sent)
    assert answer.status_code == 400
    assert "write a time of day as 08:30" in answer.text
    assert 'value="25:99"' in answer.text


def test_a_site_without_rules_gets_its_first(console, signed_in) -> None:
    client = signed_in(RULES)
    page = client.get("/rules").text
    assert "There is no group" in page
    tried = client.post("/rules/try", data={**fields(page), "timezone": "Europe/Berlin"}).text
    sure = {name: hidden(tried, name) for name in ("rules", "seen")}
    assert client.post("/rules/save", data=sure).status_code == 303
    assert console.hub.site.rules()["timezone"] == "Europe/Berlin"


def test_buttons_change_the_form_and_nothing_else(site, signed_in) -> None:
    before = site.hub.site.rules()
    client = signed_in(RULES)
    sent = fields(client.get("/rules").text)
    page = client.post("/rules/edit", data={**sent, "act": "add-span.0"}).text
    assert "s0.1.opens" in page
    gone = client.post("/rules/edit", data={**fields(page), "act": "drop-span.0.0"}).text
    assert "s0.1.opens" not in gone
    assert "08:00–18:00" not in gone
    assert client.post("/rules/edit", data={**sent, "act": "open"}).status_code == 400
    assert site.hub.site.rules() == before


@pytest.mark.parametrize("path", ["/rules", "/rules/edit", "/rules/try", "/rules/save"])
def test_only_who_may_make_rules_sees_or_makes_them(site, signed_in, path) -> None:
    client = signed_in(*(set(Capability) - {RULES}))
    answer = client.get(path) if path == "/rules" else client.post(path, data={"seen": "{}"})
    assert answer.status_code == 403


@pytest.mark.parametrize("text", ["[]", "{", "[" * 100_000, '{"door": "x"}', '{"groups": 1}'])
def test_what_never_were_rules_is_not_saved(site, signed_in, text) -> None:
    before = site.hub.site.rules()
    sent = {"rules": text, "seen": json.dumps(before)}
    assert signed_in(RULES).post("/rules/save", data=sent).status_code == 400
    assert site.hub.site.rules() == before
