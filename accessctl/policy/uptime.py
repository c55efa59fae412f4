"""The machine's uptime, which nobody can set back."""

import os
import time
from pathlib import Path

from accessctl.policy.lockout import Uptime

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def uptime(boot_id: Path = BOOT_ID) -> Uptime:
    """Seconds since the boot, sleep included, and what tells this boot from others.

    Where there is no boot id, each process counts as a boot of its own.
    """
    try:
        boot = boot_id.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        boot = f"process {os.getpid()}"
    return Uptime(boot, time.clock_gettime(time.CLOCK_BOOTTIME))
