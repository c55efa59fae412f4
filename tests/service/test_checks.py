import os
from collections.abc import Callable
from pathlib import Path

import pytest

from accessctl.audit.opening import open_log
from accessctl.config import AuditConfig, Config, GalleryConfig
from accessctl.domain import Event, EventKind, PersonRules
from accessctl.errors import CameraError
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.gallery.person import hash_pin
from accessctl.gallery.store import open_gallery
from accessctl.service.checks import (
    Finding,
    Level,
    check_audit,
    check_config_file,
    check_disk,
    check_gallery,
    check_people,
    examine,
    failure,
    free_mb,
    nearest,
    ok,
    warning,
)


def refusing():
    yield ok("camera", "It is there.")
    raise CameraError("It is not any more; plug it in.")


def broken():
    raise ZeroDivisionError("division by zero")


def test_every_check_is_made_whatever_the_others_do():
    fine = [ok("a", "Fine."), warning("a", "Nearly.")]
    found = list(
        examine([("camera", refusing), ("b", broken), ("a", lambda: fine)]),
    )
    assert found == [
        ok("camera", "It is there."),
        failure("camera", "It is not any more; plug it in."),
        failure("b", "It could not be checked (ZeroDivisionError: division by zero)."),
        *fine,
    ]
    assert [finding.level for finding in found[:2]] == [Level.OK, Level.FAILURE]


def test_a_check_that_fails_shows_no_secret_of_an_address():
    def fail():
        raise RuntimeError("rtsp://cam/password=Zq7Xw9 is gone")

    (finding,) = examine([("a", fail)])
    assert "rtsp://cam/password=***" in finding.sentence
    assert "Zq7Xw9" not in finding.sentence


@pytest.fixture
def gallery(tmp_path):
    config = GalleryConfig(folder=tmp_path / "enrolled")
    with open_gallery(config, {}) as opened:
        opened.add_person(
            "Ada",
            NewPhoto(
                jpeg=b"jpeg",
                embedding=random_units(1, 16, seed=1)[0],
                fingerprint="ab" * 32,
                quality=0.9,
                added=1.0,
            ),
        )
    return config


@pytest.fixture
def audit(tmp_path):
    config = AuditConfig(file=tmp_path / "state" / "events.sqlite")
    log = open_log(config, {})
    log.append(Event(1.0, EventKind.SERVICE, {"state": "started"}))
    log.close()
    return config


def test_a_private_gallery(gallery):
    (finding,) = check_gallery(gallery, {})
    assert finding.level is Level.OK


def test_no_gallery_yet(tmp_path):
    (finding,) = check_gallery(GalleryConfig(folder=tmp_path / "none"), {})
    assert finding.level is Level.OK
    assert "Nobody is enrolled yet" in finding.sentence


def test_a_gallery_that_others_can_look_into(gallery):
    gallery.folder.chmod(0o755)
    (finding,) = check_gallery(gallery, {})
    assert finding.level is Level.WARNING
    assert f"chmod 700 {gallery.folder}" in finding.sentence


def test_a_key_that_others_can_read(gallery):
    (gallery.folder / "gallery.key").chmod(0o640)
    (finding,) = check_gallery(gallery, {})
    assert finding.level is Level.FAILURE
    assert "chmod 600" in finding.sentence


def test_a_key_that_is_gone_and_one_that_is_elsewhere(gallery, tmp_path):
    key = (gallery.folder / "gallery.key").rename(tmp_path / "key")
    (finding,) = check_gallery(gallery, {})
    assert finding.level is Level.FAILURE
    assert "its key is not" in finding.sentence
    (finding,) = check_gallery(gallery, {"ACCESSCTL_KEY_FILE": str(key)})
    assert finding.level is Level.OK


def test_a_private_log(audit):
    (finding,) = check_audit(audit, {})
    assert finding.level is Level.OK


def test_no_log_yet(tmp_path):
    (finding,) = check_audit(AuditConfig(file=tmp_path / "none.sqlite"), {})
    assert finding.level is Level.OK


@pytest.mark.parametrize(("suffix", "said"), [(".key", "audit key is missing"), (".head", "head")])
def test_a_log_whose_key_or_head_is_gone(audit, suffix, said):
    audit.file.with_name(audit.file.name + suffix).unlink()
    (finding,) = check_audit(audit, {})
    assert finding.level is Level.FAILURE
    assert said in finding.sentence


def test_a_log_that_others_can_read(audit):
    audit.file.chmod(0o644)
    (finding,) = check_audit(audit, {})
    assert (finding.level, "chmod 600" in finding.sentence) == (Level.WARNING, True)


def test_an_audit_key_that_others_can_read(audit):
    audit.file.with_name(audit.file.name + ".key").chmod(0o644)
    (finding,) = check_audit(audit, {})
    assert (finding.level, "chmod 600" in finding.sentence) == (Level.FAILURE, True)


@pytest.mark.parametrize(
    ("file", "folder", "level"),
    [
        (0o644, 0o755, Level.OK),
        (0o664, 0o755, Level.FAILURE),
        (0o646, 0o755, Level.FAILURE),
        (0o644, 0o775, Level.FAILURE),
        (0o644, 0o1777, Level.OK),
    ],
)
def test_who_may_change_the_configuration(tmp_path, file, folder, level):
    path = tmp_path / "config.yaml"
    path.touch()
    path.chmod(file)
    tmp_path.chmod(folder)
    (finding,) = check_config_file(path)
    assert finding.level is level


ALLOWED = PersonRules(life_by_pin=True)
FINE = ok("people", "Whoever may be asked for a PIN has one.")

Put = Callable[..., None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "enrolled"


@pytest.fixture
def put(folder: Path) -> Put:
    def enrol(name: str, rules: PersonRules | None = None, *, pin: bool = False) -> None:
        with open_gallery(GalleryConfig(folder=folder), {}) as gallery:
            face = random_units(1, 16, seed=1)[0]
            person = gallery.add_person(
                name,
                NewPhoto(
                    jpeg=b"jpeg", embedding=face, fingerprint="ab" * 32, quality=0.9, added=1.0
                ),
            )
            if rules is not None:
                gallery.set_rules(person.id, rules)
            if pin:
                gallery.set_pin(person.id, hash_pin("270846", os.urandom))

    return enrol


def found(folder: Path, **more: dict) -> list[Finding]:
    config = Config.model_validate({"gallery": {"folder": str(folder)}, **more})
    return list(check_people(config, {}))


def test_nothing_is_said_where_there_is_no_gallery_or_no_key(folder: Path, put: Put) -> None:
    assert found(folder) == []
    assert not folder.exists()
    put("Ada", ALLOWED)
    (folder / "gallery.key").unlink()
    assert found(folder) == []


def test_whoever_is_asked_for_nothing_needs_no_pin(folder: Path, put: Put) -> None:
    put("Ada")
    put("Grace", ALLOWED, pin=True)
    put("Alan", PersonRules(disabled=True, life_by_pin=True))
    assert found(folder) == [FINE]


def test_a_pin_that_may_stand_in_for_life_and_is_not_set(folder: Path, put: Put) -> None:
    put("Ada Lovelace", ALLOWED)
    assert found(folder) == [
        warning(
            "people",
            "A PIN may stand in for life, but none is set for: Ada Lovelace; "
            "run: accessctl pin set 'Ada Lovelace'",
        )
    ]


def test_a_pin_that_is_asked_for_beside_the_face_and_is_not_set(folder: Path, put: Put) -> None:
    for number in range(7):
        put(f"P{number}", ALLOWED if number % 2 else None)
    # Told once, whatever the PIN is for.
    assert found(folder, policy={"second_factor": "pin"}) == [
        warning(
            "people",
            "May be asked for a PIN and refused, for they have none: P0, P1, P2, P3, P4 and 2 "
            "more; run: accessctl pin set P0",
        )
    ]


def test_a_group_may_ask_for_a_pin_or_spare_it(folder: Path, put: Put) -> None:
    groups = {
        "owners": {"second_factor": "off"},
        "guards": {"second_factor": "pin"},
        "vault": {"second_factor": "pin", "doors": ["vault"]},
    }
    put("Ada", PersonRules(("owners", "vault", "gone")))
    assert found(folder, policy={"second_factor": "pin"}, access={"groups": groups}) == [FINE]
    put("Alan", PersonRules(("owners", "guards")))
    (finding,) = found(folder, access={"groups": groups})
    assert "they have none: Alan; " in finding.sentence


@pytest.mark.parametrize(
    ("free", "snapshots", "level"),
    [
        (49.9, 0, Level.FAILURE),
        (50.0, 0, Level.WARNING),
        (499.9, 0, Level.WARNING),
        (500.0, 0, Level.OK),
        (900.0, 500, Level.WARNING),
        (1000.0, 500, Level.OK),
    ],
)
def test_room(tmp_path, free, snapshots, level):
    (finding,) = check_disk({"people": tmp_path}, snapshots, lambda _: free)
    assert finding.level is level
    assert "people" in finding.sentence


def test_a_folder_that_is_not_there_yet_is_asked_for_where_it_will_be(tmp_path):
    asked = []

    def free(folder):
        asked.append(folder)
        return 1000.0

    list(check_disk({"people": tmp_path / "a" / "b"}, 0, free))
    assert asked == [tmp_path]
    assert nearest(tmp_path / "a" / "b") == tmp_path


def test_a_disk_that_is_read_only(tmp_path, monkeypatch):
    # Root may write everywhere, so the system's answer is stood in for.
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    (finding,) = check_disk({"people": tmp_path})
    assert finding.level is Level.FAILURE
    assert "cannot be written" in finding.sentence


def test_the_real_disk_has_room(tmp_path):
    assert free_mb(tmp_path) > 0
