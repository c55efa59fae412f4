"""Somebody enrolled in a gallery, and what is kept of them."""

from accessctl.domain import PersonId
from accessctl.errors import StoreError
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto, People
from accessctl.gallery.person import hash_pin

SALT = bytes(range(16))
KEPT = hash_pin("270818", lambda count: SALT[:count])
FACE = random_units(1, 16, seed=1)[0]


def enrol(gallery: People, name: str = "Grace") -> PersonId:
    return gallery.add_person(
        name, NewPhoto(jpeg=b"jpeg", embedding=FACE, fingerprint="e1", quality=0.5, added=1.0)
    ).id


def refuse(_: PersonId) -> None:
    raise StoreError("The event log cannot be written: the disk is full; make room.")
