"""Brings the people of a file in, row by row; a second run changes nothing that is there already.

A row is one transaction: all of it, each change with its record, or nothing. So nobody is enrolled
without the groups and dates that their row gives them, and what a row would do can be found out by
doing it and taking it back. Of a row that cannot be done there counts what takes something from
somebody who is enrolled: nobody may longer than it says because of a photo that is missing.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from accessctl.administration.changes import Administration, RulesWish, changed
from accessctl.administration.people_file import PersonRow, RefusedRow
from accessctl.config.policy import AccessConfig
from accessctl.errors import InputError, UnknownPersonError
from accessctl.gallery.site_restraint import only_less

if TYPE_CHECKING:
    from accessctl.recognition.enrolment import Candidate

NOTHING_ASKED = RulesWish()
TAKEN_AWAY = "What its groups and dates take from them counts all the same."
DoneT = TypeVar("DoneT")


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """What a row changed, or would: `photos` is how many are new."""

    row: PersonRow
    is_new: bool = False
    photos: int = 0
    rules: bool = False
    badge: bool = False

    @property
    def has_changed(self) -> bool:
        return self.is_new or self.photos > 0 or self.rules or self.badge

    def sentence(self) -> str:
        parts = []
        if self.photos:
            more = "" if self.is_new else " more"
            parts.append(f"{self.photos}{more} photo{'' if self.photos == 1 else 's'}")
        if self.rules:
            parts.append("groups or dates")
        if self.badge:
            parts.append("a badge")
        what = "new" if self.is_new else "changed" if parts else "as they are"
        return f"{self.row.name}: {what}" + (f" ({', '.join(parts)})" if parts else "")


@dataclass(slots=True)
class ImportProgress:
    """How far an import has come; `refused` holds why each row was not taken."""

    done: list[ImportedRow] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)

    def sentence(self) -> str:
        new = sum(one.is_new for one in self.done)
        other = sum(one.has_changed for one in self.done) - new
        same = len(self.done) - new - other
        return (
            f"{len(self.done) + len(self.refused)} rows: {new} new, {other} changed, {same} as "
            f"they are, {len(self.refused)} refused."
        )


@dataclass(frozen=True, slots=True)
class ImportPlace:
    """Where people are brought in: `administer` makes what changes them, `transaction` is what all
    changes made in it are one of, and `access` gives the rules that a wish is read by."""

    administer: Callable[[], Administration]
    transaction: Callable[[], AbstractContextManager[object]]
    access: Callable[[RulesWish], AccessConfig]


class PeopleImport:
    """One import; with `write` False what a row would change is taken back."""

    def __init__(self, place: ImportPlace, *, write: bool) -> None:
        self._place = place
        self._write = write
        self._administration: Administration | None = None

    def bring_in(self, row: PersonRow, photos: "Callable[[], Sequence[Candidate]]") -> ImportedRow:
        """InputError for a row that cannot be taken, also by `photos`: then nothing of it is done
        but what it takes from them. StoreError."""
        try:
            found = photos()
            return self._done(lambda administration: self._all_of(administration, row, found))
        except InputError as error:
            if not self._took_away(row):
                raise
            raise InputError(f"{error} {TAKEN_AWAY}") from error

    def _done(self, do: Callable[[Administration], DoneT]) -> DoneT:
        """What `do` gives, in one transaction; what raises is taken back, and so is a trial."""
        administration = self._administration or self._place.administer()
        # What it remembers of photos is of no use once a change was taken back.
        self._administration = None
        found: list[DoneT] = []
        try:
            with self._place.transaction():
                found.append(do(administration))
                if not self._write:
                    raise _TakenBackError
        except _TakenBackError:
            return found[0]
        self._administration = administration
        return found[0]

    def _took_away(self, row: PersonRow) -> bool:
        """Whether the row's groups and dates, or where those cannot be told its dates alone, make
        the rules of somebody enrolled stricter; then they are so."""
        if self._made_stricter(row.name, row.wish):
            return True
        begins = self._made_stricter(row.name, RulesWish(begin=row.begin))
        ends = self._made_stricter(row.name, RulesWish(end=row.end))
        return begins or ends

    def _made_stricter(self, name: str, wish: RulesWish) -> bool:
        def make(administration: Administration) -> bool:
            before = administration.entitlement(name).rules
            after = only_less(before, changed(before, wish, self._place.access(wish)))
            if after != before:
                administration.change_rules(name, lambda _: after)
            return after != before

        try:
            return self._done(make)
        except InputError:
            # They are not enrolled, or it says what cannot be: that is told already.
            return False

    def _all_of(
        self, administration: Administration, row: PersonRow, photos: "Sequence[Candidate]"
    ) -> ImportedRow:
        taken = [administration.take_in(row.name, photo).change for photo in photos]
        try:
            name = administration.person(row.name).name
        except UnknownPersonError as error:
            raise InputError(f"{row.name} is not enrolled, and the row has no photo.") from error
        return ImportedRow(
            row,
            is_new="enrolled" in taken,
            photos=len(taken) - taken.count("known"),
            rules=self._rules(administration, name, row.wish),
            badge=_badge(administration, name, row),
        )

    def _rules(self, administration: Administration, name: str, wish: RulesWish) -> bool:
        if wish == NOTHING_ASKED:
            return False
        access = self._place.access(wish)
        before = administration.entitlement(name).rules
        after = administration.change_rules(name, lambda kept: changed(kept, wish, access)).rules
        return after != before


class _TakenBackError(Exception):
    """Ends a transaction that was only to show what it would change."""


def _badge(administration: Administration, name: str, row: PersonRow) -> bool:
    """Whether it is new; BadgeTakenError for somebody else's, InputError for what is none."""
    if row.no_badge is not None:
        raise InputError(row.no_badge)
    if row.badge is None:
        return False
    digest = administration.badges.digest_of(row.badge)
    owner = administration.badges.owner_of(digest)
    if owner is not None and owner.person.name == name:
        return False
    administration.badges.add(name, digest)
    return True
