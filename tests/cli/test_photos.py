from pathlib import Path

import numpy as np
import pytest

from accessctl.cli.photos import photo_reader
from accessctl.config import Config, GalleryConfig
from accessctl.errors import PhotoError


def reader(**limits: float):
    return photo_reader(Config(gallery=GalleryConfig(**limits)))


def test_a_photo_within_the_limits(pictures) -> None:
    image = reader()(pictures("hopper"))
    assert (image.shape, image.dtype) == ((600, 512, 3), np.uint8)


def test_megabytes_are_millions_of_bytes(tmp_path: Path, pictures) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(pictures("small").read_bytes())
    photo.write_bytes(photo.read_bytes().ljust(500_000, b"\0"))
    assert reader(max_photo_mb=0.5)(photo).shape == (150, 128, 3)
    photo.write_bytes(photo.read_bytes() + b"\0")
    with pytest.raises(PhotoError, match=r"larger than 0\.5 MB"):
        reader(max_photo_mb=0.5)(photo)


def test_megapixels_are_millions_of_pixels(pictures) -> None:
    # 600 x 512 = 307,200
    reader(max_photo_megapixels=0.3072)(pictures("hopper"))
    with pytest.raises(PhotoError, match="million pixels"):
        reader(max_photo_megapixels=0.307199)(pictures("hopper"))
