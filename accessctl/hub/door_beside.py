"""The door that shares the hub's machine and configuration: it joins by itself, because whoever has
the hub's keys would invite it.

Once: a door that has joined is left as it is, and whoever was revoked stays out, also where what
joining left at the door is gone, until they are invited and join as every other.
"""

import logging
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from accessctl.background import BackgroundThread
from accessctl.config import Config, HubConfig
from accessctl.errors import AccessctlError
from accessctl.hub.assembly import Hub
from accessctl.hub.tables import REVOKED
from accessctl.sync.identity import is_member
from accessctl.sync.joining import fingerprint_in, hub_url, join

CLOSE_S = 5.0
ENDS_WITHIN_S = 10.0
THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
HTTPS_PORT = 443

log = logging.getLogger(__name__)


class DoorBeside(BackgroundThread):
    """From `with` to its end; nothing happens before `listening` is called."""

    def __init__(
        self,
        hub: Hub,
        config: Config,
        joined: Callable[[str], object],
        ends_within_s: float = ENDS_WITHIN_S,
    ) -> None:
        """`joined` is given the door's name once it has; a hub that refuses because it ends has
        ended `ends_within_s` later."""
        self._hub = hub
        self._config = config
        self._joined = joined
        self._ends_within_s = ends_within_s
        self._listens, self._over = threading.Event(), threading.Event()
        super().__init__(self._run, name="door-beside", stop=self._end, patience_s=CLOSE_S)

    def listening(self) -> None:
        """The hub answers from now on."""
        self._listens.set()

    def _end(self) -> None:
        self._over.set()
        self._listens.set()

    def _run(self) -> None:
        self._listens.wait()
        name = self._config.access.door
        try:
            if self._over.is_set() or not is_to_join(self._config):
                return
            if self._has_left(name):
                log.warning(
                    "The door %s on this machine was revoked and does not join by itself again; "
                    "run `accessctl hub invite %s`, and `accessctl join`.",
                    name,
                    name,
                )
                return
            code = self._hub.doors.invite(name).code
            fingerprint = fingerprint_in(self._hub.authority.fingerprint)
            join(str(self._config.sync.hub), fingerprint, code, self._config.sync_folder)
        except AccessctlError as error:
            if not self._over.wait(self._ends_within_s):
                log.error("The door %s on this machine has not joined. %s", name, error)
            return
        self._joined(name)

    def _has_left(self, name: str) -> bool:
        """Whether a door of that name was one of this hub's, and none is."""
        states = {one.state for one in self._hub.doors.listed() if one.name == name}
        return states == {REVOKED}


def is_to_join(config: Config, user: Callable[[], int] = os.geteuid) -> bool:
    """Whether the configuration's door names the configuration's hub, has joined none, and is the
    same user's: another one could not read what joining leaves. InputError for no address."""
    if config.sync.hub is None or not is_own(config.sync.hub, config.hub):
        return False
    return _owner(config.sync_folder) == user() and not is_member(config.sync_folder)


def is_own(url: str, hub: HubConfig) -> bool:
    """Whether that is this hub's address, as this machine calls it; InputError for none."""
    parts = urlsplit(hub_url(url))
    named = {*THIS_MACHINE, hub.host, *hub.names, socket.gethostname()}
    return (parts.port or HTTPS_PORT) == hub.port and parts.hostname in {
        name.casefold() for name in named
    }


def _owner(folder: Path) -> int | None:
    """Of the folder, or of the one in which it would be made; None where that is not to be seen."""
    try:
        while not folder.exists():
            folder = folder.parent
        return folder.stat().st_uid
    except OSError:
        return None
