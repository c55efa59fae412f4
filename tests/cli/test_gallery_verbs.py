"""`accessctl gallery`, `people photos`, `remove --photo` and `config accept` at the keyboard."""

import shutil
import sqlite3
from pathlib import Path

import pytest
import yaml

from accessctl.config import GalleryConfig
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.gallery.store import open_gallery


def put_photo(site, name: str, seed: int, added: float) -> None:
    """One more photo of somebody, of whomever it is."""
    with open_gallery(GalleryConfig(folder=site.folder / "enrolled"), {}) as gallery:
        person = gallery.person(name)
        fingerprint = gallery._database.select("SELECT fingerprint FROM template")[0][0]
        photo = NewPhoto(
            jpeg=b"jpeg",
            embedding=random_units(1, 128, seed=seed)[0],
            fingerprint=fingerprint,
            quality=0.5,
            added=added,
        )
        gallery.add_photo(person.id, photo)


def test_a_misfit_is_found_numbered_and_taken_out(site) -> None:
    site.put("Grace")
    said = site("gallery", "check")
    assert (said.code, said.out.count("\n")) == (0, 1)
    put_photo(site, "Grace", 77, 1.9e9)
    said = site("gallery", "check", "--json")
    assert said.code == 1
    (flaw,) = said.lines
    assert (flaw["flaw"], flaw["person"], flaw["photo"]) == ("misfit", "Grace", 2)
    assert [line["photo"] for line in site("people", "photos", "grace", "--json").lines] == [1, 2]
    assert site("people", "photos", "Grace").out.splitlines()[0].split() == [
        "PHOTO",
        "QUALITY",
        "ADDED",
    ]
    said = site("remove", "Grace", "--photo", "2")
    assert said.out == "Removed photo 2 of Grace; 1 photo is left.\n"
    assert site.changes() == ["photo_removed"]
    assert site("gallery", "check").code == 0
    said = site("remove", "Grace", "--photo", "1")
    assert said.code == 2
    assert "only photo of Grace" in said.err
    assert site.people() == [("Grace", 1)]


@pytest.mark.parametrize("argv", [["people", "photos"], ["people", "Grace"], ["gallery"]])
def test_wrong_usage(site, argv: list[str]) -> None:
    assert site(*argv).code == 2


def test_an_older_gallery_is_told_by_doctor_and_accepted_on_record(site) -> None:
    site.put("Grace")
    site.put("Eve")
    site("rename", "Grace", "Grace Hopper")
    file, backup = site.folder / "enrolled" / "gallery.sqlite", site.folder / "backup"
    source, copy = sqlite3.connect(file), sqlite3.connect(backup)
    source.backup(copy)
    source.close()
    copy.close()
    site("remove", "Eve")
    shutil.copy(backup, file)
    findings = site("doctor", "--json").lines
    (told,) = [one["sentence"] for one in findings if "older than the event log" in one["sentence"]]
    assert told.endswith("accessctl gallery accept")
    said = site("gallery", "accept")
    assert said.out == "Accepted: the gallery counts as it is; 2 people are enrolled.\n"
    findings = site("doctor", "--json").lines
    assert [one for one in findings if "older than" in one["sentence"]] == []
    states = [event.data.get("state") for event in site.events()]
    assert states[-1] == "gallery_accepted"


def test_a_weaker_configuration_is_shown_and_accepted(site) -> None:
    site.configure(policy={"second_factor": "pin", "min_frames": 5})
    assert site("config", "accept").out.startswith("Accepted.")
    assert "counts already" in site("config", "accept").out
    site.configure(policy={"min_frames": 4})
    weaker = [
        one["sentence"] for one in site("doctor", "--json").lines if one["subject"] == "config"
    ]
    assert any("policy.min_frames: 5 -> 4" in sentence for sentence in weaker)
    said = site("config", "accept")
    assert said.code == 2
    assert "Nobody is there to ask; say --yes" in said.err
    assert said.out.splitlines() == [
        "weaker: policy.min_frames: 5 -> 4",
        "weaker: policy.second_factor: pin -> off",
    ]
    assert site("config", "accept", "--yes").code == 0
    states = [event.data.get("state") for event in site.events()]
    assert states == ["config_accepting", "config_accepted"] * 2
    assert site.events()[-1].data["weaker"] == ["policy.min_frames", "policy.second_factor"]


def test_every_guarding_setting_is_explained_as_one(site) -> None:
    said = site("config", "explain").out
    plain = " ".join(said.split())
    assert "Safer from left to right: off, passive, challenge." in plain
    assert "Guards: higher is safer." in plain
    assert yaml.safe_load(Path(site.config).read_text())


def test_a_preview_beside_a_door_watches_only(door, film, pictures, models, caplog) -> None:
    from accessctl.config import load_config
    from accessctl.door.duty import Duty, duty_file

    door("enroll", "Eileen Collins", pictures("collins"))
    out = door.folder / "out.mp4"
    with Duty(duty_file(load_config(door.config)), waits=True):
        said = door("preview", "--fast", "--source", film(("collins", 6)), "--record", out)
    assert said.code == 0
    assert "this one watches only" in caplog.text
    assert not (door.folder / "opened").exists()
    kinds = {event.kind for event in door.events()}
    assert kinds == {"person", "service"}


def test_a_run_by_a_weaker_file_goes_on_with_the_accepted_one(
    door, film, pictures, models, caplog
) -> None:
    door("enroll", "Eileen Collins", pictures("collins"))
    door("run", "--fast", "--source", film(("nobody", 2)))
    content = door.config.read_text()
    door.config.write_text(content.replace("unknown_after_s: 0.2", "min_frames: 1"))
    door("run", "--fast", "--source", film(("nobody", 2), folder="again"))
    assert "min_frames: 3 -> 1" in caplog.text
    started = [event.data for event in door.events() if event.data.get("state") == "started"]
    assert started[0]["config"] == started[1]["config"]
    assert started[0]["lock"] == [str(door.folder / "unlock")]
    assert "config_not_accepted" in [event.data.get("state") for event in door.events()]
