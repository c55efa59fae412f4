"""What every kind of camera looks like to the reader, and what it is called.

Sources that stand above this room register a word of their own; the source is made when somebody
names that word.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from accessctl import extensions
from accessctl.domain import Image
from accessctl.extensions import Extension, ExtensionKind

if TYPE_CHECKING:
    from accessctl.config.camera import CameraConfig

RESERVED = frozenset({"auto", "usb", "rtsp", "rtsps", "http", "https"})
"""Words and schemes that name what is built in."""

MakeSource: TypeAlias = "Callable[[CameraConfig, bool], Source]"
"""Gives the source, not yet opened; the configuration's `source` is what was named, and the flag
is `fast`, as in `choose.source_from`."""


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One picture of a feed: RGB uint8 (H, W, 3).

    `media` is its time in seconds since the start of a recording, strictly rising from
    shot to shot, or None when the picture was taken the moment it was read, as far as anybody
    can tell; `behind_s` is how much later than the best of late it came, seconds.
    """

    image: Image
    media: float | None = None
    behind_s: float = 0.0


class Feed(Protocol):
    """An open source; used by one thread at a time."""

    def read(self) -> Shot | None:
        """The next shot, waiting for it; None when a recording is over.

        Raises CameraError when the camera is lost, PhotoError for an unreadable picture
        of a folder.
        """

    def close(self) -> None:
        """Give the device or file back; harmless when called twice."""


class Source(Protocol):
    """A camera or recording that can be opened, and opened again.

    Each `open` gives a feed of its own, so that a thread stuck in a dead one can be left
    behind while the next is opened.
    """

    @property
    def description(self) -> str:
        """For people and logs, such as "USB camera /dev/video0"; never holds a password."""

    @property
    def live(self) -> bool:
        """True: only the newest frame counts. False: every frame does, in order."""

    @property
    def endless(self) -> bool:
        """True for a camera: it is reconnected for ever. A recording ends, or fails, once."""

    def open(self) -> Feed:
        """Raises CameraError, in one sentence, when there is nothing to open."""


def register_source(word: str, make: MakeSource) -> None:
    """From now on `word`, and any address `word://...`, names a source, in this process; a word
    that is known names the new one.

    ValueError for a word that is reserved, or is more than small letters, digits and hyphens.
    """
    if word in RESERVED:
        raise ValueError(f"{word!r} names a source already; choose another word")
    extensions.register(ExtensionKind.SOURCES, word, make)


def added_sources() -> tuple[str, ...]:
    """The words of all sources that were added, those that were registered first."""
    return extensions.names(ExtensionKind.SOURCES)


def added_source(text: str) -> Extension | None:
    """What was added under that word, or under the scheme of that address; None for nothing."""
    word = text.partition("://")[0]
    return None if word in RESERVED else extensions.find(ExtensionKind.SOURCES, word)
