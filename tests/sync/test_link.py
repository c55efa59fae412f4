import logging
from itertools import count
from pathlib import Path

import pytest

from accessctl.config import Config
from accessctl.sync.link import HubLink, hub_link
from tests.patience import wait_for

URL = "https://127.0.0.1:1"


def test_a_door_that_has_joined_no_hub_sends_nothing(tmp_path: Path) -> None:
    link = HubLink(tmp_path / "events.sqlite", URL, tmp_path / "sync")
    assert not link.send_once()
    assert list(tmp_path.iterdir()) == []


def test_only_a_door_whose_configuration_names_a_hub_sends() -> None:
    def link_of(**sections: object) -> object:
        return hub_link(Config.model_validate(sections))

    assert isinstance(link_of(sync={"hub": URL}), HubLink)
    assert not isinstance(link_of(), HubLink)
    assert not isinstance(link_of(sync={"hub": URL}, camera={"source": "demo"}), HubLink)


def test_trouble_is_told_once_and_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    folder = tmp_path / "sync"
    folder.mkdir()
    (folder / "hub.json").touch(0o600)
    (folder / "hub.json").write_text("damaged")
    drawn = count()

    def draw() -> float:
        next(drawn)
        return 0.0

    with HubLink(tmp_path / "events.sqlite", URL, folder, draw=draw) as link:
        wait_for(lambda: next(drawn) > 8 or not link.alive, "its tries")
        assert link.alive
    told = [line for line in caplog.messages if "The hub is not told" in line]
    assert len(told) == 1
    assert "the door works on" in told[0]
