from collections.abc import Iterator
from pathlib import Path

import pytest

from accessctl.config import GalleryConfig
from accessctl.domain import PersonId
from accessctl.gallery.fake import random_units
from accessctl.gallery.site import (
    DocumentPut,
    PersonGone,
    PersonPut,
    PutPerson,
    PutPhoto,
    SiteBatch,
    SitePosition,
)
from accessctl.gallery.site_novelty import AT_ONCE, are_new, is_of_nobody
from accessctl.gallery.site_store import SiteGallery, open_site_gallery

HUB, DOOR = "a" * 64, "d" * 32
TEMPLATES = {"e": random_units(1, 16, seed=3)[0].astype("<f4").tobytes()}


def put(number: int, name: str, photo: int | None = None) -> PersonPut:
    photos = (PutPhoto(f"{photo or number:032x}", 0.5, 1.0, TEMPLATES),)
    return PersonPut(number, PutPerson(PersonId(f"{number:032x}"), name, 1.0, photos))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[SiteGallery]:
    """With Ada, who is the first person and has the first photo."""
    site = open_site_gallery(GalleryConfig(folder=tmp_path), {})
    site.begin(HUB, DOOR)
    site.take(SiteBatch((put(1, "Ada"),), SitePosition(HUB, DOOR, 1)), lambda _: None)
    yield site
    site.gallery.close()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (put(2, "Eve"), True),
        (put(1, "Eve"), False),
        (put(2, "ada"), False),
        (put(2, "Eve", photo=1), False),
        (PersonGone(2, PersonId("f" * 32)), False),
        (DocumentPut(2, "rules", b"{}"), False),
    ],
)
def test_somebody_is_new_whose_id_name_and_photos_nobody_has(
    site: SiteGallery, change: PersonPut | PersonGone | DocumentPut, expected: bool
) -> None:
    assert are_new(site._database, [put(9, "Grace"), change]) is expected


def test_one_among_many_is_found_wherever_it_stands(site: SiteGallery) -> None:
    many = [put(number, f"N{number}") for number in range(2, AT_ONCE + 9)]
    assert are_new(site._database, many)
    assert not are_new(site._database, [*many, put(AT_ONCE + 10, "Ada")])


def test_nobody_is_gone_of_whom_neither_anything_nor_a_change_is_here(site: SiteGallery) -> None:
    ada = PersonId(f"{1:032x}")
    assert is_of_nobody(site._database, PersonGone(2, PersonId("f" * 32)))
    assert not is_of_nobody(site._database, PersonGone(2, ada))
    assert not is_of_nobody(site._database, put(1, "Ada"))
    # Removed here, which the hub has not answered yet.
    site.gallery.remove("Ada")
    assert not is_of_nobody(site._database, PersonGone(2, ada))
