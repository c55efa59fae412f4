"""What a backup holds, checked and put back in place; what was there is moved aside, not deleted.

Everything is unpacked beside its place and looked through before anything is replaced. The restored
log goes on with a record of both ends: where the backup ended, and where the log was known to end
before. Who was removed after the backup stays removed, and so does a badge that was taken away, as
far as the log that is there tells.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from accessctl.administration.acceptance import AcceptanceRecord, AcceptedCopy
from accessctl.administration.backup import (
    ACCEPTED,
    BUSY_TIMEOUT_S,
    GALLERY,
    HEAD,
    LOCKOUTS,
    LOG,
    DoorKeys,
    read_keys,
)
from accessctl.administration.placing import StagedBackup, put_back, put_in_place, unpacked
from accessctl.audit.append import RESTORED, End, HeadFile, last_end, purged_through
from accessctl.audit.base import person_event
from accessctl.audit.log import EventLog
from accessctl.audit.opening import find_key as find_audit_key
from accessctl.audit.opening import head_path, key_path
from accessctl.config import Config, GalleryConfig
from accessctl.config.former import former_after, joined
from accessctl.config.guard import weakened
from accessctl.domain import Event, EventKind, PersonId
from accessctl.errors import InputError, StoreError
from accessctl.gallery import sealing
from accessctl.gallery.site_store import ERASED, PUT, HubChange, SiteGallery, open_site_gallery
from accessctl.policy.lockout_store import LockoutStore
from accessctl.storage.backup_file import opened_backup
from accessctl.storage.files import write_key
from accessctl.storage.sqlite import FaultWords, connect, refuse_damaged, reported

WORDS = FaultWords.all_alike("{path} cannot be read ({what}), so nothing was restored.")
_KEY_FILE = "key"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Restored:
    """`last` is where the backup's log ended, `before` where the log was known to end before.

    `removed_again` are names of people who had been removed after the backup, `badges_again` how
    many badges had been taken away; `aside` is where what was replaced lies now. `made` is when the
    backup was made, epoch time. `weaker` says in what the backup's accepted configuration guards
    less than the one in place, which stays then.
    """

    made: float
    people: int
    records: int
    pictures: int
    last: int
    before: int | None
    removed_again: tuple[str, ...]
    aside: tuple[Path, ...]
    weaker: tuple[str, ...] = ()
    badges_again: int = 0


def restore(
    config: Config,
    environment: Mapping[str, str],
    path: Path,
    now: float,
    *,
    config_path: Path,
    keys: Path | None = None,
    revive: bool = False,
) -> Restored:
    """Put the backup at `path` in the place of what is there; no door may run meanwhile.

    One that was stopped in the middle is undone first. `config_path` is the configuration's file,
    by which the accepted one lies. `keys` is the file that was written beside it; without, the keys
    are looked for where the door has them. `revive` leaves people enrolled, and badges with them,
    that were removed after the backup. `now` is epoch time. InputError for what cannot be used, a
    FaultError for a fault; before the end of the checks nothing is changed, and where putting it in
    place fails, what was there is put back.
    """
    found_aside = put_back(config, config_path)
    gallery_key = sealing.find_key(config.gallery.folder, environment)
    audit_key = find_audit_key(key_path(config.audit), environment)
    given = DoorKeys(None, None) if keys is None else read_keys(keys)
    _refuse_other_key("gallery's key", gallery_key, given.gallery)
    _refuse_other_key("audit key", audit_key, given.audit)
    sealed_with = audit_key or given.audit
    if sealed_with is None:
        raise InputError(
            "The audit key that the backup was sealed with is not here; restore it, or name the "
            "file of keys that was written with the backup."
        )
    with opened_backup(path, sealed_with) as backup, ExitStack() as stack:
        staged = unpacked(backup, config, config_path, stack)
        inspection = _Inspection(
            config, config_path, sealed_with, gallery_key or given.gallery, staged, now
        )
        found = inspection.checked(backup.listed.facts, revive=revive)
        if gallery_key is None and given.gallery is not None:
            _put_key(sealing.local_key(config.gallery.folder), given.gallery)
        if audit_key is None:
            _put_key(key_path(config.audit), sealed_with)
        aside = put_in_place(staged, config, now)
    return Restored(**found, pictures=len(staged.pictures), aside=found_aside + aside)


def _refuse_other_key(title: str, here: bytes | None, given: bytes | None) -> None:
    if here is not None and given is not None and here != given:
        raise InputError(
            f"The {title} in place is another than the one that was saved; move it aside first."
        )


def _put_key(path: Path, key: bytes) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_key(path, key)
    except OSError as error:
        raise StoreError(
            f"The key {path} cannot be written ({error.strerror}); nothing was restored."
        ) from error


@dataclass(frozen=True, slots=True)
class _Inspection:
    """The checks, and what the unpacked log and gallery are told before they are put in place."""

    config: Config
    config_path: Path
    audit_key: bytes
    gallery_key: bytes | None
    staged: StagedBackup
    now: float

    def checked(self, facts: Mapping[str, Any], *, revive: bool) -> dict[str, Any]:
        """What Restored says of the backup."""
        for name in (LOG, GALLERY, LOCKOUTS):
            if name in self.staged.files:
                with reported(Path(name), WORDS):
                    refuse_damaged(self.staged.files[name])
        if LOCKOUTS in self.staged.files:
            with LockoutStore(self.staged.files[LOCKOUTS]) as lockouts:
                lockouts.read(self.config.access.door)
        head = HeadFile(self.staged.files[HEAD], self.audit_key)
        with EventLog(self.staged.files[LOG], head=head) as events:
            records = _verified(events, facts["broken"])
            last = _end_of(self.staged.files[LOG])
            before = self._known_end(head)
            events.append(_said(last, before, facts["made"], self.now, revive=revive))
            people, again, badges = self._gallery(events, last, revive=revive)
            weaker = self._accepted(events)
        return {
            "made": float(facts["made"]),
            "people": people,
            "records": records,
            "last": last.number,
            "before": None if before is None else before.number,
            "removed_again": again,
            "badges_again": badges,
            "weaker": weaker,
        }

    def _accepted(self, events: EventLog) -> tuple[str, ...]:
        """In what the backup's accepted configuration guards less than the one in place, which
        then stays, on record: a restore accepts nothing in its owner's stead."""
        if ACCEPTED not in self.staged.files:
            return ()
        file = self.staged.files[ACCEPTED]
        copy = AcceptedCopy(self.config_path, {})
        saved = copy.taken_along(file, key_path(self.config.audit), self.audit_key)
        here = copy.found(self.audit_key)
        if here is None or saved is None:
            return ()
        weaker = weakened(here.config, saved.config, here.former)
        if not weaker:
            former = former_after(here.config, here.former, saved.config)
            kept = replace(saved, former=joined(saved.former, former))
            copy.put_into(file, key_path(self.config.audit), self.audit_key, kept)
            return ()
        del self.staged.files[ACCEPTED]
        AcceptanceRecord(self.config_path, events, lambda: self.now).confirm(here, by="restore")
        return tuple(map(str, weaker))

    def _known_end(self, staged: HeadFile) -> End | None:
        """Where the log was known to end until now: by the head kept apart, else by the log.

        InputError where the head is of another log.
        """
        head = HeadFile(head_path(self.config.audit), self.audit_key)
        try:
            sealed = head.read() if head.exists() else None
        except OSError as error:
            raise StoreError(
                f"The head {head.path} cannot be read ({error.strerror}), so nobody would see what "
                "is lost; bring its disk back first."
            ) from error
        if sealed is None:
            return self._end_in_place()
        with closing(connect(self.staged.files[LOG], BUSY_TIMEOUT_S)) as db:
            row = db.execute("SELECT hash FROM event WHERE id = ?", (sealed.number,)).fetchone()
            is_later = sealed.number > last_end(db).number
            is_known = row is not None and row[0] == sealed.hash
            is_purged = sealed.number <= purged_through(db, staged)
        if not (is_later or is_known or is_purged):
            raise InputError(
                f"The head {head.path} is of another log than the backup's; move it aside to "
                "restore all the same."
            )
        return sealed

    def _end_in_place(self) -> End | None:
        file = self.config.audit.file
        try:
            return _end_of(file) if file.exists() else None
        except StoreError as error:
            log.warning("The log that is there does not tell where it ended: %s", error)
            return None

    def _gallery(
        self, events: EventLog, last: End, *, revive: bool
    ) -> tuple[int, tuple[str, ...], int]:
        """How many people there are, who had to be removed again, and how many badges."""
        if GALLERY not in self.staged.files:
            return 0, (), 0
        with self._opened_gallery() as site:
            gallery = site.gallery
            photos = sum(1 for _ in gallery.photos())
            log.info("Opened %d photos of the backup with the gallery's key.", photos)
            gallery.rules()
            gallery.pins()
            gallery.badges()
            gone = _Removed() if revive else self._removed_since(last)
            again = [person for person in gallery.people() if person.id in gone.people]
            for person in again:
                if person.id in gone.by_hub:
                    site.erase(person.id, partial(self._record_all, events))
                    continue
                gallery.remove(person.name, record=lambda who: self._record(events, "removed", who))
            badges = [b for b in gallery.badges() if (b.person, b.mark) in gone.badges]
            for badge in badges:
                told = partial(self._record, events, "badge_removed", badge=badge.mark)
                gallery.remove_badges(badge.person, [badge], record=told)
            return len(gallery.people()), tuple(person.name for person in again), len(badges)

    def _record_all(self, events: EventLog, changes: Sequence[HubChange]) -> None:
        for change, person in changes:
            self._record(events, change, person)

    def _record(self, events: EventLog, change: str, person: PersonId, **more: str) -> None:
        events.append(person_event(change, person, self.now, more))

    @contextmanager
    def _opened_gallery(self) -> Iterator[SiteGallery]:
        if self.gallery_key is None:
            raise InputError(
                "The gallery's key is not here; restore it, or name the file of keys that was "
                "written with the backup."
            )
        folder = self.staged.files[GALLERY].parent
        _put_key(folder / _KEY_FILE, self.gallery_key)
        environment = {sealing.KEY_FILE_VARIABLE: str(folder / _KEY_FILE)}
        site = open_site_gallery(GalleryConfig(folder=folder), environment)
        with closing(site.gallery):
            yield site

    def _removed_since(self, last: End) -> "_Removed":
        """What the log that is there calls removed after the backup's end."""
        gone = _Removed()
        if not self.config.audit.file.exists():
            return gone
        try:
            with EventLog(self.config.audit.file) as events:
                for _, event in events.query(kind=EventKind.PERSON, after=last.number):
                    gone.note(event)
        except StoreError as error:
            # A damaged log is why somebody restores.
            log.warning("Whoever was removed after the backup may be enrolled again: %s", error)
        return gone


@dataclass(frozen=True, slots=True)
class _Removed:
    """The people who were removed, which of them `by_hub`, and the badges that were taken away, by
    their marks."""

    people: set[PersonId] = field(default_factory=set)
    by_hub: set[PersonId] = field(default_factory=set)
    badges: set[tuple[PersonId, str]] = field(default_factory=set)

    def note(self, event: Event) -> None:
        """What the next event of a person says."""
        person, change = event.person, event.data.get("change")
        if person is None:
            return
        badge = person, str(event.data.get("badge"))
        if change in ("removed", ERASED):
            self.people.add(person)
            self.by_hub.discard(person)
            if change == ERASED:
                self.by_hub.add(person)
        elif change == PUT:
            self.people.discard(person)
        elif change == "badge_removed":
            self.badges.add(badge)
        elif change == "badge_added":
            self.badges.discard(badge)


def _verified(events: EventLog, was_broken_at: int | None) -> int:
    """How many records there are; StoreError."""
    report = events.verify()
    # One that was broken when it was saved is evidence as it is.
    if report.broken is not None and report.broken.number != was_broken_at:
        raise StoreError(
            f"The backup's log is broken at record {report.broken.number} "
            f"({report.broken.problem}); nothing was restored."
        )
    return report.records


def _end_of(file: Path) -> End:
    with reported(file, WORDS), closing(connect(file, BUSY_TIMEOUT_S)) as db:
        return last_end(db)


def _said(last: End, before: End | None, made: float, now: float, *, revive: bool) -> Event:
    """The record that stands between what was restored and what comes."""
    data: dict[str, Any] = {
        "state": RESTORED,
        "made": made,
        "head": last.number,
        "head_hash": last.hash.hex(),
    }
    if before is not None:
        data |= {"before": before.number, "before_hash": before.hash.hex()}
    if revive:
        data["revive"] = True
    return Event(now, EventKind.SERVICE, data)
