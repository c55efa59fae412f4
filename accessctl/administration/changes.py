"""Every change of who may enter, for the command line, the preview and any other front.

It works on a door's own gallery and event log, and needs neither its camera nor its encoder.

There is no change without its record. The event is on disk before the change is kept: the log
may tell of a change that was not made after all, never miss one. Removing somebody alone waits
for no record: whoever shall be forgotten is forgotten, also with a log that cannot be written.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from accessctl.administration.badges import BadgeAdministration
from accessctl.administration.gallery_heads import (
    GalleryAccepted,
    GalleryHeads,
    HeadKeeping,
    ReadableRecorder,
)
from accessctl.administration.vetting import PhotoVetting
from accessctl.audit.base import Recorder, person_event
from accessctl.audit.log import EventLog
from accessctl.audit.opening import open_log, refuse_half_restored
from accessctl.audit.schema import reported
from accessctl.config import AuditConfig, Config
from accessctl.config.policy import AccessConfig
from accessctl.domain import Event, EventKind, Person, PersonId, PersonRules
from accessctl.errors import InputError, StoreError, UnknownPersonError
from accessctl.gallery.people import NewPhoto, People, Record
from accessctl.gallery.person import ControllerNumber, hash_pin
from accessctl.gallery.store import open_gallery
from accessctl.policy.access import beginning, ending, zone_of
from accessctl.policy.lockout import Lockout
from accessctl.policy.lockout_store import LockoutStore

if TYPE_CHECKING:
    from accessctl.recognition.enrolment import Candidate

NOTHING: Mapping[str, Any] = MappingProxyType({})

NONE = "none"
"""In a wish on somebody's rules: no group, no beginning or no end."""


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What somebody enrolled is allowed; `has_pin` tells whether one is set."""

    person: Person
    rules: PersonRules
    has_pin: bool


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of a `photo` of a folder: its person; whether they are new, it is, or neither."""

    person: Person
    change: Literal["enrolled", "photo_added", "known"]
    photo: "Candidate"


class Administration:
    """People as their owner manages them; `now` is epoch time.

    Names are found whatever their case. Besides what is said at each method, everything raises
    StoreError when the gallery or the log cannot be written, and then nothing is changed.
    """

    def __init__(
        self,
        gallery: People,
        audit: ReadableRecorder,
        now: Callable[[], float],
        *,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """`random_bytes` salts PINs."""
        self._heads = GalleryHeads(gallery, audit, now)
        self.badges = BadgeAdministration(gallery, audit, self._heads, now)
        self._gallery = gallery
        self._audit = audit
        self._now = now
        self._random = random_bytes
        self._vetting = PhotoVetting(gallery)

    def person(self, name: str) -> Person:
        """UnknownPersonError."""
        return self._gallery.person(name)

    def entitlement(self, name: str) -> Entitlement:
        """UnknownPersonError."""
        person = self._gallery.person(name)
        rules = self._gallery.rules().get(person.id, PersonRules())
        return Entitlement(person, rules, person.id in self._gallery.pins())

    def enrol(self, name: str, photos: "Sequence[Candidate]", *, anyway: bool = False) -> Person:
        """Somebody new, with one or more photos; NameTakenError, BadNameError, and MisfitError
        for a photo that shows somebody enrolled already, or another person than those before it.

        Nothing is kept when one of them is refused. Each photo is a change of its own: when a
        later one cannot be kept, the earlier ones are. With `anyway` a misfit is taken, and on
        record as one.
        """
        name = self._gallery.free_name(name)
        first, *others = photos
        note, *notes = self._vetting.vet(name, None, photos, anyway=anyway)
        with self._marked():
            person = self._gallery.add_person(
                name, self._to_keep(first), record=self._recording("enrolled", note)
            )
            self._vetting.kept(person.id, first)
            return self._add(person, others, notes)

    def add_photos(
        self, name: str, photos: "Sequence[Candidate]", *, anyway: bool = False
    ) -> Person:
        """More photos of somebody enrolled, each a change of its own; UnknownPersonError, and
        MisfitError for one that shows somebody else; see `enrol`."""
        person = self._gallery.person(name)
        notes = self._vetting.vet(person.name, person, photos, anyway=anyway)
        with self._marked():
            return self._add(person, photos, notes)

    def take_in(self, name: str, photo: "Candidate", *, anyway: bool = False) -> "TakenIn":
        """Somebody new, or one more photo of somebody enrolled, unless it is theirs already.

        So a folder of photos can be gone through again from its beginning. Errors as of `enrol`.
        """
        try:
            person = self._gallery.person(name)
        except UnknownPersonError:
            return TakenIn(self.enrol(name, [photo], anyway=anyway), "enrolled", photo)
        if self._vetting.has(person, photo):
            return TakenIn(person, "known", photo)
        added = self.add_photos(person.name, [photo], anyway=anyway)
        return TakenIn(added, "photo_added", photo)

    def remove_photo(self, name: str, number: int) -> Person:
        """Erase the `number`th photo of somebody; UnknownPersonError, UnknownPhotoError, and
        LastPhotoError for the only one there is."""
        record = self._recording("photo_removed")
        with self._marked():
            return self._gallery.remove_photo(name, number, record=record)

    def rename(self, old: str, new: str) -> Person:
        """UnknownPersonError, NameTakenError, BadNameError."""
        with self._marked():
            return self._gallery.rename(old, new, record=self._recording("renamed"))

    def change_rules(self, name: str, change: Callable[[PersonRules], PersonRules]) -> Entitlement:
        """`change` is given the present rules; nothing is written where it leaves them as they
        are. UnknownPersonError, and InputError for rules that cannot be kept."""
        before = self.entitlement(name)
        rules = change(before.rules)
        if rules != before.rules:
            record = self._recording("rules_changed")
            with self._marked():
                self._gallery.set_rules(before.person.id, rules, record=record)
        return Entitlement(before.person, rules, before.has_pin)

    def set_pin(self, name: str, pin: str) -> Person:
        """UnknownPersonError, and InputError for what may not be a PIN."""
        person = self._gallery.person(name)
        kept = hash_pin(pin, self._random)
        with self._marked():
            self._gallery.set_pin(person.id, kept, record=self._recording("pin_changed"))
        return person

    def clear_pin(self, name: str) -> Person:
        """Take the PIN away; UnknownPersonError."""
        person = self._gallery.person(name)
        with self._marked():
            self._gallery.set_pin(person.id, None, record=self._recording("pin_changed"))
        return person

    def set_controller_number(self, name: str, number: ControllerNumber | None) -> Person:
        """Set it, or take it away; UnknownPersonError."""
        person = self._gallery.person(name)
        record = self._recording("controller_number_changed")
        with self._marked():
            self._gallery.set_controller_number(person.id, number, record=record)
        return person

    def remove(self, name: str) -> Person:
        """Leave nothing of somebody behind but a pseudonym in the log; UnknownPersonError.

        StoreError also once they are removed, where the log could not be told.
        """
        untold: list[StoreError] = []
        record = self._recording("removed")

        def attempt(person: PersonId) -> None:
            try:
                record(person)
            except StoreError as error:
                untold.append(error)

        with self._marked():
            person = self._gallery.remove(name, record=attempt)
        if untold:
            raise StoreError(
                f"{person.name} is removed, but the event log does not tell of it. {untold[0]}"
            ) from untold[0]
        return person

    def accept_gallery(self) -> GalleryAccepted:
        """Take the gallery as it is, although the log has seen a newer or another one."""
        return self._heads.accept()

    def _marked(self) -> HeadKeeping:
        return HeadKeeping(self._heads)

    def _add(
        self, person: Person, photos: "Sequence[Candidate]", notes: Sequence[Mapping[str, Any]]
    ) -> Person:
        for photo, note in zip(photos, notes, strict=True):
            person = self._gallery.add_photo(
                person.id, self._to_keep(photo), record=self._recording("photo_added", note)
            )
            self._vetting.kept(person.id, photo)
        return person

    def _recording(self, change: str, more: Mapping[str, Any] = NOTHING) -> Record:
        """What the gallery calls when a change is ready; it keeps nothing where that raises."""
        return lambda person: self._audit.append(person_event(change, person, self._now(), more))

    def _to_keep(self, candidate: "Candidate") -> NewPhoto:
        return NewPhoto(
            jpeg=candidate.jpeg,
            embedding=candidate.embedding,
            fingerprint=candidate.fingerprint,
            quality=candidate.quality,
            added=self._now(),
        )


class DeferredLog:
    """The event log, opened or made with the first event; a context manager.

    So nothing is made for a change that is refused, and a log that cannot be opened keeps
    nobody from being removed. While a restore is half done it is refused at once, with StoreError:
    nothing that is changed then would stay.
    """

    def __init__(self, config: AuditConfig, environment: Mapping[str, str]) -> None:
        self._config = config
        self._environment = environment
        self._log: EventLog | None = None

    def append(self, event: Event) -> int:
        """See EventLog.append; StoreError also when the log cannot be opened."""
        return self._opened().append(event)

    def query(
        self, *, kind: EventKind | None = None, after: int = 0
    ) -> Iterator[tuple[int, Event]]:
        """See EventLog.query; nothing while there is no log. None is made for it."""
        if self._log is None and not self._config.file.exists():
            return
        yield from self._opened().query(kind=kind, after=after)

    def _opened(self) -> EventLog:
        if self._log is None:
            # Said of the log, though it may be the gallery's transaction that this is part of.
            with reported(self._config.file):
                self._log = open_log(self._config, self._environment)
        return self._log

    def __enter__(self) -> "DeferredLog":
        refuse_half_restored(self._config.file)
        return self

    def __exit__(self, *_: object) -> None:
        if self._log is not None:
            self._log.close()


@contextmanager
def open_administration(
    config: Config, environment: Mapping[str, str], now: Callable[[], float] = time.time
) -> Iterator[Administration]:
    """StoreError or GalleryKeyError when the gallery cannot be opened, and StoreError while a
    restore is half done."""
    with (
        DeferredLog(config.audit, environment) as audit,
        open_gallery(config.gallery, environment) as gallery,
    ):
        yield Administration(gallery, audit, now)


@dataclass(frozen=True, slots=True)
class EndedLockouts:
    """What `end_lockout` ended: the `door`'s own, and how many people's."""

    door: Lockout
    people: int

    @property
    def any(self) -> bool:
        return self.door != Lockout() or self.people > 0


def end_lockout(
    lockouts: LockoutStore, door: str, audit: Recorder, now: Callable[[], float]
) -> EndedLockouts:
    """Every face counts again at `door` from now on.

    Told and ended in one transaction of the lockouts, so that no attempt that was refused
    meanwhile is forgotten untold. StoreError when either cannot be written: nothing is ended.
    """

    def tell(kept: Lockout, people: int) -> None:
        if EndedLockouts(kept, people).any:
            told = {
                "state": "face_unlocked",
                "door": door,
                "refused": round(kept.refused, 2),
                "people": people,
            }
            audit.append(Event(now(), EventKind.SERVICE, told))

    return EndedLockouts(*lockouts.clear(door, tell))


def end_person_lockout(
    lockouts: LockoutStore, door: str, person: PersonId, audit: Recorder, now: Callable[[], float]
) -> Lockout:
    """The face of `person` counts again at `door`, as far as their own row of refusals goes.

    What stood against them, as `end_lockout`; the door's own lockout and everybody else's stay.
    """

    def tell(kept: Lockout) -> None:
        if kept != Lockout():
            more = {"door": door, "refused": round(kept.refused, 2)}
            audit.append(person_event("face_unlocked", person, now(), more))

    return lockouts.clear_person(door, person, tell)


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesWish:
    """What an owner wants of somebody's rules, in words; None leaves what is as it is.

    `groups` takes the place of all present ones. `begin` and `end` are dates such as
    2026-01-31 or 2026-01-31T18:30 in the door's time zone; a day as the end is meant with all
    of it.
    """

    groups: Sequence[str] | None = None
    begin: str | None = None
    end: str | None = None
    disabled: bool | None = None
    life_by_pin: bool | None = None


def changed(kept: PersonRules, wish: RulesWish, config: AccessConfig) -> PersonRules:
    """The rules as the wish changes them; InputError for an unknown group or date."""
    zone = zone_of(config)
    if wish.groups is not None:
        kept = replace(kept, groups=_groups(wish.groups, config))
    if wish.begin is not None:
        begin = None if wish.begin == NONE else beginning(wish.begin, zone)
        kept = replace(kept, valid_from=begin)
    if wish.end is not None:
        kept = replace(kept, valid_until=None if wish.end == NONE else ending(wish.end, zone))
    if wish.life_by_pin is not None:
        kept = replace(kept, life_by_pin=wish.life_by_pin)
    return kept if wish.disabled is None else replace(kept, disabled=wish.disabled)


def _groups(named: Sequence[str], config: AccessConfig) -> tuple[str, ...]:
    groups = tuple(dict.fromkeys(named))
    if groups == (NONE,):
        return ()
    for group in groups:
        if group not in config.groups:
            known = ", ".join(sorted(config.groups)) or "there are none yet"
            raise InputError(
                f"There is no group {group!r} in access.groups of the configuration ({known})."
            )
    return groups
