"""How one state of a gallery is told from every other, so that an older one is not taken for new.

Each change of a gallery gives it a new random head; all heads it ever had are kept in it by the
number of the change. Whoever remembers a mark can ask a gallery later whether it goes on from
there.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

HEAD_BYTES = 16


@dataclass(frozen=True, slots=True)
class GalleryMark:
    """`gallery` says which one it is, for as long as it exists; `revision` counts its changes and
    `head` is the random number of the last one (hex, empty before the first)."""

    gallery: str
    revision: int
    head: str


class Marked(Protocol):
    """What is asked of a gallery by whoever remembers a mark of it; StoreError."""

    @property
    def place(self) -> str: ...

    def mark(self) -> GalleryMark: ...

    def head_at(self, revision: int) -> str | None:
        """The head that change had; None for one that this gallery never had."""
        ...


def gallery_id(key_check: bytes) -> str:
    """Which gallery it is, by what was sealed into it when it was made: 32 hex digits."""
    return hashlib.sha256(b"accessctl gallery" + key_check).hexdigest()[:32]


def place_of(path: Path) -> str:
    """Where a gallery lies, as a log may say it: 16 hex digits, the same for the same file."""
    return hashlib.sha256(str(path.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def goes_on_from(gallery: Marked, known: GalleryMark) -> bool:
    """Whether this gallery has been where `known` says, and has only changed since."""
    mark = gallery.mark()
    if mark.gallery != known.gallery or mark.revision < known.revision:
        return False
    return known.revision == 0 or gallery.head_at(known.revision) == known.head
