"""`policy test`, `unlock-face`, `people inside` and `passback forgive`, as an owner uses them."""

import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from accessctl.audit.log import EventLog
from accessctl.clock import uptime
from accessctl.config import GalleryConfig, LockoutConfig, load_config
from accessctl.control.server import ControlServer
from accessctl.domain import Event, EventKind, Outcome, PersonId, Reason
from accessctl.errors import InputError, UnknownPersonError
from accessctl.gallery.person import hash_pin
from accessctl.gallery.site import AgeMark, DocumentPut, SiteBatch
from accessctl.gallery.site_store import open_site_gallery
from accessctl.gallery.store import open_gallery
from accessctl.policy.decide import Verdict
from accessctl.policy.lockout_store import LockoutKeeper, LockoutStore

SCHEDULES = {
    "access": {
        "timezone": "Europe/Berlin",
        "schedules": {"office": [{"days": ["thu"], "opens": "08:00", "closes": "18:00"}]},
        "groups": {"staff": {"schedule": "office"}, "store": {"doors": ["back"]}},
    }
}
WAY_IN = {"access": {"direction": "in", "anti_passback": "hard"}}
ENTERED = {"decision": "granted", "direction": "in", "area": "inside", "visit": "v1"}


@pytest.fixture
def house(tmp_path: Path, grace: PersonId) -> Path:
    """A folder with schedules and groups in its configuration, where Grace is enrolled."""
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(SCHEDULES))
    return tmp_path


@pytest.fixture
def entrance(tmp_path: Path, grace: PersonId) -> Path:
    """A door that leads inside, and Grace, who went in half an hour ago."""
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(WAY_IN))
    enter(tmp_path, grace, 1800)
    return tmp_path


def enter(folder: Path, person: PersonId, ago_s: float) -> None:
    with EventLog(folder / "state" / "events.sqlite") as log:
        log.append(Event(time.time() - ago_s, EventKind.DECISION, ENTERED, person))


def last(folder: Path) -> Event:
    with EventLog(folder / "state" / "events.sqlite") as log:
        return [event for _, event in log.query()][-1]


def policy_test(run, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    """What `policy test` says of Grace."""
    capsys.readouterr()
    run("policy", "test", "--person", "Grace", "--json", *more)
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("at", "door", "allowed", "reason"),
    [
        ("2026-12-24T17:59", "front", True, None),
        ("2026-12-24T18:00", "front", False, "outside_schedule"),
        ("2026-12-25T12:00", "front", False, "outside_schedule"),
        ("2026-12-25T12:00", "back", True, None),
    ],
)
def test_policy_test_explains(
    house: Path,
    run,
    capsys: pytest.CaptureFixture[str],
    at: str,
    door: str,
    allowed: bool,
    reason: str | None,
) -> None:
    run("rules", "Grace", "--group", "staff", "--group", "store")
    said = policy_test(run, capsys, "--at", at, "--door", door)
    assert (said["allowed"], said["reason"]) == (allowed, reason)
    assert len(said["because"]) == 4
    run("policy", "test", "--person", "Grace", "--at", at, "--door", door)
    assert capsys.readouterr().out.splitlines() == said["because"]


def test_policy_test_tells_of_a_pin_in_place_of_life(
    house: Path, run, capsys: pytest.CaptureFixture[str]
) -> None:
    noon = ("--at", "2026-12-24T12:00")
    assert policy_test(run, capsys, *noon)["life_by_pin"] is False
    run("rules", "Grace", "--life-by-pin")
    assert policy_test(run, capsys, *noon)["life_by_pin"] is False
    because = policy_test(run, capsys, *noon)["because"]
    assert any("none is set: accessctl pin set" in line for line in because)
    with open_gallery(GalleryConfig(folder=house / "enrolled"), {}) as gallery:
        gallery.set_pin(gallery.person("Grace").id, hash_pin("270846", os.urandom))
    told = policy_test(run, capsys, *noon)
    assert (told["life_by_pin"], told["allowed"]) == (True, True)


def test_policy_test_tells_of_a_badge_where_one_is_required(
    tmp_path: Path, grace: PersonId, run, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"policy": {"identify_up_to": 0}}))
    told = policy_test(run, capsys)
    assert (told["badge_required"], told["reason"]) == (True, "badge_required")
    run("badge", "set", "Grace", typed="04A2\n")
    told = policy_test(run, capsys)
    assert (told["allowed"], told["because"][-1]) == (
        True,
        "Allowed by the rules, once the badge is read.",
    )


def test_policy_test_says_what_is_asked_and_who_is_inside(
    house: Path, grace: PersonId, run, capsys: pytest.CaptureFixture[str]
) -> None:
    (house / "config.yaml").write_text(
        yaml.safe_dump(WAY_IN | {"policy": {"second_factor": "pin"}})
    )
    without = policy_test(run, capsys)
    assert (without["allowed"], without["reason"]) == (False, "second_factor_missing")
    assert without["second_factor"] == "pin"
    run("pin", "set", "Grace", typed="270818\n")
    with_pin = policy_test(run, capsys)
    assert (with_pin["allowed"], with_pin["reason"]) == (True, None)
    assert with_pin["because"][-1] == "Allowed by the rules, once the PIN is entered."
    enter(house, grace, 3600)
    inside = policy_test(run, capsys)
    assert (inside["allowed"], inside["reason"]) == (False, "passback")
    assert "Went in 1.0 h ago and not out since" in " ".join(inside["because"])


def lock(house: Path) -> None:
    with LockoutStore(house / "state" / "lockout.sqlite") as store:
        keeper = LockoutKeeper(store, "front", LockoutConfig(), uptime)
        for person in range(11):
            keeper.note(Verdict(Outcome.DENIED, Reason.NOT_LIVE, None), PersonId(str(person)))


def test_a_lockout_shows_and_can_be_ended(
    house: Path, run, changes, capsys: pytest.CaptureFixture[str]
) -> None:
    run("unlock-face")
    assert "No face was refused" in capsys.readouterr().out
    lock(house)
    said = policy_test(run, capsys)
    assert (said["allowed"], said["reason"]) == (False, "locked_out")
    run("unlock-face")
    assert "10 of its refused attempts and those of 11 people" in capsys.readouterr().out
    assert changes()[-1] == {
        "state": "face_unlocked",
        "door": "front",
        "refused": 10.0,
        "people": 11,
    }
    assert policy_test(run, capsys)["allowed"]
    run("unlock-face")
    assert "not locked out" in capsys.readouterr().out


def test_one_person_is_let_in_again(
    house: Path, run, changes, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UnknownPersonError):
        run("unlock-face", "Nobody")
    run("unlock-face", "grace")
    assert "No face was refused" in capsys.readouterr().out
    with open_gallery(GalleryConfig(folder=house / "enrolled"), {}) as gallery:
        grace = gallery.person("Grace").id
    with LockoutStore(house / "state" / "lockout.sqlite") as store:
        keeper = LockoutKeeper(store, "front", LockoutConfig(), uptime)
        for person in (grace, PersonId("other"), PersonId("third")):
            for _ in range(5):
                keeper.note(Verdict(Outcome.DENIED, Reason.NOT_LIVE, None), person)
        assert keeper.remaining_s(grace) > 0
        run("unlock-face", "grace")
        said = capsys.readouterr().out
        assert "The face of Grace counts again at the door front; 5 refused attempts" in said
        assert "The door itself is locked out" in said
        assert keeper.remaining_s(PersonId("other")) > 0
        assert store.people("front").keys() == {"other", "third"}
    assert changes()[-1] == {"change": "face_unlocked", "door": "front", "refused": 5.0}
    run("unlock-face", "Grace")
    assert "Nothing stands against Grace" in capsys.readouterr().out
    run("unlock-face")
    run("unlock-face", "Grace")
    assert "The door itself" not in capsys.readouterr().out.splitlines()[-1]


def test_who_is_inside_is_listed_and_that_it_was_asked(
    entrance: Path, grace: PersonId, run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("people", "inside") == 0
    out = capsys.readouterr().out
    assert out.splitlines()[1].split() == ["Grace", "0", "h", "30", "min", "ago"]
    assert last(entrance).data == {"state": "inside_shown", "area": "inside", "people": 1}
    run("people", "inside", "--json")
    said = json.loads(capsys.readouterr().out)
    assert (said["person"], said["id"], said["area"]) == ("Grace", grace, "inside")
    assert 1800 <= said["since_s"] < 1900


def test_a_door_with_a_hub_asks_the_running_door_who_is_inside(
    entrance: Path, grace: PersonId, run, capsys: pytest.CaptureFixture[str]
) -> None:
    socket = entrance / "control.sock"
    beyond = {"sync": {"hub": "https://hub.example"}, "service": {"socket": str(socket)}}
    (entrance / "config.yaml").write_text(yaml.safe_dump(WAY_IN | beyond))
    run("people", "inside", "--json")
    said = capsys.readouterr()
    assert json.loads(said.out)["since_s"] >= 1800
    assert said.err.startswith("Only by what this door's own log says: No door is running on ")
    other = PersonId("ab" * 16)
    with ControlServer(socket, {"inside": lambda _: {"people": {grace: 60.0, other: 90.0}}}):
        run("people", "inside", "--json")
    said = capsys.readouterr()
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert [(one["person"], one["since_s"]) for one in lines] == [(None, 90.0), ("Grace", 60.0)]
    assert said.err == ""


def test_who_is_forgiven_is_outside(
    entrance: Path, grace: PersonId, run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("passback", "forgive", "grace") == 0
    assert capsys.readouterr().out == "Grace counts as outside from now on (area: inside).\n"
    assert last(entrance).data == {"change": "passback_forgiven", "area": "inside"}
    assert last(entrance).person == grace
    run("people", "inside")
    assert "Nobody went in" in capsys.readouterr().out


def test_a_name_that_nobody_has(entrance: Path, run) -> None:
    before = last(entrance)
    with pytest.raises(UnknownPersonError):
        run("passback", "forgive", "Alan")
    assert last(entrance) == before


@pytest.mark.parametrize("words", [("people", "inside"), ("passback", "forgive", "Grace")])
def test_a_door_that_leads_nowhere_knows_nobody_inside(
    entrance: Path, run, words: tuple[str, ...]
) -> None:
    (entrance / "config.yaml").write_text("{}\n")
    with pytest.raises(InputError, match="leads into no area"):
        run(*words)


def test_policy_test_and_rules_go_by_what_the_hub_said_and_how_old_it_is(
    run, house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    joined = SCHEDULES | {"sync": {"hub": "https://hub.example"}}
    (house / "config.yaml").write_text(yaml.safe_dump(joined))
    site = open_site_gallery(load_config(house / "config.yaml").gallery, os.environ)
    position = site.begin("a" * 64, "d" * 32)
    rules = DocumentPut(1, "rules", b'{"access": {"groups": {"visitors": {}}}}')
    site.take(SiteBatch((rules,), replace(position, seq=1)), lambda *_: None)
    run("rules", "Grace", "--group", "visitors")
    assert policy_test(run, capsys)["allowed"] is True
    site.note_age(AgeMark(time.time(), 721 * 3600.0, time.time(), uptime()))
    site.gallery.close()
    said = policy_test(run, capsys)
    assert (said["allowed"], said["reason"]) == (False, "rules_stale")
    assert any("The hub's last word is 721.0 h old" in line for line in said["because"])
