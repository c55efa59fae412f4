"""One door at a time acts for one lock: whoever holds the lock file beside the event log.

Two deciders for one lock would let somebody in whom the other has just refused. A second one on the
same log and for the same door watches only: it decides nothing that counts, writes down no decision
and performs no action. The kernel lets go of the file when its holder dies.
"""

import fcntl
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from accessctl.config import Config
from accessctl.errors import FaultError, StoreError

log = logging.getLogger(__name__)


def duty_file(config: Config) -> Path:
    """What is locked by whoever acts for this configuration's lock."""
    log_file = config.audit.file
    return log_file.with_name(f"{log_file.name}.{config.access.door}.lock")


@contextmanager
def nobody_acts(config: Config) -> Iterator[None]:
    """While the block runs no door begins to act; FaultError where one does already."""
    duty = Duty(duty_file(config), waits=False)
    with ExitStack() as stack:
        # Who never ran has left no file, and none is made for them by somebody else.
        if duty.file.exists():
            stack.push(duty)
            if not duty.take():
                raise FaultError(
                    f"A door, or a preview, acts by the log {config.audit.file}; end it first."
                )
        yield


def unheard_duty(_state: str, **_data: Any) -> None:
    """Where nobody keeps a record of who acts."""


class Duty:
    """Whether this door acts; `acting` may be read from any thread.

    One that `waits` acts as soon as the other ends; a spectator never does.
    """

    def __init__(
        self, file: Path, *, waits: bool, record: Callable[..., object] = unheard_duty
    ) -> None:
        """`record` is called with the state `acting` when a door that waited begins to act."""
        self.file = file
        self._waits = waits
        self._record = record
        self._descriptor: int | None = None
        self._away = False

    @property
    def acting(self) -> bool:
        return self._descriptor is not None

    def look(self) -> None:
        """See whether the other has ended; call it about once a second."""
        if not self._waits or self.acting:
            return
        try:
            taken = self.take()
        except StoreError as error:
            if not self._away:
                log.error("This door goes on watching only: %s", error)
            self._away = True
            return
        self._away = False
        if taken:
            log.info("The other door has ended: this one acts from now on.")
            self._record("acting")

    def __enter__(self) -> Self:
        """StoreError when there can be no lock file."""
        if not self.take():
            log.warning(
                "Another door acts for this lock (%s): this one watches only, opens nothing and "
                "records no decision%s.",
                self.file,
                " until that one ends" if self._waits else "",
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def take(self) -> bool:
        """Begin to act unless another door does; StoreError when there can be no lock file."""
        try:
            descriptor = os.open(
                self.file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
            )
        except OSError as error:
            raise StoreError(
                f"The lock file {self.file} cannot be made ({error.strerror}); let the door's "
                "user write beside the event log."
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except OSError as error:
            os.close(descriptor)
            raise StoreError(
                f"The lock file {self.file} cannot be locked ({error.strerror}); put the event "
                "log on a local disk."
            ) from error
        self._descriptor = descriptor
        return True
