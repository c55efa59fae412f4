import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from accessctl.service.notify import Notifier


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    """A service manager's address and its ear."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.settimeout(5)
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
