import asyncio
import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.console.capabilities import Capability
from accessctl.console.live_pages import (
    LINE,
    MOST_AT_ONCE,
    MOST_CHARACTERS,
    NAMES_S,
    LiveNames,
    beside,
    doors_in,
    label_of,
)
from accessctl.console.words import Words, catalogue
from accessctl.domain import PersonId
from accessctl.hub.journal import JournalKind
from accessctl.hub.live import LOOKS_EACH, SeenPicture
from accessctl.sync.feed_wire import LiveFace, LivePicture
from tests.console.live_console import LiveConsole
from tests.console.loop_watch import asked_in_loop
from tests.console.sample_site import BACK, FRONT, put_door
from tests.console.site_console import journal
from tests.console.test_sockets import PATIENCE_S, opened, token_for
from tests.patience import wait_for

ADA = PersonId("5f0c1d2e3a4b596877889900aabbccdd")
FACE = LiveFace(x=0.1, y=0.1, w=0.2, h=0.3, person=ADA, state="granted")


def picture(time: float, *faces: LiveFace) -> SeenPicture:
    return SeenPicture(time, b"jpeg", faces)


def test_a_face_has_a_name_as_soon_as_the_hub_knows_one() -> None:
    known: dict[PersonId, str] = {}
    asked: list[int] = []

    def look_up() -> dict[PersonId, str]:
        asked.append(len(known))
        return dict(known)

    names, words = LiveNames(look_up), Words("en", catalogue())

    def label(time: float) -> str:
        return label_of(FACE, words, asyncio.run(names.of(picture(time, FACE))))

    asyncio.run(names.of(picture(50.0)))
    assert asked == []
    assert label(100.0) == "person 5f0c1d2e · Granted"
    known[ADA] = "Ada Lovelace"
    assert label(100.0 + NAMES_S - 0.1) == "person 5f0c1d2e · Granted"
    assert label(100.0 + NAMES_S) == "Ada Lovelace · Granted"
    assert label(200.0) == "Ada Lovelace · Granted"
    assert asked == [0, 1]


@pytest.mark.parametrize(
    ("state", "label", "tone"),
    [
        ("granted: matched", "Gewährt: erkannt", "granted"),
        ("denied: not_live", "Verweigert: kein lebendes Gesicht", "denied"),
        ("unknown: of_a_newer_door", "Unbekannt: of_a_newer_door", "unknown"),
        ("enrolment", "Wird hinterlegt", ""),
        ("looking ...", "looking ...", ""),
        ("kind: decision", "kind: decision", ""),
    ],
)
def test_what_was_decided_is_told_in_the_reader_s_words(state, label, tone) -> None:
    face = FACE.model_copy(update={"person": None, "state": state})
    (shown,) = beside(picture(1.0, face), Words("de", catalogue()), {})["faces"]
    assert (shown["label"], shown["tone"]) == (label, tone)


def jpeg_of(mark: bytes) -> LivePicture:
    """What no browser could draw, and a hub hands on."""
    content = b"\xff\xd8\xff" + mark + b"\xff\xd9"
    return LivePicture(time=1.0, jpeg=base64.b64encode(content).decode(), faces=())


def test_one_socket_shows_all_doors_that_are_looked_at(live_console: LiveConsole) -> None:
    hub = live_console.console.hub
    put_door(hub.database, FRONT, "front", 1.0)
    put_door(hub.database, BACK, "back", 1.0)
    _, token = token_for(live_console.console, Capability.LOOK)

    def watched() -> set[str]:
        return {door for door in (FRONT, BACK) if hub.live.is_watched(door)}

    with opened(live_console, token, live_console.url, LINE) as socket:
        socket.send(json.dumps(["front", "back", "gone"]))
        refused = json.loads(socket.recv(PATIENCE_S))
        assert refused == {
            "door": "gone",
            "refused": "No door called 'gone' has joined; load the page anew.",
        }
        wait_for(lambda: watched() == {FRONT, BACK}, "both doors")
        for door, mark in ((FRONT, b"one"), (BACK, b"two")):
            assert hub.live.show(door, jpeg_of(mark))
        seen = {}
        for _ in range(2):
            told = json.loads(socket.recv(PATIENCE_S))
            seen[told["door"]] = socket.recv(PATIENCE_S)
        assert seen == {"front": b"\xff\xd8\xffone\xff\xd9", "back": b"\xff\xd8\xfftwo\xff\xd9"}
        socket.send(json.dumps(["back"]))
        wait_for(lambda: watched() == {BACK}, "the end of one")
        socket.send("nonsense")
        wait_for(lambda: not watched(), "the end of all")
        socket.send(json.dumps(["front"]))
        wait_for(lambda: watched() == {FRONT}, "one again")
    wait_for(lambda: not watched(), "the end of the socket")
    looks = [
        told["name"] for kind, told in journal(live_console.console) if kind == JournalKind.WATCHED
    ]
    assert sorted(looks) == ["back", "front", "front"]


def test_a_page_is_told_which_look_gave_way_to_a_later_one(live_console: LiveConsole) -> None:
    hub = live_console.console.hub
    names = {f"{one:032x}": f"door-{one}" for one in range(LOOKS_EACH + 1)}
    for door, name in names.items():
        put_door(hub.database, door, name, 1.0)
    *first, last = names
    _, token = token_for(live_console.console, Capability.LOOK)
    with (
        opened(live_console, token, live_console.url, LINE) as socket,
        opened(live_console, token, live_console.url, LINE) as later,
    ):
        socket.send(json.dumps([names[door] for door in first]))
        wait_for(lambda: all(map(hub.live.is_watched, first)), "all doors of the first page")
        later.send(json.dumps([names[last]]))
        told = json.loads(socket.recv(PATIENCE_S))
        assert told["gave_way"] == (
            "This picture gave way to one that you opened later; close others and show it again."
        )
        wait_for(lambda: hub.live.is_watched(last), "the later one")
        assert [names[one] for one in first if not hub.live.is_watched(one)] == [told["door"]]


def test_a_look_at_a_door_keeps_no_other_door_waiting(
    live_console: LiveConsole, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, token = token_for(live_console.console, Capability.LOOK)
    live_console.console.kept_rules.changed()
    in_loop = asked_in_loop(monkeypatch)
    with opened(live_console, token, live_console.url, LINE) as socket:
        socket.send(json.dumps(["gone"]))
        assert json.loads(socket.recv(PATIENCE_S))["door"] == "gone"
    assert in_loop == []


@pytest.mark.parametrize(
    ("said", "doors"),
    [
        ('["a", "b", "a"]', {"a", "b"}),
        ('["a", 1, null, ["b"]]', {"a"}),
        ('{"a": 1}', set()),
        ("a", set()),
        ("[" * 3000, set()),
        (json.dumps(["a" * MOST_CHARACTERS]), set()),
    ],
    ids=["names", "no names", "no list", "no JSON", "deep", "long"],
)
def test_what_a_browser_looks_at_is_a_list_of_names(said, doors) -> None:
    assert doors_in(said) == doors


def test_a_browser_looks_at_no_more_doors_than_fit_into_its_view() -> None:
    assert doors_in(json.dumps([str(at) for at in range(40)])) == set(map(str, range(MOST_AT_ONCE)))


@given(st.text(max_size=200))
def test_whatever_a_browser_says_is_a_list_or_none(said: str) -> None:
    assert len(doors_in(said)) <= MOST_AT_ONCE
