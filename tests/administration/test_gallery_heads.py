import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from accessctl.administration.changes import Administration
from accessctl.administration.gallery_heads import GalleryHeads
from accessctl.audit.base import MemoryLog
from accessctl.config import GalleryConfig
from accessctl.domain import PersonRules
from accessctl.gallery.fake import MemoryGallery, random_units
from accessctl.gallery.people import NewPhoto
from accessctl.gallery.store import Gallery, open_gallery

FACES = random_units(3, 16, seed=1)
DISABLED = PersonRules(disabled=True)


class Owner:
    """Somebody with a gallery, its log, and a copy of the gallery as it was."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "enrolled"
        self.backup = folder / "backup"
        self.audit = MemoryLog()
        self.gallery = self.open()

    def open(self) -> Gallery:
        self.gallery = open_gallery(GalleryConfig(folder=self.folder), {})
        return self.gallery

    @property
    def administration(self) -> Administration:
        return Administration(self.gallery, self.audit, lambda: 5.0)

    @property
    def heads(self) -> GalleryHeads:
        """As somebody sees them who begins now."""
        return GalleryHeads(self.gallery, self.audit, lambda: 6.0)

    def add(self, name: str, face: int) -> None:
        photo = NewPhoto(jpeg=b"x", embedding=FACES[face], fingerprint="e", quality=1.0, added=1.0)
        self.gallery.add_person(name, photo)

    def save(self) -> None:
        source, copy = (
            sqlite3.connect(path) for path in (self.folder / "gallery.sqlite", self.backup)
        )
        source.backup(copy)
        source.close()
        copy.close()

    def put_back(self) -> None:
        self.gallery.close()
        shutil.copy(self.backup, self.folder / "gallery.sqlite")
        self.open()

    def states(self) -> list[str]:
        return [event.data["state"] for _, event in self.audit.query() if "state" in event.data]


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[Owner]:
    owner = Owner(tmp_path)
    owner.add("Ada", 0)
    owner.add("Eve", 1)
    yield owner
    owner.gallery.close()


def test_a_removed_person_does_not_come_back_with_an_older_gallery(owner: Owner) -> None:
    assert owner.heads.objection() is None
    owner.save()
    owner.administration.remove("Eve")
    assert owner.heads.objection() is None
    owner.put_back()
    said = owner.heads.objection()
    assert said is not None
    assert "older than the event log knows" in said
    assert said.endswith("run: accessctl gallery accept")


def test_changes_in_an_older_gallery_do_not_make_it_the_newest(owner: Owner) -> None:
    owner.administration.rename("Ada", "Augusta")
    owner.save()
    owner.administration.remove("Eve")
    owner.put_back()
    for disabled in (True, False, True):
        owner.administration.change_rules("Augusta", lambda _, d=disabled: PersonRules(disabled=d))
    said = owner.heads.objection()
    assert said is not None
    assert "changed from an older one" in said


def test_accepting_is_on_record_and_counts_from_then_on(owner: Owner) -> None:
    owner.save()
    owner.administration.remove("Eve")
    owner.put_back()
    accepted = owner.administration.accept_gallery()
    assert accepted.before is not None
    assert accepted.people == 2
    assert owner.heads.objection() is None
    told = [event.data for _, event in owner.audit.query()][-1]
    assert (told["state"], told["people"]) == ("gallery_accepted", 2)
    assert told["before_revision"] == accepted.before.revision
    # And the same trick a second time is seen again.
    owner.administration.remove("Eve")
    owner.put_back()
    assert owner.heads.objection() is not None


def test_another_gallery_at_the_same_place_is_refused_unless_it_is_empty(owner: Owner) -> None:
    owner.heads.note()
    owner.gallery.close()
    (owner.folder / "gallery.sqlite").unlink()
    owner.open()
    assert owner.heads.objection() is None
    before = [event.data["state"] for _, event in owner.audit.query()]
    owner.add("Mallory", 2)
    said = owner.heads.objection()
    assert said is not None
    assert "another one than the event log knows" in said
    assert owner.states() == before


def test_who_begins_anew_with_an_empty_gallery_needs_no_leave(owner: Owner) -> None:
    owner.heads.note()
    owner.gallery.close()
    (owner.folder / "gallery.sqlite").unlink()
    owner.open()
    # The change is made, although its end fails.
    with suppress(LookupError), owner.administration._marked():
        owner.add("Ada", 0)
        raise LookupError
    assert owner.heads.objection() is None
    assert owner.states() == ["gallery_seen"] * 2


def test_a_mark_is_written_once(owner: Owner) -> None:
    heads = owner.heads
    heads.note()
    heads.note()
    owner.heads.note()
    assert owner.states() == ["gallery_seen"]
    heads.repeat()
    assert owner.states() == ["gallery_seen"] * 2


def test_galleries_at_other_places_are_none_of_its_business(owner: Owner, tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    demo = Owner(tmp_path / "demo")
    demo.audit = owner.audit
    demo.add("Ada", 0)
    owner.heads.note()
    demo.heads.note()
    assert (owner.heads.objection(), demo.heads.objection()) == (None, None)
    demo.gallery.close()


def test_a_gallery_that_is_kept_nowhere_has_no_marks() -> None:
    audit, gallery = MemoryLog(), MemoryGallery()
    heads = GalleryHeads(gallery, audit, lambda: 1.0)
    heads.note()
    heads.repeat()
    assert heads.objection() is None
    assert list(audit.query()) == []


def test_a_refused_change_marks_nothing(owner: Owner) -> None:
    with pytest.raises(LookupError), owner.administration._marked():
        raise LookupError
    assert owner.states() == []
