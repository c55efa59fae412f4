"""What a hub says to a gallery in the tests, and what of it goes on record."""

from collections.abc import Sequence

from accessctl.domain import PersonId
from accessctl.errors import StoreError
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.gallery.site import (
    DocumentPut,
    PersonGone,
    PersonPut,
    PutPerson,
    PutPhoto,
    SiteBatch,
    SitePosition,
)
from accessctl.gallery.site_store import HubChange

FACES = random_units(4, 16, seed=3)
HUB, DOOR, OTHER_HUB = "a" * 64, "d" * 32, "b" * 64
ADA, EVE, GRACE = (PersonId(digit * 32) for digit in "123")


def put_photo(number: int, fingerprint: str = "e") -> PutPhoto:
    templates = {fingerprint: FACES[number].astype("<f4").tobytes()}
    return PutPhoto(f"{number:032x}", 0.5, 100.0 + number, templates)


def somebody(person: PersonId, name: str, *photos: PutPhoto) -> PutPerson:
    return PutPerson(person, name, 50.0, photos or (put_photo(int(person[0], 16)),))


def new_photo(number: int) -> NewPhoto:
    return NewPhoto(
        jpeg=b"jpeg %d" % number,
        embedding=FACES[number],
        fingerprint="e",
        quality=0.7,
        added=10.0 + number,
    )


class Told(list):
    """What goes on record; `full` makes that fail."""

    full = False

    def __call__(self, changes: Sequence[HubChange]) -> None:
        if self.full:
            raise StoreError("The disk is full.")
        self.extend(changes)


def batch(*changes: PersonPut | PersonGone | DocumentPut, ends_round: bool = False) -> SiteBatch:
    seq = changes[-1].seq if changes else 0
    return SiteBatch(changes, SitePosition(HUB, DOOR, seq), ends_round)
