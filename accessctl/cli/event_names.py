"""The names behind the ids that the event log keeps."""

import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from accessctl.domain import PersonId
from accessctl.errors import FaultError, UnknownPersonError
from accessctl.gallery.schema import database_file
from accessctl.gallery.store import open_gallery

if TYPE_CHECKING:
    from accessctl.config import Config, GalleryConfig
    from accessctl.gallery.people import People


class Galleries:
    """The door's gallery and the demo's, each opened when it is there and first needed.

    One that cannot be opened is told of once, on stderr; `fault` keeps why. Those that
    were opened are closed by `stack`.
    """

    def __init__(
        self,
        places: "Sequence[GalleryConfig]",
        stack: ExitStack,
        opener: "Callable[[GalleryConfig], People] | None" = None,
    ) -> None:
        self.fault: FaultError | None = None
        self._waiting = list(places)
        self._opener = opener or _open
        self._stack = stack
        self._opened: list[People] = []

    def opened(self) -> "Sequence[People]":

        for place in list(self._waiting):
            # Opening would make one that is not there.
            if database_file(place.folder).exists():
                self._waiting.remove(place)
                self._try(place)
        return self._opened

    def person(self, name: str) -> PersonId:
        """The id of whoever has that name; UnknownPersonError, or why one cannot know."""
        unknown = UnknownPersonError(f"Nobody called {name!r} is enrolled.")
        for gallery in self.opened():
            try:
                return gallery.person(name).id
            except UnknownPersonError as error:
                unknown = error
        raise self.fault or unknown

    def _try(self, place: "GalleryConfig") -> None:
        try:
            gallery = self._opener(place)
        except FaultError as error:
            if self.fault is None:
                print(f"accessctl: people are shown by their ids. {error}", file=sys.stderr)
                self.fault = error
            return
        self._stack.callback(gallery.close)
        self._opened.append(gallery)


class Names:
    """Person id to name; the galleries are read again when one of them changed."""

    def __init__(self, galleries: Galleries) -> None:
        self._galleries = galleries
        self._revisions: list[int] = []
        self._names: dict[PersonId, str] = {}

    def __call__(self, person: PersonId) -> str | None:
        """None for somebody removed; the id itself where a gallery could not be opened."""
        if person not in self._names:
            self._refresh()
        nameless = None if self._galleries.fault is None else person
        return self._names.get(person, nameless)

    def _refresh(self) -> None:
        opened = self._galleries.opened()
        revisions = [gallery.revision() for gallery in opened]
        if revisions != self._revisions:
            self._revisions = revisions
            self._names = {
                person.id: person.name for gallery in opened for person in gallery.people()
            }


def galleries_of(config: "Config", stack: ExitStack) -> Galleries:
    return Galleries((config.gallery, config.demo_gallery), stack)


def _open(place: "GalleryConfig") -> "People":

    return open_gallery(place)
