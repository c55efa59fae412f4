"""Who has which badge, for every front: no change without its record.

A badge is told by its mark, see gallery.badges; its number is neither kept nor written down.
"""

from collections.abc import Callable
from dataclasses import dataclass

from accessctl.administration.gallery_heads import GalleryHeads, HeadKeeping
from accessctl.audit.base import Recorder, person_event
from accessctl.domain import Person, PersonId
from accessctl.gallery.badges import Badge, badges_to_remove
from accessctl.gallery.people import People


@dataclass(frozen=True, slots=True)
class BadgeHeld:
    """A badge and who has it."""

    person: Person
    badge: Badge


class BadgeAdministration:
    """Badges as the owner of a door manages them; see changes.Administration.

    Besides what is said at each method, everything raises StoreError when the gallery or the log
    cannot be read or written, and then nothing is changed.
    """

    def __init__(
        self, gallery: People, audit: Recorder, heads: GalleryHeads, now: Callable[[], float]
    ) -> None:
        self._gallery = gallery
        self._audit = audit
        self._heads = heads
        self._now = now

    def digest_of(self, number: str) -> bytes:
        """What stands for a badge's number in this gallery; InputError for what is none."""
        return self._gallery.badge_digest(number)

    def gallery_id(self) -> str:
        """Which gallery it is; digests of another one are of no use here."""
        return self._gallery.mark().gallery

    def held(self) -> list[BadgeHeld]:
        """All badges, ordered by the names of their people and by when they were added."""
        own: dict[PersonId, list[Badge]] = {}
        for badge in self._gallery.badges():
            own.setdefault(badge.person, []).append(badge)
        return [
            BadgeHeld(person, badge)
            for person in self._gallery.people()
            for badge in own.get(person.id, ())
        ]

    def owner_of(self, digest: bytes) -> BadgeHeld | None:
        """Whose badge has that digest; None: nobody's."""
        return next((one for one in self.held() if one.badge.digest == digest), None)

    def add(self, name: str, digest: bytes) -> BadgeHeld:
        """One more badge of somebody; UnknownPersonError, BadgeTakenError."""
        person = self._gallery.person(name)
        badge = Badge(person.id, digest, self._now())
        with HeadKeeping(self._heads):
            self._gallery.add_badge(badge, record=lambda _: self._tell("badge_added", badge))
        return BadgeHeld(person, badge)

    def remove(self, name: str, mark: str | None = None) -> list[BadgeHeld]:
        """Take away the badge of that mark, or all that somebody has; what was taken away.

        UnknownPersonError, UnknownBadgeError.
        """
        person = self._gallery.person(name)
        gone = badges_to_remove(person, self._gallery.badges(), mark)

        def record(_: object) -> None:
            for badge in gone:
                self._tell("badge_removed", badge)

        with HeadKeeping(self._heads):
            self._gallery.remove_badges(person.id, gone, record=record)
        return [BadgeHeld(person, badge) for badge in gone]

    def _tell(self, change: str, badge: Badge) -> None:
        more = {"badge": badge.mark}
        self._audit.append(person_event(change, badge.person, self._now(), more))
