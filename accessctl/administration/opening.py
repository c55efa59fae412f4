"""The service over a door's own gallery and event log, without its camera and encoder."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from accessctl.administration.people import Administration
from accessctl.audit.log import EventLog
from accessctl.audit.opening import open_log
from accessctl.audit.schema import reported
from accessctl.config import AuditConfig, Config
from accessctl.domain import Event
from accessctl.gallery.store import open_gallery


class DeferredLog:
    """The event log, opened or made with the first event; a context manager.

    So nothing is made for a change that is refused, and a log that cannot be opened keeps
    nobody from being removed.
    """

    def __init__(self, config: AuditConfig, environment: Mapping[str, str]) -> None:
        self._config = config
        self._environment = environment
        self._log: EventLog | None = None

    def append(self, event: Event) -> int:
        """See EventLog.append; StoreError also when the log cannot be opened."""
        if self._log is None:
            # Said of the log, though it may be the gallery's transaction that this is part of.
            with reported(self._config.file):
                self._log = open_log(self._config, self._environment)
        return self._log.append(event)

    def __enter__(self) -> "DeferredLog":
        return self

    def __exit__(self, *_: object) -> None:
        if self._log is not None:
            self._log.close()


@contextmanager
def open_administration(
    config: Config, environment: Mapping[str, str], now: Callable[[], float] = time.time
) -> Iterator[Administration]:
    """StoreError or GalleryKeyError when the gallery cannot be opened."""
    with (
        open_gallery(config.gallery, environment) as gallery,
        DeferredLog(config.audit, environment) as audit,
    ):
        yield Administration(gallery, audit, now)
