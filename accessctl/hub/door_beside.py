"""The door that shares the hub's machine and configuration: it joins by itself, because whoever has
the hub's keys would invite it.

A door that has joined before, also one that was revoked, is left as it is.
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
from accessctl.sync.identity import is_member
from accessctl.sync.joining import fingerprint_in, join

CLOSE_S = 5.0
THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
HTTPS_PORT = 443

log = logging.getLogger(__name__)


class DoorBeside(BackgroundThread):
    """From `with` to its end; nothing happens before `listening` is called."""

    def __init__(self, hub: Hub, config: Config, joined: Callable[[str], object]) -> None:
        """`joined` is given the door's name once it has."""
        self._hub = hub
        self._config = config
        self._joined = joined
        self._listens = threading.Event()
        self._is_over = False
        super().__init__(self._run, name="door-beside", stop=self._end, patience_s=CLOSE_S)

    def listening(self) -> None:
        """The hub answers from now on."""
        self._listens.set()

    def _end(self) -> None:
        self._is_over = True
        self._listens.set()

    def _run(self) -> None:
        self._listens.wait()
        if self._is_over or not is_to_join(self._config):
            return
        name = self._config.access.door
        try:
            code = self._hub.doors.invite(name).code
            fingerprint = fingerprint_in(self._hub.authority.fingerprint)
            join(str(self._config.sync.hub), fingerprint, code, self._config.sync_folder)
        except AccessctlError as error:
            log.error("The door %s on this machine has not joined. %s", name, error)
            return
        self._joined(name)


def is_to_join(config: Config, user: Callable[[], int] = os.geteuid) -> bool:
    """Whether the configuration's door names the configuration's hub, has joined none, and is the
    same user's: another one could not read what joining leaves."""
    if config.sync.hub is None or is_member(config.sync_folder):
        return False
    return is_own(config.sync.hub, config.hub) and _owner(config.sync_folder) == user()


def is_own(url: str, hub: HubConfig) -> bool:
    """Whether that is this hub's address, as this machine calls it."""
    parts = urlsplit(url)
    named = {*THIS_MACHINE, hub.host, *hub.names, socket.gethostname()}
    return (parts.port or HTTPS_PORT) == hub.port and parts.hostname in {
        name.casefold() for name in named
    }


def _owner(folder: Path) -> int:
    """Of the folder, or of the one in which it would be made."""
    while not folder.exists():
        folder = folder.parent
    return folder.stat().st_uid
