"""Photos that an operator hands in: each judged by the enrolment's own checks, before anything is
kept.

The encoder is loaded for one enrolment and given back: a hub enrols seldom, and has other use for
the memory. One enrolment at a time.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from accessctl.camera.photo import decode_photo
from accessctl.config import Config
from accessctl.console.complaints import in_words
from accessctl.console.words import Words
from accessctl.errors import FaceError, HubError, InputError, PhotoError
from accessctl.hub.people import SitePeople

if TYPE_CHECKING:
    from accessctl.domain import Image
    from accessctl.gallery.people import StoredPhoto
    from accessctl.recognition.enrolment import Candidate

MOST_PHOTOS = 10
PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A file as it came; `name` is what its sender calls it."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class JudgedPhoto:
    """`problem` says why it cannot be used, and `fault` in one word (errors.FaceError); both are
    empty for one that can."""

    name: str
    candidate: "Candidate | None"
    problem: str = ""
    fault: str = ""

    def told(self, words: Words) -> str:
        """The same problem in the words of a page."""
        return in_words(self.problem, words)


class PhotoJudge(Protocol):
    """See recognition.enrolment.Enrolment."""

    def examine(self, image: "Image", photo: str) -> "Candidate": ...


Judges = Callable[[], AbstractContextManager[PhotoJudge]]


class PhotoDesk:
    """Any thread may use it; ModelError where the encoder cannot be loaded."""

    def __init__(
        self, judges: Judges, max_bytes: int, max_pixels: int, patience_s: float = PATIENCE_S
    ) -> None:
        self._judges = judges
        self._patience_s = patience_s
        self._max_bytes = max_bytes
        self._max_pixels = max_pixels
        self._lock = threading.Lock()

    def judge(self, photos: Sequence[HandedIn], most: int = MOST_PHOTOS) -> list[JudgedPhoto]:
        """Each of them, in their order; InputError for none or more than `most`, HubError where
        others' photos take too long: whoever waits holds up one of the hub's threads."""
        if not 0 < len(photos) <= most:
            raise InputError(f"Hand in 1 to {most} photos of one person at once.")
        if not self._lock.acquire(timeout=self._patience_s):
            raise HubError("Photos of somebody else are being looked at; try again in a minute.")
        try:
            with self._judges() as judge:
                return [self._judged(one, judge) for one in photos]
        finally:
            self._lock.release()

    def _judged(self, photo: HandedIn, judge: PhotoJudge) -> JudgedPhoto:
        try:
            if len(photo.content) > self._max_bytes:
                most = self._max_bytes / 1e6
                raise PhotoError(f"{photo.name} is larger than {most:g} MB; hand in a smaller one.")
            image = decode_photo(photo.content, photo.name, self._max_pixels)
            return JudgedPhoto(photo.name, judge.examine(image, photo.name))
        except (FaceError, PhotoError) as error:
            fault = error.fault if isinstance(error, FaceError) else ""
            return JudgedPhoto(photo.name, None, str(error), fault)


def desk_of(config: Config, people: SitePeople) -> PhotoDesk:
    """With the encoder that the configuration names, for the site's people."""

    @contextmanager
    def judges() -> Iterator[PhotoJudge]:
        from accessctl.recognition.engine import EngineMakers, open_engine

        with open_engine(config, _each, EngineMakers(gallery=lambda *_: people)) as engine:
            yield engine.enrolment()

    gallery = config.gallery
    megapixels = int(gallery.max_photo_megapixels * 1e6)
    return PhotoDesk(judges, int(gallery.max_photo_mb * 1e6), megapixels)


def _each(photos: "Iterable[StoredPhoto]", _: int) -> "Iterator[StoredPhoto]":
    return iter(photos)
