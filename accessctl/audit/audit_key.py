"""Where the audit key comes from.

It is a key of its own, not the gallery's: the log outlives galleries, several write to one
log (the demo's too), and whoever checks the log should not be able to open people's
templates. Places, first found wins: the file that ACCESSCTL_AUDIT_KEY_FILE names, the
systemd credential `accessctl-audit-key`, and the file of `audit.key`.
"""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from accessctl.errors import StoreError
from accessctl.storage.files import KeyPlaces

KEY_FILE_VARIABLE = "ACCESSCTL_AUDIT_KEY_FILE"
CREDENTIAL = "accessctl-audit-key"
PLACES = KeyPlaces("the audit key", "an audit key", KEY_FILE_VARIABLE, CREDENTIAL, StoreError)

log = logging.getLogger(__name__)


def find_key(path: Path, environment: Mapping[str, str]) -> bytes | None:
    """The audit key, None where there is none; StoreError when it cannot be used."""
    return PLACES.find(path, environment)


def generate_key(path: Path, random_bytes: Callable[[int], bytes]) -> bytes:
    """Make the key file (0600), on disk when this returns; StoreError.

    Another process may make it at the same moment; then its key is the one returned.
    """
    key, is_new = PLACES.generate(path, random_bytes)
    if is_new:
        log.warning(
            "Generated the audit key %s. It lies beside the log, which shows tampering only by "
            "those who cannot read it; keep it elsewhere and name it in %s or as a systemd "
            "credential.",
            path,
            KEY_FILE_VARIABLE,
        )
    return key
