import re

import pytest

from accessctl.console.app import Console
from accessctl.console.capabilities import Capability
from accessctl.console.command_pages import posture_choices, told_of
from accessctl.console.live_pages import beside
from accessctl.console.words import Words, catalogue
from accessctl.hub.commands import CommandOutcome, CommandState
from accessctl.hub.live import SeenPicture
from accessctl.sync.commands import operator_command
from accessctl.sync.feed_wire import CommandKind, HubCommand, LiveFace
from tests.console.sample_site import (
    BACK,
    COLLINS,
    FRONT,
    NAMES,
    doorway,
    put_door,
    put_events,
    put_site,
)
from tests.console.site_console import client_of

PART = {"hx-request": "true"}
WORDS = Words("en", catalogue())


@pytest.fixture
def site(console: Console) -> Console:
    put_site(console.hub.database, console.now())
    return console


def test_doors_are_for_those_who_may_look(site, signed_in) -> None:
    assert client_of(site).get("/doors").status_code == 303
    assert signed_in(Capability.COMMAND).get("/doors").status_code == 403
    assert signed_in(Capability.COMMAND).get("/doors/cards").status_code == 403


def test_each_door_is_a_card_and_only_who_may_command_has_buttons(site, signed_in) -> None:
    page = signed_in(Capability.LOOK).get("/doors").text
    assert page.count("<article ") == 3
    assert page.index("back-door") < page.index("front-door")
    assert "/commands" not in page
    assert signed_in(Capability.LOOK, Capability.COMMAND).get("/doors").text.count("/commands") == 9


def test_a_door_is_found_among_many_by_its_name_or_that_something_is_the_matter(
    site, signed_in
) -> None:
    client = signed_in(Capability.LOOK)
    assert 'role="search"' not in client.get("/doors").text
    for number in range(3):
        put_door(site.hub.database, f"{number:032x}", f"gate-{number}", site.now())
    assert 'role="search"' in client.get("/doors").text

    def shown(**asked: str) -> list[str]:
        page = client.get("/doors", params=asked).text
        assert page.count("<article ") == 6
        return re.findall(
            r'<article [^>]*labelledby="n-[^"]*">.*?<h2[^>]*><a[^>]*>([^<]+)<', page, re.S
        )

    assert shown() == ["back-door", "laboratory", "front-door", "gate-0", "gate-1", "gate-2"]
    assert shown(named=" Gate-1 ") == ["gate-1"]
    assert shown(ill="true") == ["back-door", "laboratory"]
    assert shown(named="door", ill="true") == ["back-door"]
    assert client.get("/doors", params={"named": "x" * 65}).status_code == 400


def test_the_posture_that_is_offered_first_is_the_one_that_a_door_has(site, signed_in) -> None:
    page = signed_in(Capability.LOOK, Capability.COMMAND).get("/doors").text
    assert page.count('value="locked_down" selected') == 1
    assert page.count('value="normal" selected') == 1


def test_cards_are_sent_again_only_where_something_changed(site, signed_in) -> None:
    client = signed_in(Capability.LOOK)
    answer = client.get("/doors/cards", headers=PART)
    known = {**PART, "if-none-match": answer.headers["etag"]}
    assert client.get("/doors/cards", headers=known).status_code == 304
    event = doorway("acknowledged", site.now(), alarms=["forced"])
    put_events(site.hub.database, BACK, [event])
    fresh = client.get("/doors/cards", headers=known)
    assert fresh.status_code == 200
    assert "Door forced" not in fresh.text
    assert "<canvas" not in fresh.text


def test_a_command_for_a_door_that_is_not_there_is_told_and_on_record(site, signed_in) -> None:
    client = signed_in(Capability.COMMAND)
    answer = client.post(f"/doors/{FRONT}/commands", data={"kind": "unlock"}, headers=PART)
    assert answer.status_code == 409
    assert answer.text.strip() == "Not done. front-door is not connected."
    whole = client.post(f"/doors/{FRONT}/commands", data={"kind": "unlock"})
    assert whole.text.startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("door", "data", "status"),
    [
        (FRONT, {"kind": "explode"}, 400),
        (FRONT, {"kind": "posture", "value": "x" * 65}, 400),
        (FRONT, {"kind": "posture", "value": "sideways"}, 400),
        ("e" * 32, {"kind": "unlock"}, 404),
        ("front-door", {"kind": "unlock"}, 400),
    ],
    ids=["kind", "long", "value", "nobody", "name"],
)
def test_what_is_no_command_is_refused(site, signed_in, door, data, status) -> None:
    answer = signed_in(Capability.COMMAND).post(f"/doors/{door}/commands", data=data)
    assert answer.status_code == status


def test_who_may_not_command_does_not(site, signed_in) -> None:
    client = signed_in(Capability.LOOK)
    answer = client.post(f"/doors/{FRONT}/commands", data={"kind": "unlock"})
    assert answer.status_code == 403


def test_after_five_minutes_a_command_asks_who_it_is_first(site, signed_in, clock) -> None:
    client = signed_in(Capability.COMMAND)
    clock.time += 301
    answer = client.post(
        f"/doors/{FRONT}/commands", data={"kind": "unlock"}, headers={**PART, "referer": "/doors"}
    )
    assert answer.status_code == 403
    assert answer.headers["hx-redirect"] == "/prove?then=/doors"


def test_every_posture_that_is_offered_is_one_that_a_door_understands() -> None:
    choices = posture_choices(WORDS)
    assert len(choices) == 7
    for value, label in choices:
        command = HubCommand(
            nonce="0" * 32,
            kind=CommandKind.POSTURE,
            operator="Ada",
            value=value,
            expires_in_s=5,
        )
        assert operator_command(command).by == "Ada"
        assert label


@pytest.mark.parametrize("state", list(CommandState))
def test_what_became_of_a_command_is_one_sentence(state: CommandState) -> None:
    told = told_of(CommandOutcome(state, "It is locked down."), "front-door", WORDS)
    assert told.endswith(".")
    assert ("It is locked down." in told) == (state is CommandState.REFUSED)


def test_boxes_come_beside_the_picture_with_names_and_words() -> None:
    faces = (
        LiveFace(x=0.1, y=0.2, w=0.3, h=0.4, person=COLLINS, state="granted"),
        LiveFace(x=0, y=0, w=1, h=1, state="Look at the camera."),
    )
    told = beside(SeenPicture(1000.0, b"", faces), WORDS, NAMES)
    assert told["faces"] == [
        {"box": [0.1, 0.2, 0.3, 0.4], "label": "Eileen Collins · Granted", "tone": "granted"},
        {"box": [0.0, 0.0, 1.0, 1.0], "label": "Look at the camera.", "tone": ""},
    ]
