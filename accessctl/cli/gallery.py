"""The gallery alone, for commands that need neither camera nor encoder and change nothing."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from accessctl.config import Config, GalleryConfig
    from accessctl.gallery.people import People
    from accessctl.recognition.engine import ClosingPeople


@contextmanager
def gallery_to_read(config: "Config") -> Iterator["People"]:
    """See `open_to_read`."""
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
        from accessctl.gallery.fake import MemoryGallery

        return MemoryGallery()
    from accessctl.gallery.store import open_gallery

    return open_gallery(config, environment)
