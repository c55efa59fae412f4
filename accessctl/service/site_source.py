"""The door's configuration with what its hub says of rules and settings laid over it."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from accessctl.administration.gallery_heads import ReadableRecorder
from accessctl.audit.base import Recorder, write_down
from accessctl.config import Config
from accessctl.config.guard import Weakening
from accessctl.door.recorder import service_event
from accessctl.service.config_source import ConfigSource
from accessctl.sync.site_config import SiteSettled, SiteWish, laid_over, read_wish, wish_at_start

REFUSED = "hub_settings_refused"
MOST_TOLD = 1000

log = logging.getLogger(__name__)


class SiteSource:
    """See ConfigSource: what `file` gives, as the hub wants it where it may.

    What of it is refused is logged and goes on record once, and is shown by `status`.
    """

    def __init__(self, file: ConfigSource, environment: Mapping[str, str]) -> None:
        self._file = file
        self._environment = environment
        self._audit: Recorder | None = None
        self._now: Callable[[], float] | None = None
        self.hub_refused: tuple[str, ...] = ()

    def start(self) -> Config:
        config = self._file.start()
        return self._laid_over(config, wish_at_start(config, self._environment)).config

    def confirm(self, audit: ReadableRecorder, now: Callable[[], float]) -> None:
        self._file.confirm(audit, now)
        self._audit, self._now = audit, now
        self._tell()

    def reload(self) -> Config:
        before = self.hub_refused
        config = self._file.reload()
        # What is damaged refuses it: what runs was whole when it was read.
        settled = self._laid_over(config, read_wish(config, self._environment))
        if settled.refused != before:
            self._tell()
        return settled.config

    def taken_over(self) -> None:
        self._file.taken_over()

    def facts(self) -> dict[str, Any]:
        return self._file.facts()

    @property
    def refused(self) -> tuple[Weakening, ...]:
        return self._file.refused

    def _laid_over(self, config: Config, wish: SiteWish | None) -> SiteSettled:
        settled = SiteSettled(config) if wish is None else laid_over(config, wish)
        self.hub_refused = settled.refused
        return settled

    def _tell(self) -> None:
        if not self.hub_refused or self._audit is None or self._now is None:
            return
        told = "; ".join(self.hub_refused)[:MOST_TOLD]
        log.error("What the hub wants of this door does not count: %s", told)
        write_down(self._audit, service_event(REFUSED, self._now(), detail=told))
