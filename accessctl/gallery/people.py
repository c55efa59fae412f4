"""Enrolled people: what a gallery hands out and can do, their names, rows and rules.

Names are kept as they are written, are the same where only case or composition differs, and may
not look like another one's (`storage.seen`). A
person's row stands in the gallery's file in clear, so whoever can write the file chose it; rules
become bytes to be sealed.
"""

import difflib
import json
import math
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, TypeAlias

from accessctl.domain import Embedding, Person, PersonId, PersonRules
from accessctl.errors import (
    BadNameError,
    InputError,
    LastPhotoError,
    NameTakenError,
    StoreError,
    UnknownPhotoError,
)
from accessctl.gallery.mark import GalleryMark
from accessctl.gallery.pins import PinHash
from accessctl.storage.seen import first_look_alike, hidden_in

Record: TypeAlias = Callable[[PersonId], object]

MAX_NAME_CHARACTERS = 100
# Control characters, lone surrogates, line and paragraph separators.
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
# They turn the reading direction: a name could be shown as somebody else's.
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
LATEST = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
MAX_GROUPS = 64
MAX_GROUP_CHARACTERS = 64


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
    """One enrolment photo as it was kept: `jpeg` is the whole file's bytes."""

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

    def revision(self) -> int:
        """A number that grows with every change, seen across processes."""
        ...

    @property
    def place(self) -> str:
        """Where it lies, see mark.place_of; empty for one that is kept nowhere."""
        ...

    def mark(self) -> GalleryMark:
        """What tells this state from every other."""
        ...

    def head_at(self, revision: int) -> str | None:
        """The head that change had, None for one that this gallery never had."""
        ...

    def close(self) -> None: ...


def clean_name(name: str) -> str:
    """A new name as it is kept: as `spelt`, with nothing in it that is not seen; BadNameError."""
    text = spelt(name)
    hidden = hidden_in(text)
    if hidden is not None:
        raise BadNameError(
            f"The name {name!a} holds a character that is not seen (U+{ord(hidden):04X} "
            f"{unicodedata.name(hidden, 'without a name')}); leave it out."
        )
    return text


def spelt(name: str) -> str:
    """The name as it is looked for: NFC, trimmed, single blanks; BadNameError."""
    text = " ".join(part for part in unicodedata.normalize("NFC", name).split(" ") if part)
    if any(unicodedata.category(c) in _FORBIDDEN_CATEGORIES or c in _BIDI_CONTROLS for c in text):
        raise BadNameError(
            f"The name {name!a} holds control characters; use letters, digits and blanks."
        )
    text = text.strip()
    if not text:
        raise BadNameError("The name is empty; give at least one character.")
    if len(text) > MAX_NAME_CHARACTERS:
        raise BadNameError(
            f"The name has {len(text)} characters; use at most {MAX_NAME_CHARACTERS}."
        )
    return text


def name_key(name: str) -> str:
    """Equal for names that differ in case or composition only (Unicode caseless match)."""
    folded = unicodedata.normalize("NFD", name).casefold()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", folded))


def refuse_look_alike(name: str, known: Iterable[str]) -> None:
    """NameTakenError where one of the names that are `known` is seen as this one."""
    other = first_look_alike(name, known)
    if other is not None:
        raise NameTakenError(
            f"The name {name!r} looks like {other!r}, who is enrolled already; choose one that "
            "can be told from it."
        )


def close_names(name: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """Up to `limit` of the known names that are spelt like `name`, the closest first."""
    by_key = {name_key(other): other for other in known}
    close = difflib.get_close_matches(name_key(name), by_key, n=limit, cutoff=0.6)
    return [by_key[key] for key in close]


def person_of(row: tuple[Any, ...]) -> Person:
    """The person of id, name, number of photos and moment of enrolment.

    StoreError for a name that nobody could be enrolled by and a moment outside the years 1970
    to 9999.
    """
    person, name, photos, enrolled = row
    try:
        if not isinstance(person, str) or not 0 <= enrolled <= LATEST:
            raise ValueError("no id or no moment")
        spelt(name)
    except (ValueError, TypeError, BadNameError) as error:
        raise StoreError(
            "A person in the gallery has an impossible id, name or date of enrolment: the file "
            "was damaged or altered; restore it from a backup."
        ) from error
    return Person(PersonId(person), name, photos, enrolled)


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


def rules_to_bytes(rules: PersonRules) -> bytes:
    """JSON in ASCII; InputError for rules that cannot be kept."""
    return json.dumps(
        {
            "groups": list(checked_rules(rules).groups),
            "valid_from": rules.valid_from,
            "valid_until": rules.valid_until,
            "disabled": rules.disabled,
            "life_by_pin": rules.life_by_pin,
        },
        allow_nan=False,
    ).encode("ascii")


def rules_from_bytes(content: bytes) -> PersonRules:
    """StoreError for what rules_to_bytes did not make.

    Rules that an older version kept say nothing of PINs in place of life: none counts.
    """
    try:
        found = json.loads(content)
        rules = PersonRules(
            tuple(found["groups"]),
            found["valid_from"],
            found["valid_until"],
            found["disabled"],
            found.get("life_by_pin", False),
        )
        return checked_rules(rules)
    except (
        ArithmeticError,
        ValueError,
        LookupError,
        TypeError,
        RecursionError,
        InputError,
    ) as error:
        raise StoreError(
            "A person's rules were written by another accessctl; set them again: accessctl rules"
        ) from error


def checked_rules(rules: PersonRules) -> PersonRules:
    """The same rules; InputError where they are not usable."""
    for moment in (rules.valid_from, rules.valid_until):
        if moment is not None and not (isinstance(moment, int | float) and math.isfinite(moment)):
            raise InputError(f"{moment!r} is no moment; write a date such as 2026-01-31.")
    if (
        rules.valid_from is not None
        and rules.valid_until is not None
        and rules.valid_until <= rules.valid_from
    ):
        raise InputError("The rules would end before they begin; give a later end.")
    if not isinstance(rules.disabled, bool):
        raise InputError("A person is disabled or not; say true or false.")
    if not isinstance(rules.life_by_pin, bool):
        raise InputError("A PIN may stand in for life or not; say true or false.")
    if len(rules.groups) > MAX_GROUPS:
        raise InputError(f"A person can be in {MAX_GROUPS} groups, not {len(rules.groups)}.")
    for group in rules.groups:
        if not isinstance(group, str) or not 0 < len(group) <= MAX_GROUP_CHARACTERS:
            raise InputError(
                f"A group's name has 1 to {MAX_GROUP_CHARACTERS} characters, not {group!a}."
            )
    return rules
