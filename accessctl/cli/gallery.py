"""The gallery alone, for commands that need neither camera nor encoder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from accessctl.config import Config
from accessctl.gallery.people import People


@contextmanager
def gallery_of(config: Config) -> Iterator[People]:
    from accessctl.gallery.store import open_gallery

    gallery = open_gallery(config.gallery, os.environ)
    try:
        yield gallery
    finally:
        gallery.close()
