"""The running door's eye on the wall clock: a jump is seen, and written down, within seconds."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from accessctl.audit.clock_watch import jump_in_words
from accessctl.audit.opening import open_log_to_check
from accessctl.config import AuditConfig
from accessctl.errors import StoreError
from accessctl.service.checks import Finding, warning

EVERY_S = 10.0
REMEDY = (
    "nothing is removed by its age meanwhile. Have it synchronised, or look at it and run: "
    "accessctl clock confirm TODAY"
)

log = logging.getLogger(__name__)


class ClockGuard:
    """Asked at every turn of the loop; `look` is the log's `clock_doubt_s`, `clock` is monotonic.

    What it knows may be read from any thread.
    """

    def __init__(
        self,
        look: Callable[[], float | None],
        *,
        every_s: float = EVERY_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look = look
        self._every_s = every_s
        self._clock = clock
        self._looked: float | None = None
        self._doubt_s: float | None = None
        self._failed = False

    @property
    def doubt_s(self) -> float | None:
        """How far the clock has jumped without being confirmed, seconds; None: it is believed."""
        return self._doubt_s

    def turn(self) -> None:
        """Look, where that is due."""
        now = self._clock()
        if self._looked is not None and now - self._looked < self._every_s:
            return
        self._looked = now
        before = self._doubt_s
        try:
            self._doubt_s = self._look()
        except StoreError as error:
            if not self._failed:
                log.error("The clock could not be compared with the event log: %s", error)
            self._failed = True
            return
        self._failed = False
        if self._doubt_s is None and before is not None:
            log.info("The clock is believed again.")
        elif self._doubt_s is not None and self._doubt_s != before:
            log.warning("The clock %s; %s", jump_in_words(self._doubt_s), REMEDY)


def check_clock_doubt(config: AuditConfig, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Says nothing while there is no doubt, or no log; StoreError."""
    if not config.file.exists():
        return
    with open_log_to_check(config, environment) as events:
        doubt_s = events.clock_doubt_seen_s()
    if doubt_s is not None:
        yield warning("clock", f"It {jump_in_words(doubt_s)}; {REMEDY}")


def clock_of(doubt_s: float | None) -> dict[str, Any]:
    """What `status` says of the clock."""
    return {"believed": doubt_s is None, "jumped_s": doubt_s and round(doubt_s, 1)}
