"""Where the gallery's key comes from.

Places, first found wins: the file that ACCESSCTL_KEY_FILE names, the systemd credential
`accessctl-key`, and `gallery.key` beside the gallery.
"""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from accessctl.errors import GalleryKeyError
from accessctl.storage.files import KeyPlaces

KEY_FILE_VARIABLE = "ACCESSCTL_KEY_FILE"
CREDENTIAL = "accessctl-key"
LOCAL_KEY = "gallery.key"
PLACES = KeyPlaces(
    "the gallery's key", "a gallery key", KEY_FILE_VARIABLE, CREDENTIAL, GalleryKeyError
)

log = logging.getLogger(__name__)


def local_key(folder: Path) -> Path:
    """The key's file in a gallery's folder, where the environment names no other."""
    return folder / LOCAL_KEY


def find_key(folder: Path, environment: Mapping[str, str]) -> bytes | None:
    """The key of the gallery in `folder`, None where there is none; GalleryKeyError."""
    return PLACES.find(local_key(folder), environment)


def generate_key(folder: Path, random_bytes: Callable[[int], bytes]) -> bytes:
    """Make `gallery.key` (0600) in `folder`, on disk when this returns; GalleryKeyError.

    A key that is there already is never replaced; then it is the one returned.
    """
    path = local_key(folder)
    key, is_new = PLACES.generate(path, random_bytes)
    if is_new:
        log.warning(
            "Generated the gallery's key %s. It lies beside the data, which protects only a "
            "copied database; keep the key elsewhere and name it in %s or as a systemd "
            "credential.",
            path,
            KEY_FILE_VARIABLE,
        )
    return key
