from collections.abc import Callable, Iterator
from dataclasses import replace

import httpx
import pytest

from accessctl.console.app import Console
from accessctl.console.capabilities import Capability
from accessctl.console.phone_desk import LINK_S
from accessctl.console.wall import MAX_PHONE_BYTES
from accessctl.hub.drawn_signature import parse_drawing
from tests.clocks import HandClock
from tests.console.loop_watch import asked_in_loop
from tests.console.phone_site import DESK, NAME, agree, complete, link_in, send
from tests.console.site_console import client_of, console_on, journal

WAITING = "/people/phone"


@pytest.fixture
def console(hub, config, clock) -> Console:
    return replace(console_on(hub, config, clock), photos=DESK)


@pytest.fixture
def enroller(console, signed_in: Callable[..., httpx.Client]) -> httpx.Client:
    return signed_in(Capability.LOOK, Capability.ENROL, name="Ada")


@pytest.fixture
def phone(console: Console) -> Iterator[httpx.Client]:
    """Nobody is signed in at it."""
    with client_of(console) as client:
        yield client


@pytest.fixture
def link(enroller: httpx.Client) -> str:
    return link_in(enroller.post(WAITING, data={"name": NAME}).text)


def approve(console: Console, operator: httpx.Client) -> httpx.Response:
    (visit,) = console.phones.waiting()
    return operator.post(f"{WAITING}/{visit.id}/approve")


def test_three_photos_and_an_approval_enrol_somebody(console, enroller, phone, link) -> None:
    assert "I agree" in phone.get(link).text
    assert agree(phone, link).status_code == 303
    for pose in ("straight into the camera", "your left", "your right"):
        assert pose in phone.get(link).text
        assert send(phone, link, 200).headers["location"] == link
    assert "All three photos are there" in phone.get(link).text
    assert console.hub.people.people() == []
    assert "1 person waits for approval" in enroller.get("/people").text
    assert NAME in enroller.get(WAITING).text
    answer = approve(console, enroller)
    (person,) = console.hub.people.people()
    assert answer.headers["location"] == f"/people/{person.id}"
    assert (person.name, person.photos) == (NAME, 3)
    assert console.phones.waiting() == ()


def test_a_signature_is_kept_with_the_person_where_there_is_a_text(
    console, enroller, phone, link
) -> None:
    console.hub.consents.add_text(b"We keep your face.", "tests")
    assert "<canvas" in phone.get(link).text
    assert "cannot be read" in agree(phone, link, drawn="0,0 90,90<").text
    agree(phone, link, drawn="0,0 90,90")
    for _ in range(3):
        send(phone, link, 200)
    approve(console, enroller)
    (person,) = console.hub.people.people()
    ((record, given),) = console.hub.consents.of(person.id)
    assert (record.version, record.how, given.words) == (1, "drawn", NAME)
    assert given.strokes == parse_drawing("0,0 90,90").content()
    agreed = [data for _, data in journal(console) if data.get("what") == "consent by telephone"]
    assert [one["how"] for one in agreed] == ["drawn"]


def test_of_the_consoles_own_notice_no_signature_is_kept(console, phone, link) -> None:
    assert "<canvas" not in phone.get(link).text
    agree(phone, link, drawn="0,0 90,90")
    assert console.phones.visit(link.rpartition("/")[2]).strokes == b""


def test_whatever_happens_is_on_record_without_a_name(console, enroller) -> None:
    complete(console, enroller)
    (visit,) = console.phones.waiting()
    assert enroller.get(f"{WAITING}/{visit.id}/0").content == visit.photos[0].jpeg
    approve(console, enroller)
    told = [data for _, data in journal(console) if data.get("link") == visit.id]
    assert [one["what"] for one in told] == [
        "link for telephone",
        "consent by telephone",
        "photos by telephone",
        "photo by telephone",
        "approve photos by telephone",
    ]
    assert NAME not in str(told)


def test_what_is_wrong_with_a_photo_is_said_at_once(phone, link) -> None:
    agree(phone, link)
    answer = send(phone, link, 0)
    assert answer.status_code == 400
    assert "No face was found in front 1; take another photo." in answer.text
    assert f'action="{link}/photo"' in answer.text
    assert "Photo 1 of 3" in phone.get(link).text


def test_a_wrong_photo_keeps_no_door_waiting(console, phone, link, monkeypatch) -> None:
    agree(phone, link)
    console.kept_rules.changed()
    in_loop = asked_in_loop(monkeypatch)
    answer = send(phone, link, 0)
    assert (answer.status_code, in_loop) == (400, [])


def test_nobody_is_photographed_without_consent(console, phone, link) -> None:
    assert send(phone, link, 200).status_code == 410
    assert "Tick the box" in agree(phone, link, agreed="false").text
    assert "Type your name" in agree(phone, link, words=" ").text
    assert console.phones.visit(link.rpartition("/")[2]).words == ""


def test_a_link_that_ran_out_says_so_and_takes_nothing(phone, link, clock: HandClock) -> None:
    agree(phone, link)
    clock.time += LINK_S
    unwilling = agree(phone, link, agreed="false")
    for answer in (phone.get(link), agree(phone, link), unwilling, send(phone, link, 200)):
        assert answer.status_code == 410
        assert "This link is good no more." in answer.text


def test_a_link_lets_nobody_see_anything_else(phone, link) -> None:
    assert phone.get(link).status_code == 200
    for path in ("/people", WAITING, "/doors", "/people/new"):
        assert phone.get(path).headers["location"].startswith("/sign-in")
    assert "camera=(self)" in phone.get(link).headers["permissions-policy"]
    assert "camera=()" in phone.get("/sign-in").headers["permissions-policy"]


def test_too_much_is_not_even_read(phone, link) -> None:
    agree(phone, link)
    answer = phone.post(f"{link}/photo", content=b"0" * (MAX_PHONE_BYTES + 1))
    assert answer.status_code == 413


def test_more_photos_of_somebody_enrolled_are_theirs_whatever_they_are_called(
    console, enroller
) -> None:
    complete(console, enroller)
    approve(console, enroller)
    (person,) = console.hub.people.people()
    complete(console, enroller, person=person.id)
    enroller.post(f"/people/{person.id}/name", data={"name": "Eileen M. Collins"})
    approve(console, enroller)
    (person,) = console.hub.people.people()
    assert (person.name, person.photos) == ("Eileen M. Collins", 6)


def test_photos_of_somebody_removed_meanwhile_enrol_nobody(
    console, enroller, signed_in: Callable[..., httpx.Client]
) -> None:
    complete(console, enroller)
    approve(console, enroller)
    (person,) = console.hub.people.people()
    complete(console, enroller, person=person.id)
    signed_in(Capability.PRIVACY).post(f"/people/{person.id}/remove", data={"name": NAME})
    assert approve(console, enroller).status_code == 404
    assert console.hub.people.people() == []


def test_what_is_discarded_is_gone(console, enroller) -> None:
    complete(console, enroller)
    (visit,) = console.phones.waiting()
    enroller.post(f"{WAITING}/{visit.id}/discard")
    assert console.phones.waiting() == ()
    assert enroller.get(f"{WAITING}/{visit.id}/0").status_code == 404
    assert enroller.post(f"{WAITING}/{visit.id}/approve").status_code == 404


def test_only_who_may_enrol_sees_photos_or_makes_links(
    console, enroller, signed_in: Callable[..., httpx.Client]
) -> None:
    complete(console, enroller)
    (visit,) = console.phones.waiting()
    looker = signed_in(Capability.LOOK, Capability.RULES)
    assert looker.get(WAITING).status_code == 403
    assert looker.get(f"{WAITING}/{visit.id}/0").status_code == 403
    assert looker.post(f"{WAITING}/{visit.id}/approve").status_code == 403
    assert looker.post(WAITING, data={"name": NAME}).status_code == 403
    assert console.phones.waiting() == (visit,)


def test_consent_to_the_sites_own_text_is_kept_with_the_person(console, enroller) -> None:
    console.hub.consents.add_text(b"We keep three photos of you.", "Ada")
    complete(console, enroller)
    approve(console, enroller)
    (one,) = console.hub.consents.listed()
    assert (one.name, one.current.version, one.current.how.value) == (NAME, 1, "typed_name")
