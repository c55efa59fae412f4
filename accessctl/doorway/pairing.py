"""The first meeting with a controller: it hands out the key of the secure channel, once."""

import select
import time
from collections.abc import Callable

from accessctl.doorway.controller import TURN_S, OpenLine
from accessctl.doorway.osdp import OsdpReader, ReaderPlace

CONFIRM_S = 10.0


def pair(
    line: OpenLine,
    place: ReaderPlace,
    keep: Callable[[bytes], bool],
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
) -> bool:
    """Whether a controller handed out a key within `seconds`, and has used it since.

    Until it does so the channel has the key of the standard, by which whoever listens on the line
    hears the new one. LineError once the line is gone.
    """
    kept: list[bytes] = []

    def take(key: bytes) -> bool:
        if not keep(key):
            return False
        kept.append(key)
        return True

    reader = OsdpReader(line, place, None, take)
    until = clock() + seconds
    extended = False
    while clock() < until:
        select.select([line], [], [], TURN_S)
        reader.turn()
        if kept and not extended:
            extended, until = True, max(until, clock() + CONFIRM_S)
        if reader.secure:
            return True
    return False
