"""Whatever the network between a door and its hub does: the records arrive once each."""

import os
import socket
from collections.abc import Callable

import pytest

from accessctl.config import HubConfig
from accessctl.errors import HubError
from accessctl.hub.verify import verify_site
from accessctl.sync import client
from accessctl.sync.link import HubLink
from tests.faults.wire import Wire
from tests.hub.conftest import JoinedTestDoor, serving

EMBEDDED = pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)
SPOILT = ["cut", "reset", "stalled", "silent", "garbled"]
TURNS = 1 if os.environ.get("ACCESSCTL_KILLS") is None else 5


@pytest.fixture
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A door waits half a minute for an answer; these tests have not got the time."""
    monkeypatch.setattr(client, "ANSWER_S", 2.0)
    monkeypatch.setattr(client, "CONNECT_S", 2.0)


def link_over(door: JoinedTestDoor, wire: Wire) -> HubLink:
    return HubLink(door.log_file, f"https://127.0.0.1:{wire.port}", door.folder)


def sent(link: HubLink) -> None:
    while link.send_once():
        pass


@EMBEDDED
@pytest.mark.parametrize("state", SPOILT)
@pytest.mark.usefixtures("short_patience")
def test_a_line_that_is_spoilt_and_whole_again(
    hub, joined, hub_config: HubConfig, make_wire: Callable[[int], Wire], state: str
) -> None:
    door = joined("front")
    wire = make_wire(hub_config.port)
    link = link_over(door, wire)
    door.write(3)
    sent(link)
    for turn in range(TURNS):
        door.write(220)
        wire.become(state)
        # On the connection that it has, and then on new ones.
        for _ in range(2):
            with pytest.raises(HubError, match="cannot be reached"):
                sent(link)
            link.disconnect()
        wire.become("whole")
        sent(link)
        link.disconnect()
        numbers = sorted(one.number for one in hub.records.query())
        assert numbers == list(range(1, 4 + 220 * (turn + 1)))
    assert verify_site(hub.database).is_sound


@EMBEDDED
@pytest.mark.usefixtures("short_patience")
def test_a_slow_line_is_waited_for_as_long_as_something_comes(
    hub, joined, hub_config: HubConfig, make_wire: Callable[[int], Wire]
) -> None:
    door = joined("front")
    wire = make_wire(hub_config.port)
    link = link_over(door, wire)
    wire.become("slow")
    door.write(450)
    sent(link)
    link.disconnect()
    assert len(list(hub.records.query())) == 450


@EMBEDDED
def test_who_connects_and_says_nothing_is_let_go_and_keeps_nobody_out(
    hub, hub_config: HubConfig, tmp_path, make_wire: Callable[[int], Wire]
) -> None:
    with serving(hub, keep_alive_s=1):
        silent = [socket.create_connection((hub_config.host, hub_config.port)) for _ in range(100)]
        with socket.create_connection((hub_config.host, hub_config.port)) as one:
            one.settimeout(30)
            one.sendall(b"not TLS at all\r\n\r\n")
            # The hub hangs up, with or without an alert of TLS.
            while one.recv(1024):
                pass
        hub.doors.invite("front")
        for waiting in silent:
            waiting.close()
