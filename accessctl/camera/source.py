"""What every kind of camera looks like to the reader."""

from dataclasses import dataclass
from typing import Protocol

from accessctl.domain import Image


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One picture of a feed: RGB uint8 (H, W, 3).

    `media` is its time in seconds since the start of a recording, strictly rising from
    shot to shot, or None when the picture was taken the moment it was read.
    """

    image: Image
    media: float | None = None


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
