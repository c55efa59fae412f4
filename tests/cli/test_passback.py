"""`people inside` and `passback forgive`, as an owner uses them."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from accessctl.audit.log import EventLog
from accessctl.config import GalleryConfig
from accessctl.domain import Event, EventKind, PersonId
from accessctl.errors import InputError, UnknownPersonError
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.gallery.store import open_gallery

Run = Callable[..., int]


@pytest.fixture
def grace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PersonId:
    """A door that leads inside, and Grace, who went in half an hour ago."""
    for variable in ("ACCESSCTL_KEY_FILE", "ACCESSCTL_AUDIT_KEY_FILE", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(variable, raising=False)
    access = {"direction": "in", "anti_passback": "hard"}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"access": access}))
    photo = NewPhoto(
        jpeg=b"jpeg",
        embedding=random_units(1, 8, 1)[0],
        fingerprint="e",
        quality=0.9,
        added=1000.0,
    )
    with open_gallery(GalleryConfig(folder=tmp_path / "enrolled"), {}) as gallery:
        person = gallery.add_person("Grace", photo).id
    (tmp_path / "state").mkdir(mode=0o700)
    data = {"decision": "granted", "direction": "in", "area": "inside", "visit": "v1"}
    with EventLog(tmp_path / "state" / "events.sqlite") as log:
        log.append(Event(time.time() - 1800, EventKind.DECISION, data, person))
    return person


@pytest.fixture
def run(tmp_path: Path, understand) -> Run:
    def perform(*argv: str) -> int:
        code: int = understand(*argv, "--config", tmp_path / "config.yaml").run()
        return code

    return perform


def last(folder: Path) -> Event:
    with EventLog(folder / "state" / "events.sqlite") as log:
        return [event for _, event in log.query()][-1]


def test_who_is_inside_is_listed_and_that_it_was_asked(
    tmp_path: Path, grace: PersonId, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("people", "inside") == 0
    out = capsys.readouterr().out
    assert out.splitlines()[1].split() == ["Grace", "0", "h", "30", "min", "ago"]
    assert last(tmp_path).data == {"state": "inside_shown", "area": "inside", "people": 1}
    run("people", "inside", "--json")
    said = json.loads(capsys.readouterr().out)
    assert (said["person"], said["id"], said["area"]) == ("Grace", grace, "inside")
    assert 1800 <= said["since_s"] < 1900


def test_who_is_forgiven_is_outside(
    tmp_path: Path, grace: PersonId, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("passback", "forgive", "grace") == 0
    assert capsys.readouterr().out == "Grace counts as outside from now on (area: inside).\n"
    assert last(tmp_path).data == {"change": "passback_forgiven", "area": "inside"}
    assert last(tmp_path).person == grace
    run("people", "inside")
    assert "Nobody went in" in capsys.readouterr().out


def test_a_name_that_nobody_has(tmp_path: Path, grace: PersonId, run: Run) -> None:
    before = last(tmp_path)
    with pytest.raises(UnknownPersonError):
        run("passback", "forgive", "Alan")
    assert last(tmp_path) == before


@pytest.mark.parametrize("words", [("people", "inside"), ("passback", "forgive", "Grace")])
def test_a_door_that_leads_nowhere_knows_nobody_inside(
    tmp_path: Path, grace: PersonId, run: Run, words: tuple[str, ...]
) -> None:
    (tmp_path / "config.yaml").write_text("{}\n")
    with pytest.raises(InputError, match="leads into no area"):
        run(*words)
