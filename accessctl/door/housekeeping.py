"""Applies the log's retention at the start and once a day, beside the door's loop."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from accessctl.audit.log import EventLog
from accessctl.audit.retention import DAY_S, REST_S, retain
from accessctl.config import AuditConfig
from accessctl.errors import StoreError

log = logging.getLogger(__name__)


class _StoppedError(Exception):
    """The door closes; what is left to do can wait for the next start."""


@contextmanager
def housekeeping(
    events: EventLog,
    config: AuditConfig,
    wall_clock: Callable[[], float],
    every_s: float = DAY_S,
) -> Iterator[None]:
    """Within the block a thread of its own does it; what it cannot do is logged."""
    stop = threading.Event()

    def pause() -> None:
        if stop.wait(REST_S):
            raise _StoppedError

    def work() -> None:
        while not stop.is_set():
            try:
                retain(events, config, wall_clock(), pause)
            except _StoppedError:
                return
            except StoreError as error:
                log.error("Old events and snapshots stay for now: %s", error)
            stop.wait(every_s)

    thread = threading.Thread(target=work, name="housekeeping", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
