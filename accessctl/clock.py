"""The machine's clocks: the wall clock, which can be set, the uptime, which nobody can set back,
and whether something keeps the wall clock right. All of it is only read.
"""

import ctypes
import errno
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

# systemd-timesyncd touches it each time that a server confirmed the clock, at least every 2048 s.
SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
FRESH_S = 3 * 2048.0

# adjtimex(2): the return value of a clock that nothing keeps right, and room for its struct.
TIME_ERROR = 5
TIMEX_BYTES = 512


def boot_seconds() -> float:
    """Seconds since the boot, sleep included: a door that slept has to notice."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(frozen=True, slots=True)
class Uptime:
    """Seconds since a boot; `boot` tells one boot from another."""

    boot: str
    seconds: float


def uptime(boot_id: Path = BOOT_ID) -> Uptime:
    """Seconds since the boot, sleep included, and what tells this boot from others.

    Where there is no boot id, each process counts as a boot of its own.
    """
    try:
        boot = boot_id.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        boot = f"process {os.getpid()}"
    return Uptime(boot, boot_seconds())


def kernel_says_synchronised() -> bool | None:
    """adjtimex(2), asked without changing anything; None where it does not answer."""
    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return None
    state = int(adjtimex(ctypes.create_string_buffer(TIMEX_BYTES)))
    if state < 0:
        return False if ctypes.get_errno() == errno.ETIME else None
    return state != TIME_ERROR


def synchronised(
    kernel: Callable[[], bool | None] = kernel_says_synchronised,
    marker: Path = SYNCHRONISED,
    wall: Callable[[], float] = time.time,
) -> bool | None:
    """Whether the wall clock is kept right by a time server; None where nothing knows.

    The kernel's word counts. A service that may not ask it (ProtectClock) goes by systemd's
    marker, as long as that is fresh: by a clock that was set by hand since, it is old, or lies in
    the future.
    """
    said = kernel()
    if said is not None:
        return said
    try:
        age_s = wall() - marker.stat().st_mtime
    except OSError:
        return None
    return True if 0 <= age_s <= FRESH_S else None


@dataclass(frozen=True, slots=True)
class Clocks:
    """What may be asked: epoch seconds, the uptime, and whether the former are kept right."""

    wall: Callable[[], float] = time.time
    uptime: Callable[[], Uptime] = uptime
    synchronised: Callable[[], bool | None] = synchronised
