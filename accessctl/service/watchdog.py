"""When systemd may be told that the door is alive.

A ping is a promise that somebody who walks up now is seen, or that everything is done so
that they will be. So the loop itself pings, between two frames, and only when

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
from collections.abc import Callable, Mapping
from dataclasses import dataclass

log = logging.getLogger(__name__)

PERIOD_VARIABLE = "WATCHDOG_USEC"
PID_VARIABLE = "WATCHDOG_PID"


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
