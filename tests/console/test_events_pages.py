import json
from dataclasses import replace

import pytest

from accessctl.console.app import Console
from accessctl.console.capabilities import Capability
from accessctl.hub.tables import JOURNAL
from accessctl.sync.picture_wire import picture_id
from accessctl.sync.site_sealing import seal_photo
from tests.console.sample_site import (
    BACK,
    FRONT,
    GRANTED,
    LATE,
    put_door,
    put_events,
    put_site,
    service,
)
from tests.console.site_console import client_of, journal

PART = {"hx-request": "true"}


@pytest.fixture
def site(console: Console) -> Console:
    put_site(console.hub.database, console.now())
    return console


def put_pictured(site: Console, jpeg: bytes) -> int:
    """The number of one more decision at the front door, whose picture the hub has."""
    decision = GRANTED.event(site.now() - 1)
    data = {**decision.data, "snapshot": f"{1:013d}-ab12.snap"}
    put_events(site.hub.database, FRONT, [replace(decision, data=data)])
    number = site.hub.records.mark(FRONT).number
    sealed = seal_photo(jpeg, picture_id(FRONT, number), site.hub.site_keys.photos)
    assert site.hub.pictures.take(FRONT, number, sealed)
    return number


def test_events_are_for_those_who_may_look(site, signed_in) -> None:
    assert client_of(site).get("/events").status_code == 303
    client = signed_in(Capability.ENROL)
    for path in ("/events", "/events/list", "/events/new?after=1~a~1", f"/events/{FRONT}/3"):
        assert client.get(path).status_code == 403
    assert client.get("/events/export.csv").status_code == 403


def test_the_page_shows_the_latest_and_offers_filters(site, signed_in) -> None:
    page = signed_in(Capability.LOOK).get("/events").text
    _, _, listed = page.partition('class="timeline"')
    assert listed.index("Went in") < listed.index("Door forced") < listed.index("living face")
    assert '<option value="back-door">' in page
    assert "That is the beginning." in page


def test_filters_stand_in_the_address(site, signed_in) -> None:
    client = signed_in(Capability.LOOK)
    page = client.get("/events", params={"door": "back-door"}).text
    assert "Door forced" in page
    assert "Eileen Collins" not in page
    assert page.count("<li id=") == 4
    assert '<option value="back-door" selected>' in page
    assert "/events/export.csv?door=back-door" in page
    nothing = client.get("/events/list", params={"reason": "passback"}).text
    assert "Nothing fits these filters" in nothing
    assert client.get("/events", params={"outcome": "perhaps"}).status_code == 400


def test_what_is_further_back_is_a_page_of_its_own(site, signed_in) -> None:
    begun = site.now() - 500_000
    put_events(site.hub.database, BACK, [service("tried", begun + at) for at in range(70)])
    client = signed_in(Capability.LOOK)
    first = client.get("/events/list", params={"door": "back-door"}).text
    assert first.count("<li ") == 50
    (further,) = [
        part.split('"')[0].replace("&amp;", "&") for part in first.split('data-more="')[1:]
    ]
    assert client.get(further).text.count("<li ") == 24


def test_new_events_are_sent_only_where_there_are_any(site, signed_in) -> None:
    client = signed_in(Capability.LOOK)
    page = client.get("/events").text
    poll = page.split('data-poll="')[1].split('"')[0].replace("&amp;", "&")
    answer = client.get(poll, headers=PART)
    known = {**PART, "if-none-match": answer.headers["etag"]}
    again = client.get(poll, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    put_events(site.hub.database, FRONT, [LATE.event(site.now() + 1)])
    fresh = client.get(poll, headers=known)
    assert fresh.status_code == 200
    assert f'id="e-{FRONT}-10"' in fresh.text
    assert "<html" not in fresh.text


def test_why_is_a_page_and_a_part_of_one(site, signed_in) -> None:
    client = signed_in(Capability.LOOK)
    page, part = client.get(f"/events/{FRONT}/6"), client.get(f"/events/{FRONT}/6", headers=PART)
    assert page.text.startswith("<!doctype html>")
    for said in ("not a living face", "1 stranger in 5,000,000", "Rim of a picture"):
        assert said in page.text
        assert said in part.text
    assert "<html" not in part.text


def test_a_picture_is_for_who_may_see_photos_and_that_they_did_is_on_record(
    site, signed_in
) -> None:
    jpeg = b"\xff\xd8\xffwhat the camera saw"
    number = put_pictured(site, jpeg)
    path = f"/events/{FRONT}/{number}"
    looker = signed_in(Capability.LOOK)
    assert "who may see photos" in looker.get(path).text
    assert "<img" not in looker.get(path).text
    assert looker.get(f"{path}/picture").status_code == 403
    client = signed_in(Capability.LOOK, Capability.PRIVACY)
    assert f'<img src="{path}/picture"' in client.get(path).text
    answer = client.get(f"{path}/picture")
    assert (answer.content, answer.headers["content-type"]) == (jpeg, "image/jpeg")
    assert answer.headers["cache-control"] == "no-store"
    kind, told = journal(site)[-1]
    assert (kind, told["door"], told["number"]) == ("shown", FRONT, number)
    assert client.get(f"/events/{FRONT}/6/picture").status_code == 404


@pytest.mark.parametrize(
    "path", [f"/events/{FRONT}/1", f"/events/{FRONT}/99", f"/events/{'e' * 32}/1"]
)
def test_what_is_no_decision_has_no_why(site, signed_in, path: str) -> None:
    assert signed_in(Capability.LOOK).get(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/events/x/1", f"/events/{FRONT}/0", f"/events/{FRONT}/{1 << 63}"]
)
def test_what_is_no_record_is_refused(site, signed_in, path: str) -> None:
    assert signed_in(Capability.LOOK).get(path).status_code == 400


def test_what_is_given_out_is_what_the_filters_say_and_on_record(site, signed_in) -> None:
    client = signed_in(Capability.LOOK, name="Ada")
    answer = client.get("/events/export.jsonl", params={"outcome": "granted"})
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [(line["door"], line["number"]) for line in lines] == [
        ("front-door", 7),
        ("laboratory", 2),
        ("front-door", 3),
    ]
    assert answer.headers["content-disposition"] == 'attachment; filename="events.jsonl"'
    with site.hub.database.reading() as db:
        told = [
            json.loads(row.data)
            for row in db.execute(JOURNAL.select().where(JOURNAL.c.kind == "act"))
        ]
    (given,) = told
    assert (given["operator"], given["what"]) == ("Ada", "events given out")
    assert given["filters"] == {"outcome": "granted"}
    table = client.get("/events/export.csv").text.splitlines()
    assert len(table) == 1 + 9 + 4 + 2


def test_a_name_that_is_markup_is_text(site, signed_in) -> None:
    put_door(site.hub.database, "d" * 32, "<script>alert(1)</script>", site.now())
    put_events(site.hub.database, "d" * 32, [GRANTED.event(site.now())])
    page = signed_in(Capability.LOOK).get("/events").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_site_where_nothing_happened_says_what_will_show_here(console, signed_in) -> None:
    page = signed_in(Capability.LOOK).get("/events").text
    assert "No events yet" in page
    assert 'data-replace="events"' in page


def test_german_for_whoever_asks_for_it(site, signed_in) -> None:
    client = signed_in(Capability.LOOK)
    page = client.get("/events", headers={"accept-language": "de"}).text
    assert '<html lang="de">' in page
    assert "kein lebendes Gesicht" in page
