import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from accessctl.service.supervision import Notifier, Pulse, Watchdog, ping_interval_s


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    """A service manager's address and its ear."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.settimeout(30)
        if request.param == "path":
            address = str(tmp_path / "notify")
            ear.bind(address)
        else:
            address = f"@accessctl-{tmp_path.name}-{id(ear)}"
            ear.bind("\0" + address[1:])
        yield address, ear


def heard(ear: socket.socket) -> list[str]:
    return ear.recv(4096).decode().split("\n")


def test_every_message_as_sd_notify_wants_it(manager: tuple[str, socket.socket]) -> None:
    address, ear = manager
    notifier = Notifier(address, monotonic_ns=lambda: 1_234_567_899)
    assert notifier.supervised
    notifier.ready("Watching the demo.")
    assert heard(ear) == ["READY=1", "STATUS=Watching the demo."]
    notifier.status("Camera lost.")
    assert heard(ear) == ["STATUS=Camera lost."]
    notifier.watchdog()
    assert heard(ear) == ["WATCHDOG=1"]
    notifier.reloading()
    assert heard(ear) == ["RELOADING=1", "MONOTONIC_USEC=1234567"]
    notifier.extend_start(30)
    assert heard(ear) == ["EXTEND_TIMEOUT_USEC=30000000"]
    notifier.stopping()
    assert heard(ear) == ["STOPPING=1", "STATUS=Stopping."]


def test_a_status_cannot_smuggle_in_a_message(manager: tuple[str, socket.socket]) -> None:
    address, ear = manager
    Notifier(address).status("lost\nWATCHDOG=1\r\n" + "x" * 1000)
    (line,) = heard(ear)
    assert line.startswith("STATUS=lost WATCHDOG=1 xxx")
    assert len(line) == len("STATUS=") + 200


def test_nobody_listens_nobody_is_told() -> None:
    assert not Notifier.of({}).supervised
    assert not Notifier.of({"NOTIFY_SOCKET": ""}).supervised
    Notifier.of({}).ready("no socket, no error")


def test_the_environment_names_the_socket(manager: tuple[str, socket.socket]) -> None:
    address, ear = manager
    Notifier.of({"NOTIFY_SOCKET": address}).watchdog()
    assert heard(ear) == ["WATCHDOG=1"]


@pytest.mark.parametrize("address", ["/no/such/socket", "vsock:2:1", "x" * 300])
def test_a_manager_that_cannot_be_reached_is_reported_once(
    address: str, caplog: pytest.LogCaptureFixture
) -> None:
    notifier = Notifier(address)
    notifier.ready("one")
    notifier.watchdog()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


PATIENCE_S = 5.0


class Bed:
    """A watchdog of 15 s and the moments of its pings."""

    def __init__(self, interval_s: float | None = 15.0) -> None:
        self.pinged: list[float] = []
        self.now = 0.0
        self.watchdog = Watchdog(lambda: self.pinged.append(self.now), interval_s, 0.0)

    def turns(
        self, until: float, *, frames: int, lost: bool = False, patience_s: float = PATIENCE_S
    ) -> None:
        """A turn each second up to `until`, with the same number of frames looked at."""
        while self.now < until:
            self.now += 1.0
            self.watchdog.turn(Pulse(frames, patience_s, retried=lost), self.now)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "-5"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "²"}, None),
    ],
)
def test_half_of_what_systemd_grants(environment: dict[str, str], expected: float | None) -> None:
    assert ping_interval_s(environment, 7) == expected


def test_a_ping_each_half_period_while_frames_come() -> None:
    bed = Bed()
    for second in range(1, 47):
        bed.turns(second, frames=second)
    assert bed.pinged == [15.0, 30.0, 45.0]
    assert bed.watchdog.pings == 3


def test_one_frame_since_the_last_ping_is_progress_enough() -> None:
    bed = Bed()
    bed.turns(10, frames=1)
    bed.turns(20, frames=1)
    assert bed.pinged == [15.0]


def test_no_progress_no_ping_and_it_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    bed = Bed()
    bed.turns(15, frames=3)
    assert bed.pinged == [15.0]
    bed.turns(300, frames=3)
    assert bed.pinged == [15.0]
    assert len(caplog.records) == 1
    assert "nothing is done about it" in caplog.text


def test_the_first_frame_after_a_silence_is_told_at_once() -> None:
    bed = Bed()
    bed.turns(15, frames=3)
    bed.turns(40, frames=3)
    bed.turns(41, frames=4)
    assert bed.pinged == [15.0, 41.0]


def test_a_camera_known_to_be_lost_does_not_restart_the_door_for_ever() -> None:
    bed = Bed()
    bed.turns(15, frames=3)
    bed.turns(600, frames=3, lost=True)
    assert bed.pinged == [15.0 * turn for turn in range(1, 41)]


def test_no_frame_is_overdue_before_the_cameras_patience_ends() -> None:
    # Nothing was ever looked at: a camera that may take 20 s to open is waited for so long.
    bed = Bed()
    bed.turns(60, frames=0, patience_s=20)
    assert bed.pinged == [15.0]


def test_patience_is_counted_from_the_last_frame() -> None:
    bed = Bed()
    bed.turns(14, frames=1)
    bed.turns(29, frames=2)
    assert bed.pinged == [15.0]
    # The last frame came at 15 s: with a patience of 20 s the next is overdue after 35 s.
    bed.turns(60, frames=2, patience_s=20)
    assert bed.pinged == [15.0, 30.0]


def test_a_camera_opened_anew_on_purpose_is_waited_for_again() -> None:
    bed = Bed()
    bed.turns(15, frames=1)
    bed.watchdog.restarted(25.0)
    bed.turns(60, frames=1, patience_s=10)
    assert bed.pinged == [15.0, 30.0]


def test_unwatched_it_never_pings() -> None:
    bed = Bed(interval_s=None)
    for second in range(1, 100):
        bed.turns(second, frames=second)
    assert bed.pinged == []
