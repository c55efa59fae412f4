"""By whose clock the console tells times: that of the configuration, or of the site's rules as they
are now."""

import logging
import threading
from collections.abc import Callable
from datetime import tzinfo

from accessctl.errors import StoreError

FRESH_S = 30.0
"""So long the rules are not asked again: every page and every poll wants to know."""

log = logging.getLogger(__name__)


class SiteZone:
    """Any thread may ask. Where the rules cannot be read the zone is the one that they had: a page
    that tells of that needs one, too."""

    def __init__(
        self,
        configured: tzinfo | None,
        in_rules: Callable[[], tzinfo | None],
        now: Callable[[], float],
    ) -> None:
        """`in_rules` raises StoreError, `now` is epoch time."""
        self._configured = configured
        self._in_rules = in_rules
        self._now = now
        self._lock = threading.Lock()
        self._zone: tzinfo | None = None
        self._asked: float | None = None

    def __call__(self) -> tzinfo | None:
        """None: the system's."""
        if self._configured is not None:
            return self._configured
        now = self._now()
        with self._lock:
            if self._asked is None or not 0 <= now - self._asked < FRESH_S:
                self._asked = now
                try:
                    self._zone = self._in_rules()
                except StoreError as error:
                    log.error("The time zone of the site's rules cannot be read: %s", error)
            return self._zone

    def changed(self) -> None:
        """The rules are others now."""
        with self._lock:
            self._asked = None
