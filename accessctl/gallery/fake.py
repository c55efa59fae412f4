"""A gallery in memory, for tests and `accessctl doctor`; nothing is sealed or kept."""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Embedding, Person, PersonId, PersonRules
from accessctl.errors import NameTakenError, StoreError, UnknownPersonError
from accessctl.gallery.badges import Badge, checked_digest, digest_of, refuse_taken
from accessctl.gallery.people import (
    NewPhoto,
    PhotoEntry,
    Record,
    StoredPhoto,
    Template,
    no_record,
    photo_to_remove,
)
from accessctl.gallery.person import (
    ControllerNumber,
    PinHash,
    checked_rules,
    clean_name,
    name_key,
    refuse_look_alike,
    spelt,
)
from accessctl.gallery.schema import GalleryMark
from accessctl.gallery.sealing import checked_embedding


def random_units(count: int, dimension: int, seed: int) -> NDArray[np.float32]:
    """Made-up unit embeddings (count, dimension), the same for the same seed."""
    rows = np.random.default_rng(seed).normal(size=(count, dimension))
    units: NDArray[np.float32] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype("f4")
    return units


@dataclass
class _Kept:
    photo: StoredPhoto
    added: float
    templates: dict[str, Embedding] = field(default_factory=dict)
    skipped_by: str | None = None


class MemoryGallery:
    """See people.People; ids count from 1, `fault` makes every call raise it.

    `id` and `place` stand in its mark and may be set.
    """

    def __init__(self) -> None:
        self.fault: StoreError | None = None
        self.place = ""
        self.id = "memory"
        self._people: dict[PersonId, Person] = {}
        self._photos: dict[str, _Kept] = {}
        self._rules: dict[PersonId, PersonRules] = {}
        self._pins: dict[PersonId, PinHash] = {}
        self._numbers: dict[PersonId, ControllerNumber] = {}
        self._badges: list[Badge] = []
        self._revision = 0
        self._last_id = 0

    def people(self) -> list[Person]:
        self._fail()
        return sorted(self._people.values(), key=lambda person: name_key(person.name))

    def person(self, name: str) -> Person:
        self._fail()
        wanted = name_key(spelt(name))
        for person in self._people.values():
            if name_key(person.name) == wanted:
                return person
        raise UnknownPersonError(f"Nobody called {name!r} is enrolled.")

    def free_name(self, name: str) -> str:
        name = clean_name(name)
        self._claim(name, None)
        return name

    def add_person(self, name: str, photo: NewPhoto, *, record: Record = no_record) -> Person:
        name = clean_name(name)
        self._claim(name, None)
        checked_embedding(photo.embedding)
        person = Person(PersonId(self._next_id()), name, 0, photo.added)
        record(person.id)
        self._people[person.id] = person
        return self.add_photo(person.id, photo)

    def add_photo(
        self, person_id: PersonId, photo: NewPhoto, *, record: Record = no_record
    ) -> Person:
        self._check_enrolled(person_id)
        kept = checked_embedding(photo.embedding)
        record(person_id)
        stored = StoredPhoto(self._next_id(), person_id, photo.jpeg, photo.quality)
        self._photos[stored.id] = _Kept(stored, photo.added, {photo.fingerprint: kept})
        person = self._people[person_id]
        return self._put(replace(person, photos=person.photos + 1))

    def rename(self, old: str, new: str, *, record: Record = no_record) -> Person:
        person = self.person(old)
        new = clean_name(new)
        self._claim(new, person.id)
        record(person.id)
        return self._put(replace(person, name=new))

    def remove(self, name: str, *, record: Record = no_record) -> Person:
        person = self.person(name)
        record(person.id)
        del self._people[person.id]
        self._rules.pop(person.id, None)
        self._pins.pop(person.id, None)
        self._numbers.pop(person.id, None)
        self._badges = [badge for badge in self._badges if badge.person != person.id]
        self._photos = {
            key: kept for key, kept in self._photos.items() if kept.photo.person != person.id
        }
        self._revision += 1
        return person

    def photo_entries(self, person_id: PersonId) -> list[PhotoEntry]:
        self._fail()
        own = [kept for kept in self._photos.values() if kept.photo.person == person_id]
        own.sort(key=lambda kept: (kept.added, kept.photo.id))
        return [
            PhotoEntry(kept.photo.id, number, kept.photo.quality, kept.added)
            for number, kept in enumerate(own, 1)
        ]

    def remove_photo(self, name: str, number: int, *, record: Record = no_record) -> Person:
        person = self.person(name)
        entry = photo_to_remove(person, self.photo_entries(person.id), number)
        record(person.id)
        del self._photos[entry.id]
        return self._put(replace(person, photos=person.photos - 1))

    def templates(self, fingerprint: str) -> list[Template]:
        self._fail()
        return [
            Template(
                kept.photo.person, kept.templates[fingerprint], kept.photo.quality, kept.photo.id
            )
            for kept in self._photos.values()
            if fingerprint in kept.templates
        ]

    def photos(self) -> Iterator[StoredPhoto]:
        self._fail()
        yield from [kept.photo for kept in self._photos.values()]

    def outdated(self, fingerprint: str) -> int:
        self._fail()
        return sum(
            fingerprint not in kept.templates and kept.skipped_by != fingerprint
            for kept in self._photos.values()
        )

    def replace_templates(
        self,
        fingerprint: str,
        embeddings: Mapping[str, Embedding],
        skipped: Collection[str] = (),
    ) -> None:
        self._fail()
        renewed: dict[str, dict[str, Embedding]] = {}
        for photo, kept in self._photos.items():
            if photo in embeddings:
                renewed[photo] = {fingerprint: checked_embedding(embeddings[photo])}
            elif fingerprint in kept.templates:
                renewed[photo] = {fingerprint: kept.templates[fingerprint]}
            elif photo in skipped:
                renewed[photo] = {}
            else:
                raise StoreError("Somebody was enrolled while the templates were renewed.")
        for photo, templates in renewed.items():
            self._photos[photo].templates = templates
            self._photos[photo].skipped_by = fingerprint if photo in skipped else None
        self._revision += 1

    def rules(self) -> dict[PersonId, PersonRules]:
        self._fail()
        return dict(self._rules)

    def set_rules(
        self, person_id: PersonId, rules: PersonRules, *, record: Record = no_record
    ) -> None:
        checked_rules(rules)
        self._check_enrolled(person_id)
        record(person_id)
        self._rules[person_id] = rules
        self._revision += 1

    def pins(self) -> dict[PersonId, PinHash]:
        self._fail()
        return dict(self._pins)

    def set_pin(
        self, person_id: PersonId, pin: PinHash | None, *, record: Record = no_record
    ) -> None:
        self._check_enrolled(person_id)
        record(person_id)
        self._pins.pop(person_id, None)
        if pin is not None:
            self._pins[person_id] = pin
        self._revision += 1

    def controller_number(self, person_id: PersonId) -> ControllerNumber | None:
        self._fail()
        return self._numbers.get(person_id)

    def set_controller_number(
        self, person_id: PersonId, number: ControllerNumber | None, *, record: Record = no_record
    ) -> None:
        self._check_enrolled(person_id)
        record(person_id)
        self._numbers.pop(person_id, None)
        if number is not None:
            self._numbers[person_id] = number
        self._revision += 1

    def badges(self) -> list[Badge]:
        self._fail()
        return sorted(self._badges, key=lambda badge: (badge.person, badge.added))

    def badge_digest(self, number: str) -> bytes:
        return digest_of(b"memory", number)

    def add_badge(self, badge: Badge, *, record: Record = no_record) -> None:
        checked_digest(badge.digest)
        self._check_enrolled(badge.person)
        refuse_taken(badge.digest, self._badges)
        record(badge.person)
        self._badges = [*self._badges, badge]
        self._revision += 1

    def remove_badges(
        self, person_id: PersonId, badges: Collection[Badge], *, record: Record = no_record
    ) -> None:
        self._check_enrolled(person_id)
        record(person_id)
        gone = {badge.digest for badge in badges}
        self._badges = [
            badge for badge in self._badges if badge.person != person_id or badge.digest not in gone
        ]
        self._revision += 1

    def revision(self) -> int:
        self._fail()
        return self._revision

    def mark(self) -> GalleryMark:
        self._fail()
        return GalleryMark(self.id, self._revision, self.head_at(self._revision) or "")

    def head_at(self, revision: int) -> str | None:
        self._fail()
        known = 0 < revision <= self._revision
        return hashlib.sha256(f"{self.id} {revision}".encode()).hexdigest()[:32] if known else None

    def close(self) -> None:
        return

    def _put(self, person: Person) -> Person:
        self._people[person.id] = person
        self._revision += 1
        return person

    def _check_enrolled(self, person_id: PersonId) -> None:
        self._fail()
        if person_id not in self._people:
            raise UnknownPersonError("That person is not enrolled any more.")

    def _claim(self, name: str, owner: PersonId | None) -> None:
        self._fail()
        for person in self._people.values():
            if name_key(person.name) == name_key(name) and person.id != owner:
                raise NameTakenError(f"'{person.name}' is enrolled already.")
        refuse_look_alike(name, (p.name for p in self._people.values() if p.id != owner))

    def _next_id(self) -> str:
        self._last_id += 1
        return f"{self._last_id:032x}"

    def _fail(self) -> None:
        if self.fault is not None:
            raise self.fault
