"""What the service tells systemd: the datagrams of sd_notify(3)."""

import logging
import socket
import time
from collections.abc import Callable, Mapping

log = logging.getLogger(__name__)

SOCKET_VARIABLE = "NOTIFY_SOCKET"
# Never wait for a service manager that does not read: the door has something better to do.
SEND_TIMEOUT_S = 0.5
MAX_STATUS = 200


class Notifier:
    """Silent when `address` is None: then nobody supervises this process.

    A message that cannot be sent is logged once, and is no fault: systemd notices by itself
    what it does not hear.
    """

    def __init__(
        self, address: str | None, monotonic_ns: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._address = address
        self._monotonic_ns = monotonic_ns
        self._complained = False

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Notifier":
        return cls(environment.get(SOCKET_VARIABLE) or None)

    @property
    def supervised(self) -> bool:
        return self._address is not None

    def ready(self, status: str) -> None:
        self._send("READY=1", _status(status))

    def status(self, status: str) -> None:
        self._send(_status(status))

    def watchdog(self) -> None:
        self._send("WATCHDOG=1")

    def reloading(self) -> None:
        """Until `ready` is said again."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={self._monotonic_ns() // 1000}")

    def stopping(self) -> None:
        self._send("STOPPING=1", _status("Stopping."))

    def extend_start(self, seconds: float) -> None:
        """Starting goes on: give up only when nothing is heard for so many further seconds."""
        self._send(f"EXTEND_TIMEOUT_USEC={round(seconds * 1e6)}")

    def _send(self, *lines: str) -> None:
        if self._address is None:
            return
        address = self._address
        if address.startswith("@"):
            # An abstract socket: its name begins with NUL (unix(7)).
            address = "\0" + address[1:]
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.settimeout(SEND_TIMEOUT_S)
                sender.sendto("\n".join(lines).encode("utf-8", "replace"), address)
        except (OSError, ValueError) as error:
            if not self._complained:
                self._complained = True
                log.warning("systemd cannot be told how the service is: %s", error)


def _status(text: str) -> str:
    """One line: a line feed in it would begin another message."""
    return "STATUS=" + " ".join(text.split())[:MAX_STATUS]
