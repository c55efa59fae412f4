"""A door's lockout as `status` tells it: read from the file, whoever wrote it."""

import math
from dataclasses import dataclass
from pathlib import Path

from accessctl.policy.lockout import Uptime
from accessctl.policy.lockout_store import LockoutStore


@dataclass(frozen=True, slots=True)
class LockoutView:
    """`refused` attempts in a row; faces count again in `remaining_s`, infinite: never."""

    refused: int = 0
    remaining_s: float = 0.0

    @property
    def off(self) -> bool:
        return math.isinf(self.remaining_s)


def read_lockout(file: Path, door: str, now: Uptime) -> LockoutView:
    """Raises StoreError when the file cannot be read."""
    with LockoutStore(file) as store:
        kept = store.read(door)
    return LockoutView(kept.refused, kept.remaining_s(now))
