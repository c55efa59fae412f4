"""A door that proposes changes to a hub, for tests."""

import base64
import json
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np

from accessctl.gallery.fake import random_units
from accessctl.gallery.sealing import embedding_to_bytes
from accessctl.hub.assembly import Hub
from accessctl.hub.tables import DOOR, JOINED
from accessctl.sync.feed_wire import Answered, Proposal
from accessctl.sync.proposals import NewSitePhoto
from accessctl.sync.site_sealing import seal_photo

FACES = random_units(12, 16, seed=1)
GRACE, ADA, EVE = "a" * 32, "b" * 32, "c" * 32


def joined_door(hub: Hub, name: str) -> str:
    """The id of a door that has joined, without a certificate."""
    number = name.encode().hex().ljust(32, "0")
    row = {"id": number, "name": name, "state": JOINED, "joined": hub.now()}
    with hub.database.writing() as db:
        db.execute(DOOR.insert().values(row))
    return number


@dataclass
class ProposingDoor:
    hub: Hub
    door: str
    numbers: Any = field(default_factory=lambda: count(1))

    def photo(self, face: int | np.ndarray, photo: str = "", **more: Any) -> dict[str, Any]:
        """A new photo of that face; its picture is sealed to the hub."""
        number = photo or f"{self.door[:16]}{next(self.numbers):016x}"
        vector = FACES[face] if isinstance(face, int) else face
        new = NewSitePhoto(
            photo=number,
            sealed=seal_photo(b"jpeg", number, self.hub.site_keys.photos),
            quality=0.5,
            added=100.0,
            fingerprint="e1",
            embedding=base64.b64encode(embedding_to_bytes(vector)).decode(),
        )
        return new.model_copy(update=more).model_dump(mode="json")

    def said(self, change: str, person: str, **data: Any) -> Proposal:
        return Proposal(
            id=f"{next(self.numbers) + (1 << 100):032x}",
            time=5.0,
            change=change,
            person=person,
            data=json.dumps(data),
        )

    def propose(self, change: str, person: str, **data: Any) -> Answered:
        return self.hub.proposals.answer(self.door, self.said(change, person, **data))

    def enrol(self, person: str, name: str, face: int | np.ndarray = 0) -> Answered:
        return self.propose("add_person", person, name=name, photo=self.photo(face))
