"""What the service tells systemd (the datagrams of sd_notify(3)), and when that it is alive.

A ping of the watchdog is a promise that somebody who walks up now is seen, or that everything
is done so that they will be. So the loop itself pings, between two frames, and only when

* a frame was looked at since the last ping, or
* the camera is known to be lost: it is being reopened, and a restart would not find it
  sooner; systemd would only restart the door for ever, or give it up, or
* no frame is overdue yet: the camera was (re)opened, or sent its last frame, less than its
  own patience ago.

A loop that hangs does not come here. A camera thread that hangs is noticed by the reader,
becomes a lost camera and is reopened. If even that fails, or so many of them hang that it is
not opened once more, no ping is sent, and systemd restarts the door.
"""

import logging
import os
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

SOCKET_VARIABLE = "NOTIFY_SOCKET"
# Never wait for a service manager that does not read: the door has something better to do.
SEND_TIMEOUT_S = 0.5
MAX_STATUS = 200

PERIOD_VARIABLE = "WATCHDOG_USEC"
PID_VARIABLE = "WATCHDOG_PID"

log = logging.getLogger(__name__)


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


def ping_interval_s(environment: Mapping[str, str], pid: int) -> float | None:
    """Half of what systemd grants (sd_watchdog_enabled(3)); None when it does not watch `pid`."""
    granted = environment.get(PERIOD_VARIABLE, "")
    watched = environment.get(PID_VARIABLE, "")
    if watched and watched != str(pid):
        return None
    if not granted.isascii() or not granted.isdecimal() or int(granted) == 0:
        return None
    return int(granted) / 2e6


@dataclass(frozen=True, slots=True)
class Pulse:
    """How the camera is doing.

    `frames` counts those looked at so far; `patience_s` is how long this camera may be silent
    now before that is a fault; `retried` says that it is known to be lost and is reopened.
    """

    frames: int
    patience_s: float
    retried: bool


class Watchdog:
    """Asked at every turn of the loop; calls `ping` when one is due and deserved.

    `now` are seconds of a monotonic clock.
    """

    def __init__(self, ping: Callable[[], None], interval_s: float | None, now: float) -> None:
        self._ping = ping
        self._interval_s = interval_s
        self._pinged = now
        self._moved = now
        self._frames_seen = 0
        self._frames_at_ping = 0
        self._complained = False
        self.pings = 0

    @classmethod
    def of(cls, environment: Mapping[str, str], ping: Callable[[], None], now: float) -> "Watchdog":
        return cls(ping, ping_interval_s(environment, os.getpid()), now)

    def restarted(self, now: float) -> None:
        """The camera was opened anew on purpose: its patience begins again."""
        self._moved = now

    def turn(self, pulse: Pulse, now: float) -> None:
        if pulse.frames != self._frames_seen:
            self._frames_seen = pulse.frames
            self._moved = now
            self._complained = False
        if self._interval_s is None or now - self._pinged < self._interval_s:
            return
        overdue_s = now - self._moved - pulse.patience_s
        progress = pulse.frames != self._frames_at_ping
        if not (progress or pulse.retried or overdue_s <= 0):
            if not self._complained:
                log.error(
                    "No frame for %.0f s, and nothing is done about it: the watchdog is told "
                    "nothing.",
                    now - self._moved,
                )
            self._complained = True
            return
        self._frames_at_ping = pulse.frames
        self._pinged = now
        self.pings += 1
        self._ping()
