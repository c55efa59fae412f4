from pathlib import Path

import pytest
from pydantic import ValidationError

from accessctl.config import AuditConfig, Config, SyncConfig


@pytest.mark.parametrize("url", ["https://hub:8443", "https://192.0.2.7", "https://[::1]:8443"])
def test_a_hub_is_named_by_its_address(url: str) -> None:
    assert SyncConfig(hub=url).hub == url


@pytest.mark.parametrize(
    "url", ["http://hub:8443", "hub:8443", "https://", "https://me:word@hub", "https://hub/path"]
)
def test_what_is_no_hubs_address(url: str) -> None:
    with pytest.raises(ValidationError):
        SyncConfig(hub=url)


def test_what_a_door_keeps_of_its_hub_lies_beside_its_log() -> None:
    assert Config().sync_folder == Path("state/sync")
    elsewhere = Config(audit=AuditConfig(file=Path("/var/lib/door/events.sqlite")))
    assert elsewhere.sync_folder == Path("/var/lib/door/sync")
    assert Config(sync=SyncConfig(folder=Path("own"))).sync_folder == Path("own")
