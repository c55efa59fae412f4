"""Where a door can keep nothing new, what its hub takes from people counts all the same.

A batch is kept whole or not at all, and a log that is full takes nobody in. Whoever was removed
meanwhile may stand behind those on a later page of the feed: so all pages are read ahead, and
nothing of them counts but who is gone, who may less, which passes were withdrawn, and what rules
and settings make the door stricter. They are taken whole once there is room.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial

from accessctl.domain import PersonId
from accessctl.errors import AccessctlError, DamagedError, StoreError
from accessctl.gallery.site import DocumentPut, PersonGone, PersonPut, SiteBatch, SitePosition
from accessctl.gallery.site_store import RecordFromHub, SiteGallery
from accessctl.sync.documents import Kept
from accessctl.sync.meanwhile import document_meanwhile

log = logging.getLogger(__name__)

Page = tuple[tuple[Kept, ...], SitePosition, bool]
"""What a gallery keeps of some changes, the position after them, and whether there are more."""


class TakingAway:
    """Of one door; `ask` gives the page after a position, AccessctlError for one that does not
    count."""

    def __init__(
        self, ask: Callable[[SitePosition], Page], site: SiteGallery, record: RecordFromHub
    ) -> None:
        self._ask = ask
        self._site = site
        self._record = record

    def from_here_on(self, page: Page, *, in_round: bool) -> None:
        """Erase and restrain whom this page and all that follow say, and keep what of their
        documents makes the door stricter; `in_round`: whoever they do not name is gone as well.

        What goes wrong is logged: whoever calls has a fault of their own to report.
        """
        try:
            named = set(self._each(page))
            if in_round:
                self._each_gone(self._site.left_out() - named)
        except AccessctlError as error:
            log.error("Who was removed at the hub is not known to the end: %s", error)

    def _each(self, page: Page) -> Iterator[PersonId]:
        """Whom the feed names, to its end, or until nobody is left here."""
        said, position, more = page
        while here := self._site.ids():
            for change in said:
                match change:
                    case PersonGone():
                        yield change.person
                        self._each_gone({change.person} & here)
                    case PersonPut():
                        yield change.person.id
                        if change.person.id in here:
                            self._surely(partial(self._site.restrain, change.person, self._record))
                    case DocumentPut():
                        self._surely(partial(self._bind, change))
            if not more:
                return
            said, position, more = self._ask(position)

    def _each_gone(self, people: Iterable[PersonId]) -> None:
        for person in people:
            self._surely(partial(self._site.erase, person, self._record))

    def _bind(self, said: DocumentPut) -> None:
        """Keep what makes the door stricter before its turn: the door is where it was."""
        present = None
        with suppress(DamagedError):
            present = self._site.document(said.kind)
        stricter = document_meanwhile(said.kind, present, said.content)
        position = self._site.position()
        if stricter is not None and position is not None:
            kept = replace(said, content=stricter)
            self._site.take(SiteBatch((kept,), position), self._record)

    def _surely(self, take_away: Callable[[], object]) -> None:
        """What cannot be done of one keeps nobody else from being removed."""
        try:
            take_away()
        except StoreError as error:
            log.error("What the hub took from somebody is not done here yet: %s", error)
