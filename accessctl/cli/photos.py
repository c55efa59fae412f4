"""Photos from the command line, within the limits of the configuration."""

from collections.abc import Callable
from pathlib import Path

from accessctl.config import Config
from accessctl.domain import Image


def photo_reader(config: Config) -> Callable[[Path], Image]:
    """A function that reads a photo as RGB and raises PhotoError for what is none."""
    from accessctl.camera.photo import read_photo

    max_bytes = int(config.gallery.max_photo_mb * 1e6)
    max_pixels = int(config.gallery.max_photo_megapixels * 1e6)
    return lambda path: read_photo(path, max_bytes, max_pixels)
