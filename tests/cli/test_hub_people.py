"""The people of a site, as their operator manages them at the hub."""

import io
import json
import os
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select

from accessctl.cli.hub_people import administration_of
from accessctl.config import load_config
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.gallery.person import pin_matches
from accessctl.hub.assembly import Hub, open_hub
from accessctl.hub.tables import CHANGE, JOURNAL
from tests.hub.made_tables import with_tables
from tests.hub.proposing import ADA, GRACE, ProposingDoor, joined_door

FACES = random_units(9, 16, seed=1)
RULES = """
timezone: Europe/Berlin
schedules: {office: [{days: [mon], opens: "08:00", closes: "18:00"}]}
groups: {staff: {schedule: office}, board: {}}
"""


@pytest.fixture
def hub(site) -> Iterator[Hub]:
    with open_hub(with_tables(load_config(site.config).hub), {}) as opened:
        yield opened


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))


def put(hub: Hub, name: str, face: int = 0) -> str:
    photo = NewPhoto(
        jpeg=b"jpeg", embedding=FACES[face], fingerprint="e1", quality=0.5, added=1_700_000_000.0
    )
    return str(hub.people.add_person(name, photo).id)


def changes(hub: Hub) -> list[str]:
    with hub.database.reading() as db:
        rows = db.execute(select(JOURNAL.c.data).where(JOURNAL.c.kind == "person")).scalars()
        return [json.loads(data)["change"] for data in rows]


def test_where_no_hub_is_none_is_made(site) -> None:
    for words in (
        ("hub", "people"),
        ("hub", "held"),
        ("hub", "removals"),
        ("hub", "rules", "show"),
    ):
        said = site(*words)
        assert (said.code, "There is no hub in" in said.err) == (2, True)
    assert not (site.folder / "state" / "hub").exists()


@pytest.mark.usefixtures("models")
def test_somebody_is_enrolled_from_a_photo(site, hub, pictures) -> None:
    assert site("hub", "people").out == (
        "Nobody is enrolled; begin with: accessctl hub people enroll NAME PHOTO\n"
    )
    said = site("hub", "people", "enroll", "Eileen Collins", pictures("collins"))
    assert (said.code, said.out, said.err) == (0, "Enrolled Eileen Collins (1 photo).\n", "")
    said = site("hub", "people", "enroll", "--add", "eileen collins", pictures("collins_mirrored"))
    assert said.out == "Enrolled Eileen Collins (2 photos).\n"
    (listed,) = site("hub", "people", "--json").lines
    assert (listed["person"], listed["photos"]) == ("Eileen Collins", 2)
    # It is the site's, not this machine's own door.
    assert site.people() == []
    assert not (site.folder / "enrolled").exists()
    refused = site("hub", "people", "enroll", "Grace", pictures("collins_portrait"))
    assert (refused.code, "looks like Eileen Collins, who is enrolled" in refused.err) == (2, True)
    assert changes(hub) == ["enrolled", "photo_added"]
    numbered = site("hub", "people", "photos", "eileen collins", "--json").lines
    assert [line["photo"] for line in numbered] == [1, 2]
    removed = site("hub", "people", "remove", "eileen collins", "--photo", "1")
    assert removed.out == "Removed photo 1 of Eileen Collins; 1 photo is left.\n"


def test_names_rules_and_removal(site, hub) -> None:
    grace = put(hub, "Grace")
    assert site("hub", "people", "rename", "Grace", "Ada").out == "Grace is now called Ada.\n"
    said = site("hub", "people", "rules", "Ada", "--group", "anything", "--json")
    assert said.lines[0]["groups"] == ["anything"]
    assert site("hub", "people", "rules", "ada").out == "Ada: in anything.\n"
    said = site("hub", "people", "remove", "Ada")
    assert said.out == (
        "Removed Ada: photos, templates and name are gone.\n"
        "Doors that are away still have them; see accessctl hub removals.\n"
    )
    assert site("hub", "removals", "--json").lines[0]["person"] == grace
    assert changes(hub) == ["renamed", "rules_changed", "removed"]
    missing = site("hub", "people", "rename", "Ada", "Eve")
    assert (missing.code, "Nobody called 'Ada' is enrolled" in missing.err) == (2, True)


def test_whoever_is_damaged_is_listed_and_removed_by_id(site, hub) -> None:
    grace = put(hub, "Grace")
    with hub.database.writing() as db:
        db.execute(CHANGE.update().where(CHANGE.c.subject == grace).values(sealed=b"0" * 64))
    said = site("hub", "people")
    assert f"{grace} is damaged, and at no door" in said.out
    assert f"accessctl hub people remove {grace}" in said.out
    assert site("hub", "people", "--json").lines == [{"person": None, "id": grace, "damaged": True}]
    removed = site("hub", "people", "remove", grace)
    assert (removed.code, removed.out.startswith(f"Removed {grace}: ")) == (0, True)
    assert site("hub", "people", "--json").lines == []
    assert site("hub", "removals", "--json").lines[0]["person"] == grace


def test_groups_are_those_of_the_site_s_rules_where_it_has_some(site, hub) -> None:
    put(hub, "Grace")
    file = site.folder / "rules.yaml"
    file.write_text(RULES)
    said = site("hub", "rules", "set", file)
    assert said.out == "These rules are all doors' from now on; groups: staff, board.\n"
    again = site.folder / "again.yaml"
    again.write_text(site("hub", "rules", "show").out)
    assert site("hub", "rules", "set", again).code == 0
    assert site("hub", "rules", "show", "--json").lines[0]["timezone"] == "Europe/Berlin"
    refused = site("hub", "people", "rules", "Grace", "--group", "stuff")
    assert (refused.code, "There is no group 'stuff'" in refused.err) == (2, True)
    said = site("hub", "people", "rules", "Grace", "--group", "staff", "--until", "2026-12-31")
    assert said.out == "Grace: in staff; until 2027-01-01T00:00+01:00.\n"
    assert site("hub", "people", "rules", "Grace", "--group", "none").out.startswith(
        "Grace: in no group"
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("door: front", "'door' is none of a site's rules"),
        ("- 1", "must hold sections"),
        ("groups: {a: {schedule: b}}", "names the schedule 'b', not there"),
        (None, "(No such file or directory); name an existing file"),
    ],
    ids=["unknown", "list", "schedule", "missing"],
)
def test_a_file_of_rules_that_is_none(site, hub, text: str | None, why: str) -> None:
    file = site.folder / "rules.yaml"
    if text is not None:
        file.write_text(text)
    said = site("hub", "rules", "set", file)
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert why in said.err
    assert hub.site.rules() == {}


def test_pins_and_badges_are_never_on_the_command_line(site, hub, typed) -> None:
    grace = put(hub, "Grace")
    typed("2580\n")
    assert site("hub", "people", "pin", "Grace").out == "Grace has a new PIN.\n"
    assert pin_matches("2580", hub.people.pins()[grace])
    assert site("hub", "people", "pin", "Grace", "--clear").out == "Grace has no PIN.\n"
    typed("4711\n")
    mark = hub.people.badge_digest("4711").hex()[:8]
    assert site("hub", "people", "badge", "Grace").out == f"Grace has the badge {mark}.\n"
    assert [line["badge"] for line in site("hub", "people", "badges", "--json").lines] == [mark]
    typed("4711\n")
    assert site("hub", "people", "badge", "Grace").code == 2
    said = site("hub", "people", "badge", "Grace", "--remove", "all")
    assert said.out == f"Grace has the badge {mark} no more.\n"
    assert site("hub", "people", "badges").out.startswith("Nobody has a badge; accessctl hub")
    typed("1234\n")
    assert site("hub", "people", "pin", "Nobody").code == 2
    assert changes(hub) == ["pin_changed", "pin_changed", "badge_added", "badge_removed"]


def test_the_record_says_who_was_at_the_keyboard(site, hub, monkeypatch) -> None:
    monkeypatch.setenv("SUDO_USER", "olive")
    put(hub, "Grace")
    administration_of(hub).rename("Grace", "Ada")
    with hub.database.reading() as db:
        (data,) = db.execute(select(JOURNAL.c.data).where(JOURNAL.c.kind == "person")).scalars()
    assert json.loads(data)["operator"].startswith("olive as ")


def test_a_door_s_part_and_settings(site, hub) -> None:
    joined_door(hub, "front")
    assert site("hub", "scope", "front").out == "front has part in everybody.\n"
    said = site("hub", "scope", "front", "--group", "staff", "--group", "lab")
    assert said.out == "front has part in the people of: staff, lab.\n"
    assert site("hub", "scope", "front", "--json").lines == [
        {"door": "front", "groups": ["staff", "lab"]}
    ]
    assert site("hub", "scope", "front", "--everybody").out == "front has part in everybody.\n"
    assert site("hub", "scope", "front", "--everybody", "--group", "a").code == 2
    assert site("hub", "scope", "back").err == (
        "accessctl: No door called 'back' has joined; see `accessctl hub doors`.\n"
    )
    nothing = site("hub", "settings", "show", "front").out
    assert nothing == "The hub sets nothing at front: its own configuration counts.\n"
    said = site("hub", "settings", "set", "front", "policy.cooldown_s", "10")
    assert said.out == "front: policy.cooldown_s is 10.0, once it has heard of it.\n"
    assert site("hub", "settings", "show", "front", "--json").lines == [{"policy.cooldown_s": 10.0}]
    assert "policy.cooldown_s  10.0" in site("hub", "settings", "show", "front").out
    said = site("hub", "settings", "set", "front", "policy.cooldown_s", "own")
    assert said.out == "front: policy.cooldown_s is as its own configuration says.\n"
    refused = site("hub", "settings", "set", "front", "actions.granted", "x")
    assert (refused.code, "A hub may not set 'actions.granted'" in refused.err) == (2, True)


@pytest.fixture
def held(hub: Hub) -> Hub:
    """Somebody whose name is taken waits for a decision."""
    door = ProposingDoor(hub, joined_door(hub, "front"))
    door.enrol(GRACE, "Grace")
    door.enrol(ADA, "GRACE", 1)
    return hub


def test_what_is_held_is_listed_and_decided(site, held) -> None:
    (line,) = site("hub", "held", "--json").lines
    assert (line["id"], line["door"], line["person"], line["cause"]) == (
        1,
        "front",
        "GRACE",
        "name",
    )
    assert "somebody else has that name" in site("hub", "held").out
    photo = site.folder / "look.jpg"
    assert site("hub", "decide", "1", "--picture", photo).code == 0
    assert photo.read_bytes() == b"jpeg"
    assert photo.stat().st_mode & 0o777 == 0o600
    assert site("hub", "decide", "1", "--picture", photo).code == 2
    taken = site("hub", "decide", "1", "--take", "grace")
    assert (taken.code, "'Grace' is enrolled already" in taken.err) == (2, True)
    assert site("hub", "decide", "1", "--take", "Ada").out == "Ada is enrolled at the site.\n"
    assert site("hub", "held").out == "Nothing waits for somebody to decide.\n"
    assert site("hub", "decide", "1", "--drop").err == (
        "accessctl: Nothing is held by the number 1; `accessctl hub held` lists what is.\n"
    )


def test_or_it_is_somebody_known_or_nobody(site, held) -> None:
    assert site("hub", "decide", "1", "--add-to", "Grace").out == "The photos are Grace's.\n"
    assert held.people.person("Grace").photos == 2
    other = ProposingDoor(held, joined_door(held, "back"))
    other.enrol(os.urandom(16).hex(), "Grace", 2)
    assert site("hub", "decide", "2", "--drop").code == 0
    assert len(held.people.people()) == 1


def test_somebody_new_is_put_into_groups_at_once(site, held) -> None:
    assert site("hub", "decide", "1", "--drop", "--group", "lab").code == 2
    assert site("hub", "decide", "1", "--take", "Ada", "--group", "lab", "--group", "it").code == 0
    ada = held.people.person("Ada")
    assert held.people.rules()[ada.id].groups == ("lab", "it")


@pytest.mark.parametrize("words", [(), ("--drop", "--take", "Ada")], ids=["none", "two"])
def test_a_decision_is_one(site, held, words) -> None:
    said = site("hub", "decide", "1", *words)
    assert (said.code, "Give one of --take NAME" in said.err) == (2, True)
    assert len(held.held.listed()) == 1


def test_removals_are_listed_with_the_doors_that_owe_it(site, hub) -> None:
    assert site("hub", "removals").out == "Nobody was removed yet.\n"
    joined_door(hub, "front")
    put(hub, "Grace")
    hub.people.remove("Grace")
    assert "front" in site("hub", "removals").out.splitlines()[1]
    assert site("hub", "removals", "--json").lines[0]["owed"] == ["front"]
