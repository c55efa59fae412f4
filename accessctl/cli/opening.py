"""What commands open: the gallery, the names behind ids, the event log, the engine, photos.

What takes long to import is imported in the functions, for most commands import this module.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from accessctl.cli.common import photo_bar
from accessctl.errors import FaultError, InputError, UnknownPersonError

if TYPE_CHECKING:
    from accessctl.config import Config, GalleryConfig
    from accessctl.domain import Image, PersonId
    from accessctl.gallery.people import People
    from accessctl.recognition.engine import ClosingPeople, Engine, EngineMakers
    from accessctl.recognition.enrolment import Progress

OpenEngine: TypeAlias = "Callable[..., AbstractContextManager[Engine]]"
"""As `usual_engine`."""


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
        self._opener = opener
        self._stack = stack
        self._opened: list[People] = []

    def opened(self) -> "Sequence[People]":
        from accessctl.gallery.schema import database_file

        for place in list(self._waiting):
            # Opening would make one that is not there.
            if database_file(place.folder).exists():
                self._waiting.remove(place)
                self._try(place)
        return self._opened

    def person(self, name: str) -> "PersonId":
        """The id of whoever has that name; UnknownPersonError, or why one cannot know."""
        unknown = UnknownPersonError(f"Nobody called {name!r} is enrolled.")
        for gallery in self.opened():
            try:
                return gallery.person(name).id
            except UnknownPersonError as error:
                unknown = error
        raise self.fault or unknown

    def _try(self, place: "GalleryConfig") -> None:
        from accessctl.gallery.store import open_gallery

        try:
            gallery = (self._opener or open_gallery)(place)
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

    def __call__(self, person: "PersonId") -> str | None:
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


@contextmanager
def gallery_to_read(config: "Config") -> Iterator["People"]:
    """The gallery alone, to look into; see `open_to_read`."""
    gallery = open_to_read(config.gallery, os.environ)
    try:
        yield gallery
    finally:
        gallery.close()


def open_to_read(config: "GalleryConfig", environment: Mapping[str, str]) -> "ClosingPeople":
    """The gallery as it is: one that is not there has nobody in it, and is not made.

    Whoever only looks must not leave a key behind; it would belong to them, not to the door.
    """
    from accessctl.gallery.schema import database_file

    if not database_file(config.folder).exists():
        from accessctl.gallery.people import EmptyGallery

        return EmptyGallery()
    from accessctl.gallery.store import open_gallery

    return open_gallery(config, environment)


def galleries_of(config: "Config", stack: ExitStack) -> Galleries:
    """The door's and the demo's; `stack` closes them."""
    return Galleries((config.gallery, config.demo_gallery), stack)


def require_log(file: Path, purpose: str) -> None:
    """InputError where no event log was begun: a command that looks into one makes none."""
    if not file.exists():
        raise InputError(f"There is no event log {file}; nothing to {purpose}.")


def usual_engine(
    config: "Config", progress: "Progress", makers: "EngineMakers | None" = None
) -> "AbstractContextManager[Engine]":
    """See recognition.engine.open_engine, which is imported here."""
    from accessctl.recognition.engine import USUAL, open_engine

    return open_engine(config, progress, makers or USUAL)


@contextmanager
def engine_of(config: "Config", open_engine: OpenEngine = usual_engine) -> Iterator["Engine"]:
    """What `open_engine` opens. From then on OpenCV and BLAS keep to one thread."""
    from accessctl.recognition.engine import one_thread_each

    one_thread_each()
    with open_engine(config, photo_bar) as engine:
        yield engine


@contextmanager
def engine_for(
    config: "Config", people: "ClosingPeople", open_engine: OpenEngine = usual_engine
) -> Iterator["Engine"]:
    """As `engine_of`, with these people in place of the configured gallery's."""
    from accessctl.recognition.engine import EngineMakers, one_thread_each

    one_thread_each()
    with open_engine(config, photo_bar, EngineMakers(gallery=lambda *_: people)) as engine:
        yield engine


@contextmanager
def engine_to_read(config: "Config", open_engine: OpenEngine = usual_engine) -> Iterator["Engine"]:
    """As `engine_of`, for a command that changes nothing: no gallery is made where none is."""
    from accessctl.recognition.engine import EngineMakers, one_thread_each

    one_thread_each()
    with open_engine(config, photo_bar, EngineMakers(gallery=open_to_read)) as opened:
        yield opened


def photo_reader(config: "Config") -> "Callable[[Path], Image]":
    """A function that reads a photo as RGB and raises PhotoError for what is none."""
    from accessctl.camera.photo import read_photo

    max_bytes = int(config.gallery.max_photo_mb * 1e6)
    max_pixels = int(config.gallery.max_photo_megapixels * 1e6)
    return lambda path: read_photo(path, max_bytes, max_pixels)
