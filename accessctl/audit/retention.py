"""What the log and its pictures have to forget, applied while the door is open."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from accessctl.audit.log import EventLog
from accessctl.audit.opening import snapshot_folder
from accessctl.audit.snapshots import purge_pictures
from accessctl.config import AuditConfig
from accessctl.errors import StoreError

DAY_S = 86400.0
# Between two bites of work: the door's loop shares Python's lock and the log's.
REST_S = 0.01

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Forgotten:
    records: int
    pictures: int


def rest() -> None:
    time.sleep(REST_S)


def retain(
    events: EventLog, config: AuditConfig, now: float, pause: Callable[[], None] = rest
) -> Forgotten:
    """Remove what is older or more than the configuration keeps; `now` is epoch time.

    For a thread beside the loop: it works in small bites, calls `pause` between them, and
    stops at one that raises. Raises StoreError; a log that does not verify is left as it is.
    """
    folder = snapshot_folder(config)
    try:
        pictures = purge_pictures(folder, config.snapshots, now)
    except OSError as error:
        raise StoreError(
            f"Old snapshots in {folder} cannot be deleted ({error.strerror}); "
            "check who may write there."
        ) from error
    kept = config.retention
    before = None if kept.days is None else now - kept.days * DAY_S
    max_bytes = None if kept.max_mb is None else kept.max_mb * 1e6
    records = events.trim(before, max_bytes, now, pause)
    if records or pictures:
        log.info("Removed %d old events and %d old snapshots.", records, pictures)
    return Forgotten(records, pictures)
