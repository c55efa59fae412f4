import os
import pty
from pathlib import Path

import pytest

from accessctl.config import BadgesConfig, Config, GalleryConfig, PolicyConfig, ServiceConfig
from accessctl.control.server import ControlServer
from accessctl.domain import PersonRules
from accessctl.gallery.badges import Badge
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.gallery.store import open_gallery
from accessctl.reader.serial_line import opened
from accessctl.service.badge_checks import check_badges, check_reader, running_reader
from accessctl.service.checks import Level

NAMES = ("Ada", "Grace", "Joan")


def house(folder: Path, with_badge: tuple[str, ...] = (), disabled: tuple[str, ...] = ()) -> None:
    with open_gallery(GalleryConfig(folder=folder), {}) as gallery:
        for name, face in zip(NAMES, random_units(3, 8, seed=1), strict=True):
            photo = NewPhoto(jpeg=b"x", embedding=face, fingerprint="e", quality=1.0, added=1.0)
            person = gallery.add_person(name, photo)
            if name in with_badge:
                gallery.add_badge(Badge(person.id, gallery.badge_digest(name), 1.0))
            if name in disabled:
                gallery.set_rules(person.id, PersonRules(disabled=True))


def found(folder: Path, limit: int) -> list[tuple[Level, str]]:
    config = Config(gallery=GalleryConfig(folder=folder), policy=PolicyConfig(identify_up_to=limit))
    return [(finding.level, finding.sentence) for finding in check_badges(config, {})]


def test_nothing_is_said_where_faces_are_enough_or_nobody_is_enrolled(tmp_path: Path) -> None:
    assert found(tmp_path, 1) == []
    house(tmp_path)
    assert found(tmp_path, 1000) == []


def test_above_the_limit_whoever_has_none_is_named(tmp_path: Path) -> None:
    house(tmp_path, with_badge=("Ada",))
    ((level, said),) = found(tmp_path, 2)
    assert level is Level.WARNING
    assert "more than policy.identify_up_to (2)" in said
    assert said.endswith("none is set for: Grace, Joan; run: accessctl badge set Grace")


def test_where_nobody_could_be_let_in_that_is_a_failure(tmp_path: Path) -> None:
    house(tmp_path)
    ((level, said),) = found(tmp_path, 2)
    assert level is Level.FAILURE
    assert said.endswith("and nobody has one.")


def test_it_is_said_before_the_limit_is_reached(tmp_path: Path) -> None:
    house(tmp_path)
    ((level, said),) = found(tmp_path, 3)
    assert level is Level.WARNING
    assert "with more than 3" in said


def test_all_is_well_where_everybody_who_may_enter_has_one(tmp_path: Path) -> None:
    house(tmp_path, with_badge=("Ada", "Grace"), disabled=("Joan",))
    ((level, said),) = found(tmp_path, 2)
    assert level is Level.OK
    assert said.endswith("everybody has one.")


@pytest.fixture
def line():
    reader, far = pty.openpty()
    yield Path(os.ttyname(far))
    os.close(reader)
    os.close(far)


def reader(serial: Path | None, report=None) -> list[tuple[Level, str]]:
    config = BadgesConfig(serial=serial)
    checks = check_reader(config, Path("door.sock"), lambda _: report)
    return [(finding.level, finding.sentence) for finding in checks]


def test_a_reader_that_no_door_holds_is_opened_for_a_moment(line: Path, tmp_path: Path) -> None:
    assert reader(None) == []
    ((level, said),) = reader(line)
    assert (level, "badge show --reader" in said) == (Level.OK, True)
    with opened(line, 9600):
        assert reader(line)[0][0] is Level.FAILURE
    ((level, said),) = reader(tmp_path / "none")
    assert (level, "cannot be opened" in said) == (Level.FAILURE, True)


def test_of_a_reader_that_a_door_holds_the_door_tells(line: Path) -> None:
    assert reader(line, {"error": None})[0] == (Level.OK, f"{line} is read by the running door.")
    assert reader(line, {"error": "It is lost."})[0] == (Level.FAILURE, "It is lost.")


def test_a_running_door_is_asked(tmp_path: Path) -> None:
    config = ServiceConfig(socket=tmp_path / "door.sock")
    assert running_reader(config.socket) is None
    told = {"badges": {"reader": {"error": "It is lost."}}}
    with ControlServer(config.socket, {"status": lambda _: told}):
        assert running_reader(config.socket) == {"error": "It is lost."}
    with ControlServer(config.socket, {"status": lambda _: {}}):
        assert running_reader(config.socket) is None
