"""The door that shares the hub's machine and configuration joins by itself."""

import os
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest

from accessctl.config import Config, HubConfig
from accessctl.errors import InputError
from accessctl.hub.assembly import Hub
from accessctl.hub.door_beside import DoorBeside, is_own, is_to_join
from accessctl.sync.identity import is_member, load_membership
from accessctl.sync.joining import fingerprint_in, join
from tests.hub.conftest import serving
from tests.hub.test_feed_api import EMBEDDED
from tests.patience import wait_for


def config_of(hub: HubConfig, url: str | None, folder: Path, **sync: Any) -> Config:
    told = {"hub": url, "folder": folder / "door" / "sync", **sync}
    return Config.model_validate({"hub": hub.model_dump(), "sync": told, "access": {"door": "lab"}})


@EMBEDDED
def test_it_has_joined_once_the_hub_listens(hub: Hub, tmp_path: Path) -> None:
    joined: list[str] = []
    with serving(hub) as url:
        config = config_of(hub.config, url, tmp_path)
        with DoorBeside(hub, config, joined.append) as beside:
            beside.listening()
            assert beside.wait(60)
    assert joined == ["lab"]
    member = load_membership(config.sync_folder)
    assert member is not None
    (door,) = hub.doors.listed()
    assert (door.name, door.state, door.id) == ("lab", "joined", member.door)


@EMBEDDED
@pytest.mark.parametrize("is_forgotten", [False, True], ids=["at the hub", "and at the door"])
def test_a_door_that_was_revoked_does_not_come_back(
    hub: Hub, tmp_path: Path, caplog: pytest.LogCaptureFixture, is_forgotten: bool
) -> None:
    """Before it is invited and joins as every other."""
    joined: list[str] = []
    with serving(hub) as url:
        config = config_of(hub.config, url, tmp_path)

        def start() -> None:
            with DoorBeside(hub, config, joined.append) as beside:
                beside.listening()
                assert beside.wait(60)

        start()
        hub.doors.revoke("lab")
        if is_forgotten:
            shutil.rmtree(config.sync_folder)
        start()
        assert joined == ["lab"]
        assert [door.state for door in hub.doors.listed()] == ["revoked"]
        assert ("run `accessctl hub invite lab`" in caplog.text) is is_forgotten
        code = hub.doors.invite("lab").code
        join(url, fingerprint_in(hub.authority.fingerprint), code, config.sync_folder)
        start()
    assert joined == ["lab"]
    assert sorted(door.state for door in hub.doors.listed()) == ["joined", "revoked"]


@EMBEDDED
def test_whose_name_a_door_has_is_told_of_and_joins_not(
    hub: Hub, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    joined: list[str] = []
    with serving(hub) as url:
        for place in ("one", "other"):
            config = config_of(hub.config, url, tmp_path / place)
            with DoorBeside(hub, config, joined.append, 0.0) as beside:
                beside.listening()
                assert beside.wait(60)
    assert joined == ["lab"]
    assert "The door lab on this machine has not joined" in caplog.text
    assert not is_member(config.sync_folder)


@EMBEDDED
def test_a_hub_that_ends_meanwhile_says_nothing(
    hub: Hub, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # Nobody listens there.
    config = config_of(hub.config, f"https://127.0.0.1:{hub.config.port}", tmp_path)
    with DoorBeside(hub, config, pytest.fail) as beside:
        beside.listening()
    wait_for(lambda: not beside.alive, "its end", 60)
    assert (caplog.text, is_member(config.sync_folder)) == ("", False)


@EMBEDDED
def test_a_hub_that_ends_before_it_listened_leaves_it(hub: Hub, tmp_path: Path) -> None:
    config = config_of(hub.config, f"https://127.0.0.1:{hub.config.port}", tmp_path)
    with DoorBeside(hub, config, pytest.fail) as beside:
        assert beside.alive
    wait_for(lambda: not beside.alive, "its end", 60)
    assert hub.doors.listed() == []


@pytest.mark.parametrize(
    ("url", "is_ours"),
    [
        ("https://127.0.0.1:8443", True),
        ("https://LOCALHOST:8443", True),
        ("https://[::1]:8443", True),
        ("https://hub.example:8443", True),
        (f"https://{socket.gethostname()}:8443", True),
        ("https://localhost:8444", False),
        ("https://localhost", False),
        ("https://other.example:8443", False),
    ],
)
def test_which_address_is_this_hub_s(url: str, is_ours: bool) -> None:
    assert is_own(url, HubConfig(names=("Hub.example",))) is is_ours


def test_what_is_no_address_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no hub's address"):
        is_to_join(config_of(HubConfig(), "https://localhost:99999", tmp_path))


def test_a_folder_that_is_not_to_be_seen_is_not_this_user_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hidden(_: Path) -> bool:
        raise PermissionError

    monkeypatch.setattr(Path, "exists", hidden)
    assert not is_to_join(config_of(HubConfig(), "https://localhost:8443", tmp_path))


def test_who_is_to_join(tmp_path: Path) -> None:
    own = "https://localhost:8443"
    assert is_to_join(config_of(HubConfig(), own, tmp_path))
    assert not is_to_join(config_of(HubConfig(), None, tmp_path))
    assert not is_to_join(config_of(HubConfig(), "https://other.example:8443", tmp_path))
    # The files would be this user's alone.
    assert not is_to_join(config_of(HubConfig(), own, tmp_path), lambda: os.geteuid() + 1)
