"""Everything of one person in a zip, and nothing of anybody else."""

import base64
import json
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from accessctl.administration.changes import Administration
from accessctl.audit.log import EventLog
from accessctl.domain import Event, EventKind, PersonId
from accessctl.errors import InputError, StoreError, UnknownPersonError
from accessctl.gallery.badges import Badge
from accessctl.gallery.person import hash_pin
from accessctl.hub.drawn_signature import parse_drawing
from accessctl.hub.held import HeldProposal
from accessctl.hub.journal import JournalKind
from accessctl.hub.passes import PassWish
from accessctl.hub.people_journal import PeopleJournal
from accessctl.hub.person_export import export_person, without_operators, without_others
from accessctl.hub.scim_resources import DirectoryUser, ScimGroup
from accessctl.hub.tables import CROSSING, JOURNAL
from accessctl.policy.consent import typed_consent
from accessctl.sync.picture_wire import picture_id
from accessctl.sync.site_sealing import seal_photo
from tests.hub.feeding import FACES, enrol
from tests.hub.proposing import joined_door

SIGNED = "10,20 40,60 90,60"


@pytest.fixture
def grace(hub) -> str:
    """Somebody of whom there is something of everything."""
    grace = enrol(hub, "Grace Höpper", groups=("staff",))
    admin = Administration(hub.people, PeopleJournal(hub.database, hub.people, "ada"), hub.now)
    admin.rename("Grace Höpper", "Grace")
    hub.people.set_pin(PersonId(grace), hash_pin("2580", os.urandom))
    hub.people.add_badge(Badge(PersonId(grace), hub.people.badge_digest("4711"), 5.0))
    hub.consents.add_text(b"We keep your face.", "ada")
    drawn = typed_consent("Grace", parse_drawing(SIGNED).content())
    hub.consents.give("Grace", drawn, "ada")
    return grace


def exported(hub, path: Path) -> tuple[dict[str, Any], zipfile.ZipFile]:
    export_person(hub, "grace", path, "ada")
    archive = zipfile.ZipFile(path)
    return {
        name: json.loads(archive.read(name)) for name in archive.namelist() if name.endswith("json")
    }, archive


def test_pictures_that_doors_sent_of_the_person_are_in_it(
    hub, joined, grace, clock, tmp_path: Path
) -> None:
    front = joined("front")
    ada = enrol(hub, "Ada", 1)
    with EventLog(front.log_file) as log:
        for number, person in enumerate((grace, ada, grace)):
            name = f"1800000000000-{number}.snap"
            data = {"decision": "granted", "snapshot": name}
            log.append(Event(clock(), EventKind.DECISION, data, PersonId(person)))
    front.send_all()
    door, key = front.member.door, hub.site_keys.photos
    for number, content in enumerate((b"\xff\xd8\xff 1", b"\xff\xd8\xff 2", b"no JPEG"), 1):
        assert hub.pictures.take(door, number, seal_photo(content, picture_id(door, number), key))
    _, archive = exported(hub, tmp_path / "grace.zip")
    found = [name for name in archive.namelist() if name.startswith("pictures/")]
    assert found == [f"pictures/front-{door[:8]}-1.jpg"]
    assert archive.read(found[0]) == b"\xff\xd8\xff 1"


def lines(archive: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in archive.read(name).splitlines()]


def test_it_holds_everything_of_that_person(hub, joined, grace, tmp_path: Path) -> None:
    ada = enrol(hub, "Ada", 1)
    front = joined("front")
    with EventLog(front.log_file) as log:
        decision = {"decision": "granted", "second": {"person": ada}}
        log.append(Event(150.0, EventKind.DECISION, decision, PersonId(grace)))
        log.append(Event(160.0, EventKind.DECISION, {"second": grace}, PersonId(ada)))
        log.append(Event(170.0, EventKind.DECISION, {"decision": "granted"}, PersonId(ada)))
    front.send_all()
    path = tmp_path / "grace.zip"
    told, archive = exported(hub, path)
    assert path.stat().st_mode & 0o777 == 0o600
    about = told["person.json"]
    assert (about["name"], about["id"], about["pin_is_set"]) == ("Grace", grace, True)
    assert about["rules"]["groups"] == ["staff"]
    assert (about["doors"], about["withheld_from_doors"]) == (["front"], None)
    assert about["last_let_in"] == "1970-01-01T00:02:30+00:00"
    assert [badge["hash"] for badge in about["badges"]] == [hub.people.badge_digest("4711").hex()]
    (templates,) = told["templates.json"]
    np.testing.assert_array_equal(np.float32(templates["templates"]["e1"]), FACES[0])
    assert archive.read("photos/1.jpg") == b"jpeg"
    (consent,) = told["consent.json"]
    assert (consent["how"], consent["version"]) == ("drawn", 1)
    drawing = parse_drawing(SIGNED)
    assert base64.b64decode(consent["signature_base64"]) == drawing.content()
    assert archive.read(f"signatures/{consent['number']}.svg") == drawing.svg()
    assert told["held.json"] == []
    assert archive.read("texts/1.txt") == b"We keep your face."
    mine, mention = lines(archive, "events.jsonl")
    assert mine["data"] == {"decision": "granted", "second": {"person": "somebody else"}}
    assert mention == {
        "door": "front",
        "record": 2,
        "time": "1970-01-01T00:02:40+00:00",
        "kind": "decision",
        "mention": "named beside somebody else",
    }
    assert {"person", "consent", "exported"} <= {
        one["kind"] for one in lines(archive, "journal.jsonl")
    }
    assert "What this site keeps of Grace" in archive.read("README.txt").decode()
    everything = b"".join(archive.read(name) for name in archive.namelist())
    assert ada.encode() not in everything
    assert b'"operator": "ada"' not in everything
    assert b"2580" not in everything


def test_passes_of_the_person_are_in_it_with_the_names_of_doors(
    hub, grace, clock, tmp_path: Path
) -> None:
    enrol(hub, "Ada", 1)
    joined_door(hub, "front")
    span = PassWish(clock(), clock() + 86_400, ("front",))
    made = hub.passes.make("Grace", span, "ada")
    hub.passes.withdraw(made.id, "ada")
    hub.passes.make("Ada", span, "ada")
    told, archive = exported(hub, tmp_path / "grace.zip")
    moments = {
        key: None if time is None else datetime.fromtimestamp(time, UTC).isoformat()
        for key, time in (
            *(("from", made.begins), ("until", made.ends)),
            *(("made", made.made), ("withdrawn", clock())),
        )
    }
    assert told["passes.json"] == [{"id": made.id, **moments, "doors": ["front"], "groups": []}]
    assert "passes.json" in archive.read("README.txt").decode()


def test_what_the_directory_says_of_them_is_in_it_and_of_nobody_else(
    hub, grace, tmp_path: Path
) -> None:
    told, _ = exported(hub, tmp_path / "before.zip")
    assert told["directory.json"] is None
    user = hub.directory.add(DirectoryUser("grace@corp.example", "x7", "Grace", active=False))
    hub.directory.add(DirectoryUser("eve@corp.example", "x8", "Eve"))
    hub.directory_groups.add(ScimGroup("board", "x9", frozenset({user.id})))
    told, archive = exported(hub, tmp_path / "after.zip")
    assert told["directory.json"] == {
        "user": user.id,
        "user_name": "grace@corp.example",
        "external_id": "x7",
        "display_name": "Grace",
        "formatted": None,
        "given_name": None,
        "family_name": None,
        "active": False,
        "groups": ["board"],
        "created": datetime.fromtimestamp(user.created, UTC).isoformat(),
        "modified": datetime.fromtimestamp(user.modified, UTC).isoformat(),
    }
    assert b"eve@corp" not in b"".join(map(archive.read, archive.namelist()))
    assert "directory.json" in archive.read("README.txt").decode()


def test_where_they_went_in_and_out_last_is_in_it(hub, grace, tmp_path: Path) -> None:
    front = joined_door(hub, "front")
    with hub.database.writing() as db:
        row = {"door": front, "area": "lab", "number": 1, "way": "in", "time": 150.0}
        db.execute(CROSSING.insert().values(person=grace, **row))
        db.execute(CROSSING.insert().values(person="e" * 32, **row | {"number": 2}))
    told, _ = exported(hub, tmp_path / "grace.zip")
    assert told["person.json"]["crossings"] == [
        {"door": "front", "area": "lab", "way": "in", "time": "1970-01-01T00:02:30+00:00"}
    ]


def test_that_it_was_made_is_on_record_before_it_is_there(hub, grace, tmp_path, monkeypatch):
    export_person(hub, "Grace", tmp_path / "grace.zip", "ada")
    query = select(JOURNAL.c.data).where(JOURNAL.c.kind == JournalKind.EXPORTED)
    with hub.database.reading() as db:
        (data,) = db.execute(query).scalars()
    assert json.loads(data) == {"operator": "ada", "person": grace}

    def full(*_: object) -> int:
        raise StoreError("full")

    monkeypatch.setattr("accessctl.hub.person_export.write_journal", full)
    with pytest.raises(StoreError, match="full"):
        export_person(hub, "Grace", tmp_path / "again.zip", "ada")
    assert not (tmp_path / "again.zip").exists()


@pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)
def test_it_is_there_whole_or_not_at_all(hub, grace, tmp_path, monkeypatch) -> None:
    path = tmp_path / "grace.zip"
    path.write_bytes(b"mine")
    with pytest.raises(InputError, match="Cannot write"):
        export_person(hub, "Grace", path, "ada")
    assert path.read_bytes() == b"mine"
    with pytest.raises(UnknownPersonError):
        export_person(hub, "Nobody", tmp_path / "nobody.zip", "ada")

    def damaged(*_: object) -> bytes:
        raise StoreError("damaged")

    monkeypatch.setattr(type(hub.site_keys), "open_photo", damaged)
    with pytest.raises(StoreError, match="damaged"):
        export_person(hub, "Grace", tmp_path / "half.zip", "ada")
    assert list(tmp_path.glob("*half*")) == list(tmp_path.glob("*nobody*")) == []


@pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)
def test_what_waits_for_a_decision_is_in_it(hub, grace, tmp_path, monkeypatch) -> None:
    held = [
        HeldProposal(7, "front", grace, "Grace", "add_photo", "face", "Ada", 160.0),
        HeldProposal(8, "front", "ab" * 16, "Eve", "add_person", "name", "Grace", 160.0),
    ]
    monkeypatch.setattr(type(hub.held), "listed", lambda _: held)
    monkeypatch.setattr(type(hub.held), "picture", lambda _, number, __: b"jpeg %d" % number)
    told, archive = exported(hub, tmp_path / "grace.zip")
    (waiting,) = told["held.json"]
    assert (waiting["number"], waiting["change"], waiting["cause"]) == (7, "add_photo", "face")
    assert archive.read("photos/held-7.jpg") == b"jpeg 7"
    assert "photos/held-8.jpg" not in archive.namelist()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["aa", "bb", "cc", "word"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["aa", "bb", "x"]), inner),
)


@given(JSON)
def test_no_other_s_id_is_left_at_any_depth(value: Any) -> None:
    found = json.dumps(without_others(value, {"aa", "cc"}))
    assert '"aa"' not in found
    assert '"cc"' not in found
    assert without_others(value, set()) == value


def test_of_an_operator_there_is_no_name() -> None:
    told = without_operators({"operator": "ada", "by": "ada", "change": "renamed"})
    assert told == {"operator": "an operator", "by": "an operator", "change": "renamed"}
