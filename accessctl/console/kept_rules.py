"""The site's rules as the console's pages need them: the time zone on each page, groups on some.

Rules that cannot be read take no page down: what was known last goes on, and operators are told.
"""

import logging
import threading
from collections.abc import Callable

from accessctl.config.policy import AccessConfig
from accessctl.errors import StoreError
from accessctl.hub.site_settings import UnreadableRulesError

FRESH_S = 30.0
"""So long the rules are not asked again: every page and every poll wants to know."""

log = logging.getLogger(__name__)


class KeptRules:
    """Any thread may ask, and none waits for another one's question to the database."""

    def __init__(self, read: Callable[[], AccessConfig], now: Callable[[], float]) -> None:
        """`read` raises StoreError, `now` is epoch time."""
        self._read = read
        self._now = now
        self._lock = threading.Lock()
        self._known = AccessConfig()
        self._told = ""
        self._is_unreadable = False
        self._asked: float | None = None
        """When they were asked for last; None: what is known counts no more."""
        self._count = self._kept = 0
        """How many asked, and which of them gave what is known."""

    def __call__(self) -> AccessConfig:
        """As they were at most FRESH_S ago, or, where they cannot be read, as they were known
        last; without any where they never were."""
        now = self._now()
        with self._lock:
            if self._asked is not None:
                if 0 <= now - self._asked < FRESH_S:
                    return self._known
                # One asks; the others take what is known meanwhile.
                self._asked = now
        try:
            return self._ask()
        except StoreError:
            # Logged there: a page that tells of that needs a time zone, too.
            return self._known

    def present(self) -> AccessConfig:
        """As they are now, without any group where they cannot be read; StoreError where the
        database cannot be asked."""
        try:
            return self._ask()
        except UnreadableRulesError:
            return AccessConfig()

    @property
    def is_unreadable(self) -> bool:
        """Whether what is stored is none that this release knows."""
        self()
        return self._is_unreadable

    def changed(self) -> None:
        """The rules are others now."""
        with self._lock:
            self._asked = None
            # Nor does what somebody asks at this moment count.
            self._kept = self._count

    def _ask(self) -> AccessConfig:
        with self._lock:
            self._count += 1
            mine = self._count
        try:
            access = self._read()
        except StoreError as error:
            self._note(mine, None, error)
            raise
        self._note(mine, access, None)
        return access

    def _note(self, mine: int, access: AccessConfig | None, error: StoreError | None) -> None:
        """Unless somebody who asked later was answered before."""
        told = "" if error is None else str(error)
        with self._lock:
            if mine <= self._kept:
                return
            self._kept, self._asked = mine, self._now()
            self._known = self._known if access is None else access
            self._is_unreadable = isinstance(error, UnreadableRulesError)
            before, self._told = self._told, told
        if told and told != before:
            log.error("Pages go by the rules that were known last: %s", told)
        elif before and not told:
            log.info("The site's rules can be read again.")
