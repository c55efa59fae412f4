"""The hub's feed as a door takes it: batch by batch, each of them whole and on record.

A batch counts once the hub's key has signed for it; whoever cannot be read is not at this door. The
numbers of its changes only grow; where the hub has the door begin anew, that is a round: whoever
was not among its changes is gone at its end.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

from accessctl.administration.gallery_heads import GalleryHeads, HeadKeeping, ReadableRecorder
from accessctl.audit.base import person_event
from accessctl.domain import Event
from accessctl.errors import DamagedError, FaultError, HubError, StoreError
from accessctl.gallery.site import DocumentPut, SiteBatch, SitePosition
from accessctl.gallery.site_store import TAKEN_AWAY, HubChange, SiteGallery
from accessctl.sync.age import HubAge
from accessctl.sync.documents import Kept, kept_of
from accessctl.sync.feed_wire import LATER_KINDS, ChangeBatch, ChangeKind, FeedHead
from accessctl.sync.site_key_ring import SiteKeyRing
from accessctl.sync.taking_away import Page, TakingAway

KNOWN_KINDS = "known kinds"
"""As what a gallery keeps which later kinds of changes were asked for: no kind of the hub's."""

log = logging.getLogger(__name__)


class FeedGiver(Protocol):
    """See client.DoorClient. HubError."""

    def changes(self, after: int, round_: int | None) -> ChangeBatch: ...


class HeadChecker(Protocol):
    """See identity.Membership. HubError."""

    def check_head(self, head: FeedHead) -> None: ...


class BatchRecorder(ReadableRecorder, Protocol):
    """A log that takes several events at once."""

    def append_all(self, events: Sequence[Event]) -> None:
        """As `append` with each, all of them or none; StoreError."""


@dataclass(frozen=True, slots=True)
class HandedBatch:
    """A batch that came unasked, with a wait for what comes after the change `after`."""

    after: int
    batch: ChangeBatch


class SiteRecord:
    """The door's record of what its hub changes in its gallery."""

    def __init__(self, site: SiteGallery, audit: BatchRecorder, now: Callable[[], float]) -> None:
        self._heads = GalleryHeads(site.gallery, audit, now)
        self._audit = audit
        self._now = now

    def changing(self) -> HeadKeeping:
        """What a change is made within, so that the log knows the gallery's next state."""
        return HeadKeeping(self._heads)

    def write(self, changes: Sequence[HubChange]) -> None:
        """All or none. StoreError, and then they are not kept; what is taken away is all the
        same."""
        now = self._now()
        try:
            self._audit.append_all([person_event(*change, now) for change in changes])
        except StoreError as error:
            if any(change not in TAKEN_AWAY for change, _ in changes):
                raise
            taken = ", ".join(sorted({change for change, _ in changes}))
            log.error("What the hub took from people (%s) is not in the log: %s", taken, error)


class HubFeed:
    """Takes what the hub says into `site`."""

    def __init__(
        self,
        giver: FeedGiver,
        checker: HeadChecker,
        keys: SiteKeyRing,
        site: SiteGallery,
        age: HubAge,
        record: SiteRecord,
    ) -> None:
        self._giver = giver
        self._checker = checker
        self._keys = keys
        self._site = site
        self._age = age
        self._record = record
        self._taking_away = TakingAway(self._page, site, record.write)

    def take(self, handed: HandedBatch | None = None) -> bool:
        """One batch, which the hub is asked for unless `handed` follows just what is here; whether
        there is more. HubError, StoreError, FaultError."""
        position = self._site.position()
        if position is None:
            raise FaultError("This gallery has not begun with its hub.")
        if handed is not None and is_next(handed, position):
            batch = handed.batch
        else:
            batch = self._giver.changes(position.after, position.round or None)
        self._checker.check_head(batch.head)
        if batch.round is not None and batch.round != position.round:
            log.warning("The hub has this door ask for everybody anew.")
            self._site.begin_round(batch.round)
            return True
        check_order(batch, position)
        said = self._read(batch)
        ends_round = position.round is not None and not batch.more
        after = position_after(position, batch)
        try:
            with self._record.changing():
                taken = SiteBatch(said, after, ends_round, documents_named(batch))
                self._site.take(taken, self._record.write)
        except StoreError:
            # Where the log takes in nobody, whoever is to be gone is gone all the same.
            self._taking_away.from_here_on(
                (said, after, batch.more), in_round=position.round is not None
            )
            raise
        told = [change.kind for change in said if isinstance(change, DocumentPut)]
        if told:
            log.info("The hub said anew: %s.", ", ".join(told))
        if not batch.more:
            self.heard(batch.head)
        return batch.more

    def _read(self, batch: ChangeBatch) -> tuple[Kept, ...]:
        read = (kept_of(change, self._keys) for change in batch.changes)
        return tuple(change for change in read if change is not None)

    def _page(self, position: SitePosition) -> Page:
        """What comes after a position, of which nothing is kept yet; HubError, FaultError."""
        batch = self._giver.changes(position.after, position.round or None)
        self._checker.check_head(batch.head)
        if batch.round is not None and batch.round != position.round:
            raise HubError("The hub has this door ask for everybody anew.")
        check_order(batch, position)
        return self._read(batch), position_after(position, batch), batch.more

    def mend(self) -> bool:
        """Have the hub asked anew for whoever is damaged here, see SiteGallery.mend, and for what
        an earlier release at this door did not understand; whether it has to be. StoreError."""
        before = self._site.position()
        with self._record.changing():
            self._ask_for_later_kinds()
            self._site.mend(self._record.write)
        return self._site.position() != before

    def _ask_for_later_kinds(self) -> None:
        known = " ".join(LATER_KINDS).encode("ascii")
        position = self._site.position()
        try:
            is_asked = self._site.document(KNOWN_KINDS) == known
        except DamagedError:
            is_asked = False
        if is_asked or position is None:
            return
        anew = replace(position, again=0 if position.seq else None)
        asked = DocumentPut(0, KNOWN_KINDS, known)
        try:
            self._site.take(SiteBatch((asked,), anew), self._record.write)
        except StoreError as error:
            # Whoever is removed meanwhile shall be gone all the same.
            log.error("What this release knows besides is not asked for yet: %s", error)

    def heard(self, head: FeedHead) -> None:
        """The hub has nothing that this door has not, as of that head, whose signature was looked
        at. StoreError."""
        if not self._age.heard(head.time):
            log.error("The hub's clock went back; what it says counts as old until it is past.")

    def checked(self, head: FeedHead) -> FeedHead:
        """HubError unless the hub signed it."""
        self._checker.check_head(head)
        return head


def is_next(handed: HandedBatch, position: SitePosition) -> bool:
    """Whether that batch holds just what comes after `position`; in the middle of a round, or
    where something is asked for once more, none does."""
    is_settled = position.round is None and position.again is None
    return is_settled and handed.after == position.seq


def documents_named(batch: ChangeBatch) -> frozenset[str]:
    """The kinds of documents that a batch speaks of: also one that cannot be read is there."""
    of_people = (ChangeKind.PERSON, ChangeKind.GONE)
    return frozenset(str(one.kind) for one in batch.changes if one.kind not in of_people)


def check_order(batch: ChangeBatch, position: SitePosition) -> None:
    """HubError for a batch that does not follow `position`."""
    numbers = [position.after, *(change.seq for change in batch.changes)]
    if any(low >= high for low, high in pairwise(numbers)):
        raise HubError("The hub's changes are not in their order; nothing of them is taken.")
    if batch.more and not batch.changes:
        raise HubError("The hub says that there is more, and does not say it.")
    if batch.head.seq < position.seq:
        raise HubError(
            "The hub's feed ends before what this door has of it, and it begins no new round; "
            "nothing of it is taken."
        )


def position_after(position: SitePosition, batch: ChangeBatch) -> SitePosition:
    """Where the door is once it has taken that batch: with its last page, where the hub is, also
    where other doors alone had part in what changed."""
    last = batch.changes[-1].seq if batch.changes else position.after
    if not batch.more:
        last = max(last, batch.head.seq)
    is_behind = position.again is not None and batch.more and last < position.seq
    return SitePosition(
        position.hub,
        position.door,
        max(position.seq, last),
        position.round if batch.more else None,
        last if is_behind else None,
    )
