from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from accessctl.config import GalleryConfig
from accessctl.gallery.fake import MemoryGallery
from accessctl.gallery.people import People
from accessctl.gallery.site_store import SiteGallery, open_site_gallery
from accessctl.gallery.store import Gallery, open_gallery
from tests.gallery.site_batches import DOOR, HUB, Told

SITE_TABLES = (
    "site_gone",
    "outbox",
    "site_removal",
    "site_person",
    "site_document",
    "site_age",
    "site",
)
"""What a gallery of the version before there were sites did not have, beside `badge.by_site`."""

Opener = Callable[..., Gallery]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "enrolled"


@pytest.fixture
def open_at(folder: Path):
    """Opens the gallery in `folder`; everything opened is closed at the end."""
    opened: list[Gallery] = []

    def opener(**options) -> Gallery:
        environment = options.pop("environment", {})
        gallery = open_gallery(GalleryConfig(folder=folder), environment, **options)
        opened.append(gallery)
        return gallery

    yield opener
    for gallery in opened:
        gallery.close()


@pytest.fixture(params=["sqlite", "memory"])
def gallery(request: pytest.FixtureRequest) -> People:
    """An empty one of every kind."""
    if request.param == "memory":
        return MemoryGallery()
    return request.getfixturevalue("open_at")()


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[SiteGallery]:
    site = open_site_gallery(GalleryConfig(folder=tmp_path), {})
    site.begin(HUB, DOOR)
    yield site
    site.gallery.close()
