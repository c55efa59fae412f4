"""What the event log has seen of a gallery, so that an older one put back is not taken for new.

After each change, and by each door that takes a change over, the gallery's mark goes on record. A
gallery that does not go on from the newest mark on record is refused until its owner accepts it,
which is on record, too. Several galleries may share a log: each has a place of its own there.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from accessctl.audit.base import Recorder
from accessctl.domain import Event, EventKind, Person
from accessctl.errors import StoreError
from accessctl.gallery.schema import GalleryMark, Marked, goes_on_from

SEEN, ACCEPTED = "gallery_seen", "gallery_accepted"

log = logging.getLogger(__name__)


class ReadableRecorder(Recorder, Protocol):
    """A log that can be read by whoever writes to it."""

    def query(
        self, *, kind: EventKind | None = None, after: int = 0
    ) -> Iterator[tuple[int, Event]]: ...


class MarkedPeople(Marked, Protocol):
    def people(self) -> list[Person]: ...


@dataclass(frozen=True, slots=True)
class GalleryAccepted:
    """`before` is what the log had seen last, None for nothing; `now` counts from now on."""

    before: GalleryMark | None
    now: GalleryMark
    people: int


class GalleryHeads:
    """The marks of one gallery in one log; a gallery that is kept nowhere has none.

    Everything raises StoreError when either cannot be read or written.
    """

    def __init__(
        self, gallery: MarkedPeople, audit: ReadableRecorder, now: Callable[[], float]
    ) -> None:
        """Reads nothing yet; `now` is epoch time."""
        self._gallery = gallery
        self._audit = audit
        self._now = now
        self._read = 0
        self._newest: GalleryMark | None = None

    def mark(self) -> GalleryMark:
        """The gallery's own."""
        return self._gallery.mark()

    def newest(self) -> GalleryMark | None:
        """The mark that the log has seen last, or that was accepted since."""
        for number, event in self._audit.query(kind=EventKind.SERVICE, after=self._read):
            self._read = number
            if event.data.get("place") == self._gallery.place:
                self._newest = mark_in(event) or self._newest
        return self._newest

    def objection(self) -> str | None:
        """Why this gallery may not be relied on, in one sentence; None where it may."""
        known = self.newest() if self._gallery.place else None
        if known is None or goes_on_from(self._gallery, known):
            return None
        mark = self._gallery.mark()
        if mark.gallery != known.gallery:
            if not self._gallery.people():
                # Nobody comes back with it.
                return None
            what = "another one than the event log knows"
        elif mark.revision < known.revision:
            what = f"older than the event log knows (change {mark.revision} of {known.revision})"
        else:
            what = "changed from an older one than the event log knows"
        return (
            f"The gallery is {what}: who was removed since may be back in it; look at "
            "`accessctl people`, and if it is right run: accessctl gallery accept"
        )

    def note(self) -> None:
        """Put the gallery's mark on record unless it is the newest there.

        For a gallery without `objection` only.
        """
        if not self._gallery.place:
            return
        mark = self._gallery.mark()
        if mark != self.newest():
            self._write(SEEN, mark)

    def repeat(self) -> None:
        """Put the mark on record once more: old records are forgotten some day."""
        if self._gallery.place:
            self._write(SEEN, self._gallery.mark())

    def accept(self) -> GalleryAccepted:
        """From now on this gallery counts as it is, on record."""
        before, mark, people = self.newest(), self._gallery.mark(), len(self._gallery.people())
        told: dict[str, Any] = {"people": people}
        if before is not None:
            told |= {"before_revision": before.revision, "before_head": before.head}
        self._write(ACCEPTED, mark, **told)
        return GalleryAccepted(before, mark, people)

    def _write(self, state: str, mark: GalleryMark, **more: Any) -> None:
        data = {
            "state": state,
            "place": self._gallery.place,
            "gallery": mark.gallery,
            "revision": mark.revision,
            "head": mark.head,
        }
        self._audit.append(Event(self._now(), EventKind.SERVICE, data | more))


def mark_in(event: Event) -> GalleryMark | None:
    """The mark that this event tells of; None for any other event."""
    data = event.data
    if data.get("state") not in (SEEN, ACCEPTED):
        return None
    gallery, revision, head = (data.get(name) for name in ("gallery", "revision", "head"))
    if isinstance(gallery, str) and isinstance(revision, int) and isinstance(head, str):
        return GalleryMark(gallery, revision, head)
    return None


class HeadKeeping:
    """Marks the gallery in the log after each change that began from a state without objection.

    So a change made in an older gallery does not make it the newest.
    """

    def __init__(self, heads: GalleryHeads) -> None:
        self._heads = heads
        self._trusted = False
        self._before: GalleryMark | None = None

    def __enter__(self) -> None:
        self._before = self._heads.mark()
        try:
            objection = self._heads.objection()
        except StoreError as error:
            objection = str(error)
        self._trusted = objection is None
        if objection is not None:
            log.warning("The change does not count as seen: %s", objection)

    def __exit__(self, *_: object) -> None:
        try:
            # A change may be made and its end fail all the same.
            if self._trusted and self._heads.mark() != self._before:
                self._heads.note()
        except StoreError as error:
            # The change is made and on record; the door marks it when it takes it over.
            log.warning("The gallery's mark could not be written down: %s", error)
