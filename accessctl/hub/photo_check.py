"""What is wrong among the photos of a site's people, as `accessctl gallery check` finds it.

To compare all photos takes seconds for hundreds of people: that is done beside the callers, once
for each state of the photos, and they have what is known by then.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from accessctl.domain import PersonId
from accessctl.errors import AccessctlError
from accessctl.gallery.people import People
from accessctl.recognition.calibration import Yardstick
from accessctl.recognition.gallery_check import PhotoFlaw, StoredFlaw, check_photos

PATIENCE_S = 1.0
"""A caller waits so long: of a small site they have the answer at once."""

log = logging.getLogger(__name__)

Encoder: TypeAlias = Callable[[], tuple[str, Yardstick] | None]
"""The hub's encoder by its fingerprint, and how its faces are compared; None: there is none."""


@dataclass(frozen=True, slots=True)
class CheckedPhotos:
    """What was found; `is_current` is False where photos changed since, and are being compared.

    `uncompared` photos have no template of the hub's encoder: another one enrolled them, and
    nobody was enrolled at the hub since, or it finds no face in them.
    """

    flaws: tuple[StoredFlaw, ...]
    uncompared: int
    is_current: bool = True

    def of(self, person: PersonId) -> tuple[StoredFlaw, ...]:
        """What concerns that person."""
        return tuple(flaw for flaw in self.flaws if person in (flaw.person, flaw.other))


State: TypeAlias = tuple[frozenset[tuple[PersonId, str]], int]
"""Everybody's photos, persons and ids, and how many of them have yet to be embedded."""


class SitePhotoCheck:
    """Any thread may ask."""

    def __init__(self, people: People, encoder: Encoder, patience_s: float = PATIENCE_S) -> None:
        self._people = people
        self._encoder = encoder
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._found: tuple[State, CheckedPhotos] | None = None
        self._work: threading.Thread | None = None

    @property
    def is_possible(self) -> bool:
        """Whether the hub has an encoder by which photos are compared."""
        return self._encoder() is not None

    def latest(self) -> CheckedPhotos | None:
        """What is known by now, None while nothing is; StoreError."""
        encoder = self._encoder()
        if encoder is None:
            return None
        state = self._state(encoder[0])
        if not self._knows(state):
            self._begun(*encoder).join(self._patience_s)
        with self._lock:
            if self._found is None:
                return None
            known, found = self._found
        return found if known == state else replace(found, is_current=False)

    def _knows(self, state: State) -> bool:
        with self._lock:
            return self._found is not None and self._found[0] == state

    def _begun(self, fingerprint: str, yardstick: Yardstick) -> threading.Thread:
        """The one thread that compares, begun where none is at work."""
        with self._lock:
            if self._work is None or not self._work.is_alive():
                self._work = threading.Thread(
                    target=self._compare, args=(fingerprint, yardstick), daemon=True
                )
                self._work.start()
            return self._work

    def _compare(self, fingerprint: str, yardstick: Yardstick) -> None:
        try:
            state = self._state(fingerprint)
            flaws = tuple(check_photos(self._people, fingerprint, yardstick))
        except AccessctlError as error:
            log.error("The photos of the site cannot be compared: %s", error)
            return
        unused = [flaw for flaw in flaws if flaw.flaw is PhotoFlaw.UNUSED]
        told = tuple(flaw for flaw in flaws if flaw.flaw is not PhotoFlaw.UNUSED)
        with self._lock:
            self._found = state, CheckedPhotos(told, len(unused))

    def _state(self, fingerprint: str) -> State:
        photos = frozenset(
            (person.id, entry.id)
            for person in self._people.people()
            for entry in self._people.photo_entries(person.id)
        )
        return photos, self._people.outdated(fingerprint)
