import logging
from pathlib import Path

import pytest

from accessctl.audit.snapshots import Snapshots
from accessctl.config import Config, SnapshotConfig
from accessctl.sync.pictures import (
    MARK_FILE,
    PictureLink,
    PicturePlace,
    forget_mark,
    picture_link,
)

URL = "https://127.0.0.1:1"


def config(tmp_path: Path, *, pictures: bool = True, **more: object) -> Config:
    (tmp_path / "events.sqlite.key").write_bytes(b"k" * 32)
    (tmp_path / "events.sqlite.key").chmod(0o600)
    (tmp_path / "sync").mkdir(exist_ok=True)
    audit = {"file": tmp_path / "events.sqlite", "snapshots": {"keep": "face"}}
    sync = {"hub": URL, "folder": tmp_path / "sync", "pictures": pictures}
    return Config.model_validate({"audit": audit, "sync": sync, **more})


def test_nothing_is_sent_unless_the_configuration_says_so(tmp_path: Path) -> None:
    assert not Config().sync.pictures
    assert isinstance(picture_link(config(tmp_path), {}), PictureLink)
    assert not isinstance(picture_link(config(tmp_path, pictures=False), {}), PictureLink)
    demo = config(tmp_path, camera={"source": "demo"})
    assert not isinstance(picture_link(demo, {}), PictureLink)
    none = {"file": tmp_path / "events.sqlite"}
    assert not isinstance(picture_link(config(tmp_path, audit=none), {}), PictureLink)


def test_while_it_is_off_nothing_is_remembered_that_would_be_sent_later(tmp_path: Path) -> None:
    mark = tmp_path / "sync" / MARK_FILE
    picture_link(config(tmp_path), {})
    mark.write_text("{}")
    picture_link(config(tmp_path), {})
    assert mark.exists()
    picture_link(config(tmp_path, pictures=False), {})
    assert not mark.exists()


def test_a_mark_that_stays_is_told_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / MARK_FILE / "inner").mkdir(parents=True)
    forget_mark(tmp_path)
    assert "pictures from before are sent, too" in caplog.text


def test_a_door_that_has_joined_no_hub_writes_nothing(tmp_path: Path) -> None:
    pictures = Snapshots(tmp_path / "snapshots", b"k" * 32, SnapshotConfig(keep="face"))
    place = PicturePlace(tmp_path / "events.sqlite", pictures, tmp_path / "sync")
    assert PictureLink(URL, place).work_once() == 1.0
    assert list(tmp_path.iterdir()) == []


def test_trouble_is_told_once_and_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    pictures = Snapshots(tmp_path / "snapshots", b"k" * 32, SnapshotConfig(keep="face"))
    place = PicturePlace(tmp_path / "events.sqlite", pictures, tmp_path / "sync")
    place.folder.mkdir()
    (place.folder / "hub.json").touch(0o600)
    (place.folder / "hub.json").write_text("damaged")
    with PictureLink(URL, place) as link:
        while not link.told:
            pass
        assert link.alive
    (told,) = [line for line in caplog.messages if "does not get the pictures" in line]
    assert "the door works on" in told
