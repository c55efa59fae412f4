import pytest

from accessctl.audit.opening import open_log
from accessctl.config import AuditConfig, GalleryConfig
from accessctl.domain import Event, EventKind
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.gallery.store import open_gallery
from accessctl.service.checks.finding import Level
from accessctl.service.checks.permissions import check_audit, check_config_file, check_gallery


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
