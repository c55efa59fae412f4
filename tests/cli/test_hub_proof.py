"""Exports, certificates of deletion and the assessment at the command line."""

import json
import zipfile
from collections.abc import Iterator

import pytest

from accessctl.config import load_config
from accessctl.hub.assembly import Hub, open_hub
from tests.hub.made_tables import with_tables
from tests.hub.proposing import joined_door
from tests.hub.test_door_feed import enrol


@pytest.fixture
def hub(site) -> Iterator[Hub]:
    site.configure(hub={"host": "127.0.0.1"})
    with open_hub(with_tables(load_config(site.config).hub), {}) as opened:
        yield opened


def test_one_person_is_exported(site, hub: Hub) -> None:
    enrol(hub, "Grace")
    file = site.folder / "grace.zip"
    said = site("hub", "export", "grace", str(file))
    assert said.code == 0
    assert "1 photos, 0 pictures, 0 consents, 0 events" in said.out
    assert "README.txt" in zipfile.ZipFile(file).namelist()
    assert site("hub", "export", "grace", str(file)).code == 2


def test_a_certificate_is_written_and_checked_anywhere(site, hub: Hub) -> None:
    grace = enrol(hub, "Grace")
    said = site("hub", "removal", "grace")
    assert said.code == 2
    assert f"Grace is still enrolled (id {grace}); remove them first." in said.err
    hub.people.remove("Grace")
    file = site.folder / "deletion.json"
    said = site("hub", "removal", grace, "--certificate", str(file))
    assert (said.code, said.err) == (0, "")
    assert file.stat().st_mode & 0o777 == 0o600
    assert "No door owes a receipt." in said.out
    fingerprint = hub.authority.fingerprint
    said = site("hub", "verify-removal", str(file), "--fingerprint", fingerprint, config=False)
    assert said.code == 0
    assert fingerprint in said.out
    told = json.loads(site("hub", "verify-removal", str(file), "--json", config=False).out)
    assert (told["person"], told["fingerprint"]) == (grace, fingerprint)
    said = site("hub", "verify-removal", str(file), "--fingerprint", "SHA256:00", config=False)
    assert said.code == 2
    assert "is of another hub" in said.err
    file.write_text(file.read_text().replace(grace, "ab" * 16))
    assert (
        "not what the hub's authority signed"
        in site("hub", "verify-removal", str(file), config=False).err
    )
    file.write_text("[]")
    assert site("hub", "verify-removal", str(file), config=False).code == 2


def test_while_a_receipt_is_owed_it_ends_with_1(site, hub: Hub) -> None:
    joined_door(hub, "front")
    grace = enrol(hub, "Grace")
    hub.people.remove("Grace")
    file = site.folder / "deletion.json"
    said = site("hub", "removal", grace, "--certificate", str(file))
    assert said.code == 1
    assert "Still owing a receipt: front." in said.out
    assert site("hub", "verify-removal", str(file), config=False).code == 1
    told = json.loads(site("hub", "removal", grace, "--json").out)
    assert [(door["name"], door["state"]) for door in told["doors"]] == [("front", "owes")]
    assert site("hub", "removal", "ab" * 16).code == 2


def test_the_assessment_is_written(site, hub: Hub) -> None:
    enrol(hub, "Grace")
    file = site.folder / "assessment.md"
    said = site("hub", "assessment", str(file))
    assert said.code == 0
    assert "| people enrolled | 1 |" in file.read_text()
    assert site("hub", "assessment", str(file)).code == 2
