"""`rules`, `policy test` and `unlock-face`, as an owner uses them."""

import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from accessctl.audit.log import EventLog
from accessctl.clock import uptime
from accessctl.config import GalleryConfig, LockoutConfig
from accessctl.domain import Outcome, PersonId, PersonRules, Reason
from accessctl.errors import InputError, UnknownPersonError
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.gallery.pins import hash_pin
from accessctl.gallery.store import open_gallery
from accessctl.policy.decide import Verdict
from accessctl.policy.lockout_store import LockoutKeeper, LockoutStore

Run = Callable[..., int]

CONFIG = {
    "access": {
        "timezone": "Europe/Berlin",
        "schedules": {"office": [{"days": ["thu"], "opens": "08:00", "closes": "18:00"}]},
        "groups": {"staff": {"schedule": "office"}, "store": {"doors": ["back"]}},
    }
}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a configuration and one person, Grace."""
    for variable in ("ACCESSCTL_KEY_FILE", "ACCESSCTL_AUDIT_KEY_FILE", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    with open_gallery(GalleryConfig(folder=tmp_path / "enrolled"), {}) as gallery:
        gallery.add_person(
            "Grace",
            NewPhoto(
                jpeg=b"jpeg",
                embedding=random_units(1, 8, 1)[0],
                fingerprint="e",
                quality=0.9,
                added=1000.0,
            ),
        )
    return tmp_path


@pytest.fixture
def run(house: Path, understand) -> Run:
    def perform(*argv: str) -> int:
        code: int = understand(*argv, "--config", house / "config.yaml").run()
        return code

    return perform


def kept(house: Path) -> PersonRules | None:
    with open_gallery(GalleryConfig(folder=house / "enrolled"), {}) as gallery:
        return gallery.rules().get(gallery.person("Grace").id)


def events(house: Path) -> list[dict[str, Any]]:
    with EventLog(house / "state" / "events.sqlite") as log:
        return [
            dict(event.data)
            for _, event in log.query()
            if not str(event.data.get("state")).startswith("gallery_")
        ]


def epoch(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def test_rules_are_set_shown_and_written_down(
    house: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run("rules", "grace", "--group", "staff", "--from", "2026-12-01", "--until", "2026-12-24")
    assert kept(house) == PersonRules(
        ("staff",), epoch("2026-12-01T00:00+01:00"), epoch("2026-12-25T00:00+01:00")
    )
    assert capsys.readouterr().out == (
        "Grace: in staff; from 2026-12-01T00:00+01:00; until 2026-12-25T00:00+01:00.\n"
    )
    run("rules", "Grace", "--disable")
    run("rules", "Grace", "--group", "none", "--from", "none", "--until", "none", "--enable")
    assert kept(house) == PersonRules()
    assert [event["change"] for event in events(house)] == ["rules_changed"] * 3
    capsys.readouterr()
    run("rules", "Grace", "--json")
    shown = json.loads(capsys.readouterr().out)
    del shown["id"]
    assert shown == {
        "person": "Grace",
        "groups": [],
        "from": None,
        "until": None,
        "disabled": False,
        "life_by_pin": False,
        "pin": False,
    }
    assert len(events(house)) == 3


def test_a_pin_in_place_of_life_is_allowed_and_taken_back(
    house: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run("rules", "Grace", "--life-by-pin")
    assert kept(house) == PersonRules(life_by_pin=True)
    assert capsys.readouterr().out == (
        "Grace: in no group; a PIN may stand in for life, and none is set: accessctl pin set.\n"
    )
    with open_gallery(GalleryConfig(folder=house / "enrolled"), {}) as gallery:
        gallery.set_pin(gallery.person("Grace").id, hash_pin("270846", os.urandom))
    run("rules", "Grace", "--disable")
    assert kept(house) == PersonRules(disabled=True, life_by_pin=True)
    assert capsys.readouterr().out == (
        "Grace: disabled; in no group; with a PIN, which may stand in for life.\n"
    )
    run("rules", "Grace", "--enable", "--no-life-by-pin")
    assert kept(house) == PersonRules()
    assert [event["change"] for event in events(house)] == ["rules_changed"] * 3


@pytest.mark.parametrize(
    ("argv", "error"),
    [
        (("Grace", "--group", "stuff"), InputError),
        (("Grace", "--from", "soon"), InputError),
        (("Grace", "--from", "2026-12-02", "--until", "2026-12-01T12:00"), InputError),
        (("Nobody", "--disable"), UnknownPersonError),
    ],
)
def test_what_cannot_be_meant_changes_nothing(
    house: Path, run: Run, argv: tuple[str, ...], error: type[Exception]
) -> None:
    with pytest.raises(error):
        run("rules", *argv)
    assert kept(house) is None


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
    run: Run,
    capsys: pytest.CaptureFixture[str],
    at: str,
    door: str,
    allowed: bool,
    reason: str | None,
) -> None:
    run("rules", "Grace", "--group", "staff", "--group", "store")
    capsys.readouterr()
    run("policy", "test", "--person", "Grace", "--at", at, "--door", door, "--json")
    said = json.loads(capsys.readouterr().out)
    assert (said["allowed"], said["reason"]) == (allowed, reason)
    assert len(said["because"]) == 4
    run("policy", "test", "--person", "Grace", "--at", at, "--door", door)
    assert capsys.readouterr().out.splitlines() == said["because"]


def test_policy_test_tells_of_a_pin_in_place_of_life(
    house: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    def said() -> dict[str, Any]:
        capsys.readouterr()
        run("policy", "test", "--person", "Grace", "--at", "2026-12-24T12:00", "--json")
        told: dict[str, Any] = json.loads(capsys.readouterr().out)
        return told

    assert said()["life_by_pin"] is False
    run("rules", "Grace", "--life-by-pin")
    assert said()["life_by_pin"] is False
    assert any("none is set: accessctl pin set" in line for line in said()["because"])
    with open_gallery(GalleryConfig(folder=house / "enrolled"), {}) as gallery:
        gallery.set_pin(gallery.person("Grace").id, hash_pin("270846", os.urandom))
    told = said()
    assert (told["life_by_pin"], told["allowed"]) == (True, True)


def lock(house: Path) -> None:
    with LockoutStore(house / "state" / "lockout.sqlite") as store:
        keeper = LockoutKeeper(store, "front", LockoutConfig(), uptime)
        for person in range(11):
            keeper.note(Verdict(Outcome.DENIED, Reason.NOT_LIVE, None), PersonId(str(person)))


def test_a_lockout_shows_and_can_be_ended(
    house: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run("unlock-face")
    assert "No face was refused" in capsys.readouterr().out
    lock(house)
    run("policy", "test", "--person", "Grace", "--json")
    said = json.loads(capsys.readouterr().out)
    assert (said["allowed"], said["reason"]) == (False, "locked_out")
    run("unlock-face")
    assert "10 of its refused attempts and those of 11 people" in capsys.readouterr().out
    assert events(house)[-1] == {
        "state": "face_unlocked",
        "door": "front",
        "refused": 10.0,
        "people": 11,
    }
    run("policy", "test", "--person", "Grace", "--json")
    assert json.loads(capsys.readouterr().out)["allowed"]
    run("unlock-face")
    assert "not locked out" in capsys.readouterr().out


def test_one_person_is_let_in_again(
    house: Path, run: Run, capsys: pytest.CaptureFixture[str]
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
    assert events(house)[-1] == {"change": "face_unlocked", "door": "front", "refused": 5.0}
    run("unlock-face", "Grace")
    assert "Nothing stands against Grace" in capsys.readouterr().out
    run("unlock-face")
    run("unlock-face", "Grace")
    assert "The door itself" not in capsys.readouterr().out.splitlines()[-1]
