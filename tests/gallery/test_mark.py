import os
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.config import GalleryConfig
from accessctl.domain import PersonRules
from accessctl.gallery.fake import MemoryGallery, random_units
from accessctl.gallery.mark import GalleryMark, goes_on_from, place_of
from accessctl.gallery.people import NewPhoto, People
from accessctl.gallery.store import Gallery, open_gallery

FACES = random_units(3, 16, seed=1)


@pytest.fixture(params=["sqlite", "memory"])
def gallery(request: pytest.FixtureRequest) -> People:
    if request.param == "memory":
        return MemoryGallery()
    return request.getfixturevalue("open_at")()


def photo(added: float = 1.0) -> NewPhoto:
    return NewPhoto(jpeg=b"x", embedding=FACES[0], fingerprint="e", quality=1.0, added=added)


def test_each_change_has_a_head_of_its_own(gallery: People) -> None:
    marks = [gallery.mark()]
    assert (marks[0].revision, marks[0].head) == (0, "")
    person = gallery.add_person("Ada", photo())
    marks.append(gallery.mark())
    gallery.set_rules(person.id, PersonRules(disabled=True))
    marks.append(gallery.mark())
    gallery.remove("Ada")
    marks.append(gallery.mark())
    assert [mark.revision for mark in marks] == sorted({mark.revision for mark in marks})
    assert len({mark.head for mark in marks}) == 4
    assert len({mark.gallery for mark in marks}) == 1
    assert all(goes_on_from(gallery, mark) for mark in marks)
    assert gallery.head_at(99) is None


def test_what_it_never_was_it_does_not_go_on_from(gallery: People) -> None:
    gallery.add_person("Ada", photo())
    mark = gallery.mark()
    for other in (
        GalleryMark("another", mark.revision, mark.head),
        GalleryMark(mark.gallery, mark.revision + 1, mark.head),
        GalleryMark(mark.gallery, mark.revision, "00" * 16),
    ):
        assert not goes_on_from(gallery, other)


def open_in(folder: Path) -> Gallery:
    return open_gallery(GalleryConfig(folder=folder), {})


@settings(max_examples=15)
@given(kept=st.integers(0, 3), later=st.integers(1, 3), again=st.integers(0, 5))
def test_an_older_copy_is_seen_however_much_is_changed_in_it(
    tmp_path_factory: pytest.TempPathFactory, kept: int, later: int, again: int
) -> None:
    folder = tmp_path_factory.mktemp("g")
    file, backup = folder / "gallery.sqlite", folder / "backup"
    with open_in(folder) as gallery:
        ada = gallery.add_person("Ada", photo())
        for number in range(kept):
            gallery.set_rules(ada.id, PersonRules((f"g{number}",)))
    file_before = sqlite3.connect(file)
    copy = sqlite3.connect(backup)
    file_before.backup(copy)
    file_before.close()
    copy.close()
    with open_in(folder) as gallery:
        before = gallery.mark()
        for number in range(later):
            gallery.set_rules(ada.id, PersonRules((f"h{number}",)))
        seen = gallery.mark()
        assert goes_on_from(gallery, before)
    os.replace(backup, file)
    with open_in(folder) as older:
        for number in range(again):
            older.set_rules(ada.id, PersonRules((f"i{number}",)))
        assert not goes_on_from(older, seen)
        assert goes_on_from(older, before)


def test_a_gallery_of_an_older_version_keeps_its_name_and_begins_a_history(open_at) -> None:
    gallery = open_at()
    gallery.add_person("Ada", photo())
    known = gallery.mark()
    gallery._database._db.execute("DROP TABLE history")
    gallery._database._db.execute("PRAGMA user_version = 4")
    gallery.close()
    newer = open_at()
    mark = newer.mark()
    assert (mark.gallery, mark.revision) == (known.gallery, 1)
    assert len(mark.head) == 32
    assert goes_on_from(newer, mark)


def test_a_place_is_where_the_file_lies_by_whatever_name(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    here = place_of(tmp_path / "gallery.sqlite")
    assert here == place_of(tmp_path / "link" / "gallery.sqlite")
    assert here != place_of(tmp_path / "other" / "gallery.sqlite")
    assert len(here) == 16
