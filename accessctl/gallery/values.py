"""What the gallery hands out, and what every gallery can do."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from accessctl.domain import Embedding, Person, PersonId, PersonRules
from accessctl.gallery.pins import PinHash

Record: TypeAlias = Callable[[PersonId], object]


def no_record(_: PersonId) -> None:
    """For a change that is written down elsewhere, or not at all."""


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """One stored photo's embedding: unit float32 (D,), and its quality in [0, 1]."""

    person: PersonId
    embedding: Embedding
    quality: float


@dataclass(frozen=True, slots=True, eq=False)
class StoredPhoto:
    """One enrolment photo as it was kept: `jpeg` is the whole file's bytes."""

    id: str
    person: PersonId
    jpeg: bytes
    quality: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class NewPhoto:
    """One enrolment photo to be kept: `jpeg` is the whole file's bytes.

    `embedding` is the face in it, a unit float32 (D,), as the encoder of `fingerprint` made it;
    `quality` lies in [0, 1], and it is `added` now, in epoch seconds.
    """

    jpeg: bytes
    embedding: Embedding
    fingerprint: str
    quality: float
    added: float


class People(Protocol):
    """Enrolled people with their photos and templates.

    Every method raises StoreError when the storage fails; nothing is ever half-written.
    A photo whose embedding is none raises ValueError; a `fingerprint` is the encoder's.

    `record` writes a change down elsewhere: it is called when the change is ready, before
    it is kept. When it raises, nothing is kept; so there is no change without its record.
    """

    def people(self) -> list[Person]:
        """Everybody, ordered by name."""
        ...

    def person(self, name: str) -> Person:
        """Whoever has this name, whatever its case; UnknownPersonError."""
        ...

    def add_person(self, name: str, photo: NewPhoto, *, record: Record = no_record) -> Person:
        """Enrol somebody new; BadNameError, NameTakenError."""
        ...

    def add_photo(
        self, person_id: PersonId, photo: NewPhoto, *, record: Record = no_record
    ) -> Person:
        """One more photo of somebody; UnknownPersonError."""
        ...

    def rename(self, old: str, new: str, *, record: Record = no_record) -> Person:
        """UnknownPersonError, BadNameError, NameTakenError."""
        ...

    def remove(self, name: str, *, record: Record = no_record) -> Person:
        """Erase a person and everything of them; UnknownPersonError."""
        ...

    def templates(self, fingerprint: str) -> list[Template]:
        """All templates that this encoder made, in a fixed order."""
        ...

    def photos(self) -> Iterator[StoredPhoto]:
        """Every photo, one in memory at a time."""
        ...

    def outdated(self, fingerprint: str) -> int:
        """How many photos this encoder has neither embedded nor skipped yet."""
        ...

    def replace_templates(
        self,
        fingerprint: str,
        embeddings: Mapping[str, Embedding],
        skipped: Collection[str] = (),
    ) -> None:
        """Put this encoder's templates (by photo id) in place of all others, at once.

        Ids of photos that are gone are ignored. Every photo must be in `embeddings`, in
        `skipped` (it then stays without a template) or have a template of this encoder
        already; otherwise somebody was enrolled meanwhile, StoreError, nothing changed.
        """
        ...

    def rules(self) -> Mapping[PersonId, PersonRules]:
        """The rules of everybody who has any."""
        ...

    def set_rules(
        self, person_id: PersonId, rules: PersonRules, *, record: Record = no_record
    ) -> None:
        """Put them in place of the person's present ones; UnknownPersonError, InputError."""
        ...

    def pins(self) -> Mapping[PersonId, PinHash]:
        """The PIN of everybody who has one, hashed."""
        ...

    def set_pin(
        self, person_id: PersonId, pin: PinHash | None, *, record: Record = no_record
    ) -> None:
        """Put it in place of the person's present one, None: take it away; UnknownPersonError."""
        ...

    def revision(self) -> int:
        """A number that grows with every change, seen across processes."""
        ...

    def close(self) -> None: ...
