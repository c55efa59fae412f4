"""What a gallery hands out of the people enrolled in it and can do, and the gallery of nobody."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn, Protocol, TypeAlias

from accessctl.domain import Embedding, Person, PersonId, PersonRules
from accessctl.errors import LastPhotoError, StoreError, UnknownPersonError, UnknownPhotoError
from accessctl.gallery.badges import Badge, digest_of
from accessctl.gallery.person import ControllerNumber, PinHash, clean_name, spelt
from accessctl.gallery.schema import GalleryMark

Record: TypeAlias = Callable[[PersonId], object]


def no_record(_: PersonId) -> None:
    """For a change that is written down elsewhere, or not at all."""


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """One stored photo's embedding: unit float32 (D,), and its quality in [0, 1].

    `photo` is the stored photo's id, empty where it is kept nowhere.
    """

    person: PersonId
    embedding: Embedding
    quality: float
    photo: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class StoredPhoto:
    """One enrolment photo as it was kept: `jpeg` is the whole file's bytes, none where a hub keeps
    the picture."""

    id: str
    person: PersonId
    jpeg: bytes
    quality: float


@dataclass(frozen=True, slots=True)
class PhotoEntry:
    """A stored photo without its picture: the `number`th of its person, from 1 in the order in
    which they were `added` (epoch seconds); its quality in [0, 1]."""

    id: str
    number: int
    quality: float
    added: float


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

    def free_name(self, name: str) -> str:
        """The name as somebody new would have it; BadNameError, NameTakenError."""
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

    def photo_entries(self, person_id: PersonId) -> list[PhotoEntry]:
        """The photos of a person in the order of their numbers; none for somebody unknown."""
        ...

    def remove_photo(self, name: str, number: int, *, record: Record = no_record) -> Person:
        """Erase one photo with its templates; UnknownPersonError, UnknownPhotoError, and
        LastPhotoError for the only one there is."""
        ...

    def templates(self, fingerprint: str) -> list[Template]:
        """All templates that this encoder made: each person's in the order of their photos."""
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

    def controller_number(self, person_id: PersonId) -> ControllerNumber | None:
        """By which a controller knows them; None where none is kept, or for somebody unknown."""
        ...

    def set_controller_number(
        self, person_id: PersonId, number: ControllerNumber | None, *, record: Record = no_record
    ) -> None:
        """Put it in place of the present one, None: take it away; UnknownPersonError."""
        ...

    def badges(self) -> list[Badge]:
        """Everybody's, each person's in the order in which they were added."""
        ...

    def badge_digest(self, number: str) -> bytes:
        """What stands for that number here, from any thread; InputError for what is none."""
        ...

    def add_badge(self, badge: Badge, *, record: Record = no_record) -> None:
        """One more badge of its person; UnknownPersonError, BadgeTakenError."""
        ...

    def remove_badges(
        self, person_id: PersonId, badges: Collection[Badge], *, record: Record = no_record
    ) -> None:
        """Erase those that are the person's; UnknownPersonError."""
        ...

    def revision(self) -> int:
        """A number that grows with every change, seen across processes."""
        ...

    @property
    def place(self) -> str:
        """Where it lies, see schema.place_of; empty for one that is kept nowhere."""
        ...

    def mark(self) -> GalleryMark:
        """What tells this state from every other."""
        ...

    def head_at(self, revision: int) -> str | None:
        """The head that change had, None for one that this gallery never had."""
        ...

    def close(self) -> None: ...


class EmptyGallery:
    """What a gallery is that is not there: nobody is in it, and nobody can be put into it.

    See People. Whoever is asked for by name is unknown; it is kept nowhere, so it has no place.
    """

    place = ""

    def people(self) -> list[Person]:
        return []

    def person(self, name: str) -> NoReturn:
        spelt(name)
        raise UnknownPersonError(f"Nobody called {name!r} is enrolled.")

    def free_name(self, name: str) -> str:
        return clean_name(name)

    def add_person(self, *_: object, **__: object) -> NoReturn:
        raise StoreError("There is no gallery to enrol anybody in; make one first.")

    def rename(self, old: str, *_: object, **__: object) -> NoReturn:
        self.person(old)

    def remove(self, name: str, **__: object) -> NoReturn:
        self.person(name)

    def remove_photo(self, name: str, *_: object, **__: object) -> NoReturn:
        self.person(name)

    def add_photo(self, *_: object, **__: object) -> NoReturn:
        raise gone()

    set_rules = set_pin = set_controller_number = add_badge = remove_badges = add_photo

    def controller_number(self, *_: object, **__: object) -> None:
        return None

    def photo_entries(self, *_: object, **__: object) -> list[PhotoEntry]:
        return []

    def templates(self, *_: object, **__: object) -> list[Template]:
        return []

    def photos(self) -> Iterator[StoredPhoto]:
        return iter(())

    def outdated(self, *_: object, **__: object) -> int:
        return 0

    def replace_templates(self, *_: object, **__: object) -> None:
        """There is no photo, so there is no template to replace."""

    def rules(self) -> Mapping[PersonId, PersonRules]:
        return {}

    def pins(self) -> Mapping[PersonId, PinHash]:
        return {}

    def badges(self) -> list[Badge]:
        return []

    def badge_digest(self, number: str) -> bytes:
        return digest_of(b"", number)

    def revision(self) -> int:
        return 0

    def mark(self) -> GalleryMark:
        return GalleryMark("", 0, "")

    def head_at(self, *_: object, **__: object) -> None:
        return None

    def close(self) -> None:
        """Nothing is open."""


def gone() -> UnknownPersonError:
    """Whoever had this id is not enrolled."""
    return UnknownPersonError(
        "That person is not enrolled any more; `accessctl people` lists everybody."
    )


def photo_to_remove(person: Person, entries: Sequence[PhotoEntry], number: int) -> PhotoEntry:
    """The `number`th of a person's photos; UnknownPhotoError, LastPhotoError."""
    found = next((entry for entry in entries if entry.number == number), None)
    if found is None:
        has = "1 photo" if len(entries) == 1 else f"{len(entries)} photos"
        raise UnknownPhotoError(
            f"{person.name} has {has} and no number {number}; `accessctl people photos NAME` "
            "lists them."
        )
    if len(entries) == 1:
        raise LastPhotoError(
            f"It is the only photo of {person.name}; add a better one first, or remove the person."
        )
    return found
