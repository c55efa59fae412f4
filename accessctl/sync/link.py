"""The thread beside the door that sends its log to the hub.

Whatever goes wrong is logged once and tried again later; the door neither waits for it nor knows.
"""

import logging
import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path

from accessctl.audit.chain import ChainReader, LogWatch
from accessctl.config import Config
from accessctl.errors import FaultError
from accessctl.policy.retrying import some_time_before
from accessctl.sync.client import DoorClient, Lines
from accessctl.sync.identity import (
    Membership,
    is_certificate_for,
    is_member,
    keep_certificate,
    load_membership,
    new_key,
    signing_request,
)
from accessctl.sync.outbox import LogOutbox
from accessctl.sync.repeating import Pauses, RepeatingThread
from accessctl.sync.wire import LogMark

LOOK_S = 1.0
HEARTBEAT_S = 60.0
"""A door with nothing to send says so that often, each time at a moment of its own before that:
those that had the same to tell do not come together again."""
RETRY_S, LONGEST_RETRY_S = 2.0, 60.0
RENEW_BELOW = 1 / 3
"""A certificate is renewed when less than this part of its life is left."""
RENEW_EVERY_S = 3600.0

log = logging.getLogger(__name__)


def hub_link(config: Config, lines: Lines | None = None) -> AbstractContextManager[object]:
    """What sends this door's log for as long as it is entered, where the configuration names a hub;
    the demo's log is not sent. See DoorClient for `lines`."""
    if config.sync.hub is None or config.camera.source == "demo":
        return nullcontext()
    return HubLink(config.audit.file, config.sync.hub, config.sync_folder, lines=lines)


def renew_where_due(membership: Membership, client: DoorClient, now: float) -> bool:
    """Whether there is a new certificate, on disk, under a key of its own; HubError, FaultError.

    The one before counts until the new one is used: a door that is killed in between renews again.
    """
    if membership.left(now) > RENEW_BELOW:
        return False
    key = new_key()
    certificate = client.renew(signing_request(key))
    if not is_certificate_for(certificate, key):
        raise FaultError("The hub renewed a certificate that is not this door's; it is not kept.")
    keep_certificate(membership.folder, key, certificate)
    log.info("This door's certificate was renewed.")
    return True


class HubLink(RepeatingThread):
    """From `with` to its end. `send_once` is what the thread does; tests call it themselves."""

    def __init__(
        self,
        log_file: Path,
        url: str,
        folder: Path,
        *,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        draw: Callable[[], float] = random.random,
        look_s: float = LOOK_S,
        lines: Lines | None = None,
    ) -> None:
        """`url` is the hub's, `folder` where joining it is kept.

        `draw` is as in repeating.Pauses. What is written is seen within `look_s` seconds. See
        DoorClient for `lines`.
        """
        super().__init__(
            "hub-link",
            "The hub is not told what happens here; the door works on.",
            "The hub is told again what happens here.",
            pauses=Pauses(RETRY_S, LONGEST_RETRY_S, draw),
        )
        self._reader = ChainReader(log_file)
        self._watch = LogWatch(log_file)
        self._is_all_sent = False
        self._url = url
        self._folder = folder
        self._now = now
        self._monotonic = monotonic
        self._look_s = look_s
        self._draw = draw
        self._lines = lines
        self._connected = ExitStack()
        self._outbox: LogOutbox | None = None
        self._member: Membership | None = None
        self._client: DoorClient | None = None
        self._mark: LogMark | None = None
        self._speaks_at = self._renewed_at = float("-inf")

    def work_once(self) -> float:
        return 0.0 if self.send_once() else self._look_s

    def send_once(self) -> bool:
        """One look, and one batch where there is something to send, or a heartbeat is due; whether
        there is more at once. AccessctlError."""
        if not is_member(self._folder):
            self.disconnect()
            return False
        outbox = self._outbox or self._connect()
        if self._has_renewed():
            self.disconnect()
            return True
        mark = self._mark or outbox.mark()
        is_due = self._monotonic() >= self._speaks_at
        has_grown = self._watch.may_have_grown()
        if self._is_all_sent and not has_grown and not is_due:
            return False
        end = self._reader.end()
        self._is_all_sent = self._mark is not None and end.number == mark.number
        if self._is_all_sent and not is_due:
            return False
        self._mark = outbox.send(mark)
        self._speaks_at = self._monotonic() + some_time_before(HEARTBEAT_S, self._draw())
        return mark.number < self._mark.number < end.number

    def _has_renewed(self) -> bool:
        if self._member is None or self._client is None:
            return False
        # Where the two clocks are months apart the new one, too, runs out soon by the door's.
        if self._monotonic() - self._renewed_at < RENEW_EVERY_S:
            return False
        if not renew_where_due(self._member, self._client, self._now()):
            return False
        self._renewed_at = self._monotonic()
        return True

    def disconnect(self) -> None:
        """Begin anew the next time, with what is on the disk then."""
        self._connected.close()
        self._outbox = self._member = self._client = self._mark = None
        self._is_all_sent = False

    def _connect(self) -> LogOutbox:
        member = load_membership(self._folder)
        if member is None:
            raise FaultError("This door has just left its hub.")
        self._client = self._connected.enter_context(
            DoorClient(self._url, member, self._now(), self._lines)
        )
        self._member = member
        self._outbox = LogOutbox(self._reader, self._client, member, self._folder)
        return self._outbox
