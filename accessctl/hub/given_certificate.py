"""A certificate that somebody has from elsewhere, in two files: for whoever knows nothing of the
hub's own authority, as browsers and a company's directory.

Doors trust that authority alone and ask for its hub by a name of its own; all others are shown the
given one. The files are read each minute, so that whoever renews them only puts new ones there.
"""

import logging
import ssl
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from accessctl.errors import ConfigError
from accessctl.storage.files import OTHERS
from accessctl.sync.wire import HUB_NAME

DOOR_NAMES = (None, HUB_NAME)
"""What doors ask for: for a name of their hub's own, or none."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GivenCertificate:
    """`section` of the configuration names it: the console, or the hub."""

    certificate: Path
    key: Path
    section: str

    def load(self, context: ssl.SSLContext) -> None:
        """Have a new context show it as it is in the files now; ConfigError."""
        self._check_private()
        try:
            context.load_cert_chain(self.certificate, self.key, password=_no_password)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or getattr(error, "reason", None) or error
            raise ConfigError(
                f"The {self.section}'s certificate {self.certificate} and key {self.key} cannot be "
                f"used ({why}); see {self.section}.certificate and {self.section}.key."
            ) from error

    def _check_private(self) -> None:
        try:
            is_open = self.key.stat().st_mode & OTHERS
        except OSError as error:
            raise ConfigError(
                f"The {self.section}'s key {self.key} cannot be read ({error.strerror}); see "
                f"{self.section}.key."
            ) from error
        if is_open:
            raise ConfigError(
                f"The {self.section}'s key {self.key} can be read by other users; run: chmod 600 "
                f"{self.key}"
            )


class ShownByName:
    """Whoever asks `own` by none of the names that it `keeps` is shown the given certificate."""

    def __init__(
        self,
        own: ssl.SSLContext,
        given: GivenCertificate,
        bare: Callable[[], ssl.SSLContext],
        keeps: Collection[str | None] = DOOR_NAMES,
    ) -> None:
        """`bare` makes a context that shows nothing yet. ConfigError."""
        self._given = given
        self._bare = bare
        self._keeps = keeps
        self._told = ""
        self._read()
        own.sni_callback = self._choose

    def again(self) -> None:
        """Show it as it is in the files now; where they cannot be used, that is logged once, and
        the one before goes on."""
        told = ""
        try:
            self._read()
        except ConfigError as error:
            told = str(error)
        before, self._told = self._told, told
        if told and told != before:
            log.error("%s Until then the one before is shown.", told)
        elif before and not told:
            log.info("The %s's certificate can be used again.", self._given.section)

    def _read(self) -> None:
        # A context of its own: one that has another already would keep it beside this one where
        # their keys are of two kinds, and none where the new key has not come yet.
        context = self._bare()
        self._given.load(context)
        self._other = context

    def _choose(
        self, connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext
    ) -> None:
        if name not in self._keeps:
            connection.context = self._other


def _no_password() -> str:
    # Else OpenSSL would ask for one in the terminal.
    raise ValueError("the key is protected by a password")
