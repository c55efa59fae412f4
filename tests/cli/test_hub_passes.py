"""Visitors' passes at the hub's command line."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import cv2
import pytest

from accessctl.config import load_config
from accessctl.domain import PersonRules
from accessctl.hub.assembly import Hub, open_hub
from accessctl.sync.pass_wire import PassScope, read_pass
from tests.cli.test_hub_people import put
from tests.hub.proposing import joined_door

RULES = {"timezone": "Europe/Berlin", "groups": {"guests": {}}}
LATER = f"{datetime.now(UTC) + timedelta(days=3):%Y-%m-%d}"
NEXT = f"{datetime.now(UTC) + timedelta(days=4):%Y-%m-%d}"


@pytest.fixture
def hub(site) -> Iterator[Hub]:
    with open_hub(load_config(site.config).hub, {}) as opened:
        put(opened, "Grace")
        opened.site.set_rules(RULES, "tests")
        yield opened


def test_a_pass_is_made_listed_and_withdrawn(site, hub) -> None:
    said = site("hub", "pass", "grace", "--from", LATER, "--until", LATER)
    (made,) = hub.passes.listed()
    first, text, note = said.out.splitlines()
    assert first == (
        f"Pass {made.mark} of Grace: from {LATER} 00:00 until {NEXT} 00:00, every door."
    )
    assert text == hub.passes.text_of(made)
    assert "may come in without it, too" in note
    listed = site("hub", "passes").out.splitlines()
    assert listed[1].split() == [
        *(made.mark, "Grace", LATER, "00:00", NEXT, "00:00", "every", "door", "not", "yet"),
    ]
    (told,) = site("hub", "passes", "--json").lines
    assert (told["pass"], told["person"], told["withdrawn"]) == (made.id, "Grace", None)
    assert datetime.fromisoformat(told["from"]).timestamp() == made.begins
    said = site("hub", "passes", "--withdraw", made.mark)
    assert said.out == (
        f"The pass {made.mark} counts no more, at each door once it has heard of it.\n"
    )
    assert site("hub", "passes").out.splitlines()[1].endswith("withdrawn")
    again = site("hub", "passes", "--withdraw", made.mark)
    assert (again.code, "withdrawn already" in again.err) == (2, True)


def test_a_pass_for_some_doors_is_drawn_into_a_file_that_a_camera_reads(site, hub) -> None:
    joined_door(hub, "lab")
    file = site.folder / "pass.png"
    words = ("--until", LATER, "--door", "lab", "--picture", file, "--json")
    (told,) = site("hub", "pass", "Grace", *words).lines
    assert (told["doors"], told["groups"]) == (["lab"], [])
    assert file.stat().st_mode & 0o777 == 0o600
    seen = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
    found, _, _ = cv2.QRCodeDetector().detectAndDecode(seen)
    assert found == told["text"]
    assert read_pass(found).shown.scope is PassScope.DOORS
    again = site("hub", "pass", "Grace", *words)
    assert (again.code, len(hub.passes.listed())) == (2, 1)


def test_whose_rules_end_with_the_pass_may_not_come_without_it(site, hub) -> None:
    person = hub.people.person("Grace")
    hub.people.set_rules(person.id, PersonRules(("guests",), valid_until=1.0))
    said = site("hub", "pass", "Grace", "--until", LATER, "--group", "guests")
    assert len(said.out.splitlines()) == 2
    assert "while in guests" in said.out


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("Eve", "--until", LATER), "Nobody called 'Eve'"),
        (("Grace", "--until", "2020-01-01"), "ends before it begins"),
        (("Grace", "--until", "soon"), "is not a date"),
        (("Grace", "--until", LATER, "--door", "nowhere"), "nowhere"),
        (("Grace", "--until", LATER, "--picture", "pass.gif"), ".svg or .png"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_made(site, hub, words, why: str) -> None:
    said = site("hub", "pass", *words)
    assert (said.code, why in said.err) == (2, True)
    assert hub.passes.listed() == []


def test_where_there_is_none_it_says_how_to_make_one(site, hub) -> None:
    assert "hub pass NAME" in site("hub", "passes").out
    said = site("hub", "passes", "--withdraw", "12345678")
    assert (said.code, "There is no pass" in said.err) == (2, True)
