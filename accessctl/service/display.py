"""What a running door shows: worth having, and nothing that the door depends on."""

import logging
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from accessctl.domain import Decision, PersonId
from accessctl.door.demands import Asked

Show: TypeAlias = Callable[[Iterable[Decision], Mapping[PersonId, str]], None]
Ask: TypeAlias = Callable[[Iterable[Asked]], None]

log = logging.getLogger(__name__)


class Display:
    """Shows decisions and what visitors are asked for, until that fails once.

    A terminal that was closed, a reader that went away or a full disk end what is shown, never the
    door: `on_lost` hears why, once, and standard output is written to no more.
    """

    def __init__(self, show: Show, ask: Ask, on_lost: Callable[[str], None]) -> None:
        self._show = show
        self._ask = ask
        self._on_lost = on_lost
        self._lost = False

    def show(self, decisions: Iterable[Decision], names: Mapping[PersonId, str]) -> None:
        """See Show."""
        self._try(lambda: self._show(decisions, names))

    def ask(self, asked: Iterable[Asked]) -> None:
        """See Ask."""
        self._try(lambda: self._ask(asked))

    def _try(self, work: Callable[[], None]) -> None:
        if self._lost:
            return
        try:
            work()
        except (OSError, ValueError) as error:
            # A closed stream raises ValueError, a full or broken one OSError.
            self._lost = True
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            silence(sys.stdout)
            log.warning(
                "Decisions cannot be shown any more (%s); the door goes on, and the event log has "
                "them.",
                reason,
            )
            self._on_lost(reason)


def silence(stream: Any) -> None:
    """What is still buffered goes nowhere, or it would fail again at the end of the process."""
    try:
        descriptor = stream.fileno()
        null = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(null, descriptor)
        finally:
            os.close(null)
    except (AttributeError, OSError, ValueError) as error:
        # No stream of the system's, or one that is closed: nothing waits in it.
        log.debug("Standard output cannot be silenced: %s", error)
