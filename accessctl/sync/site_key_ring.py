"""The keys by which a door reads what its hub says of people: its own, and the site's.

Two private files in `sync.folder`: `door.box` is the door's key pair (X25519), made once, to which
the hub wraps the site's keys; `site.keys` holds those, by their generations, and the public key
that photos are sealed to.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pydantic import BaseModel, ConfigDict, ValidationError

from accessctl.errors import FaultError, StoreError
from accessctl.sync.feed_wire import KeysAnswer, KeysRequest
from accessctl.sync.private_files import keep_private, read_private
from accessctl.sync.site_sealing import seal_photo, unwrap_site_key
from accessctl.sync.wire import Digest

BOX_FILE, SITE_FILE = "door.box", "site.keys"
BOX_BYTES = 32


class KeptKeys(BaseModel):
    """What stands in `site.keys`: site keys in hex by their generations."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    hub: str
    keys: dict[int, Digest]
    photos: Digest


class KeyGiver(Protocol):
    """See client.DoorClient. HubError."""

    def keys(self, request: KeysRequest) -> KeysAnswer: ...


class SiteKeyRing:
    """The site's keys as this door has them; asked for when one is missing.

    Everything raises HubError where the hub does not give them, FaultError where the files cannot
    be used, and StoreError for a wrapped key that is not for this door.
    """

    def __init__(
        self,
        folder: Path,
        hub: str,
        door: str,
        giver: KeyGiver,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """`hub` and `door` are the ids that they were got under."""
        self._folder = folder
        self._hub = hub
        self._door = door
        self._giver = giver
        self._random = random_bytes
        self._kept: KeptKeys | None = None

    def site_key(self, generation: int) -> bytes:
        """StoreError for a generation that the hub does not give this door."""
        found = self._known().keys.get(generation)
        return self.asked_again(generation) if found is None else bytes.fromhex(found)

    def asked_again(self, generation: int) -> bytes:
        """The same, whatever is here."""
        found = self._asked().keys.get(generation)
        if found is None:
            raise StoreError(
                "The hub sealed something with a key that it does not give this door; if that "
                "persists, join the door anew."
            )
        return bytes.fromhex(found)

    def sealed_photo(self, jpeg: bytes, photo: str) -> str:
        """For the hub alone; see site_sealing.seal_photo."""
        return seal_photo(jpeg, photo, self._known().photos)

    def _known(self) -> KeptKeys:
        if self._kept is None:
            kept = _read(self._folder)
            self._kept = kept if kept is not None and kept.hub == self._hub else self._asked()
        return self._kept

    def _asked(self) -> KeptKeys:
        box = _box(self._folder, self._random)
        public = box.public_key().public_bytes_raw().hex()
        answer = self._giver.keys(KeysRequest(box=public))
        keys = {
            generation: unwrap_site_key(wrapped, generation, self._door, box).hex()
            for generation, wrapped in answer.keys.items()
        }
        self._kept = KeptKeys(hub=self._hub, keys=keys, photos=answer.photos)
        keep_private(self._folder / SITE_FILE, self._kept.model_dump_json().encode("ascii"))
        return self._kept


def _box(folder: Path, random_bytes: Callable[[int], bytes]) -> X25519PrivateKey:
    path = folder / BOX_FILE
    if not path.exists():
        keep_private(path, random_bytes(BOX_BYTES))
    content = read_private(path)
    if len(content) != BOX_BYTES:
        raise FaultError(f"{path} is damaged; remove it and restart the door: it makes a new one.")
    return X25519PrivateKey.from_private_bytes(content)


def _read(folder: Path) -> KeptKeys | None:
    path = folder / SITE_FILE
    if not path.exists():
        return None
    try:
        return KeptKeys.model_validate_json(read_private(path))
    except ValidationError as error:
        raise FaultError(
            f"{path} is damaged; remove it and restart the door: it asks the hub again."
        ) from error
