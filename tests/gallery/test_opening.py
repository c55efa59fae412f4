import base64
import logging
import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accessctl.domain import PersonRules
from accessctl.errors import AccessctlError, GalleryKeyError, StoreError
from accessctl.gallery.fake import random_units
from accessctl.gallery.pins import PinHash
from accessctl.gallery.values import NewPhoto

FACE = random_units(1, 16, seed=1)[0]


def modes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


def test_folder_and_files_are_private(folder: Path, open_at) -> None:
    gallery = open_at()
    gallery.add_person(
        "Grace", NewPhoto(jpeg=b"x", embedding=FACE, fingerprint="e", quality=1.0, added=1.0)
    )
    assert folder.stat().st_mode & 0o777 == 0o700
    found = modes(folder)
    assert {"gallery.sqlite", "gallery.sqlite-wal", "gallery.sqlite-shm", "gallery.key"} == set(
        found
    )
    assert set(found.values()) == {0o600}


def test_what_was_too_open_is_closed(folder: Path, open_at) -> None:
    open_at().close()
    folder.chmod(0o755)
    (folder / "gallery.sqlite").chmod(0o644)
    open_at().add_person(
        "Grace", NewPhoto(jpeg=b"x", embedding=FACE, fingerprint="e", quality=1.0, added=1.0)
    )
    assert folder.stat().st_mode & 0o777 == 0o700
    assert set(modes(folder).values()) == {0o600}


def test_what_was_kept_is_there_after_opening_again(folder: Path, open_at) -> None:
    first = open_at()
    person = first.add_person(
        "Grace", NewPhoto(jpeg=b"photo", embedding=FACE, fingerprint="e", quality=1.0, added=1.0)
    )
    first.close()
    second = open_at()
    assert second.people() == [person]
    assert [photo.jpeg for photo in second.photos()] == [b"photo"]


def test_a_generated_key_is_warned_about_once(open_at, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        open_at()
        open_at()
    assert caplog.text.count("Generated the gallery's key") == 1


def test_a_named_key_generates_none(folder: Path, open_at, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(base64.b64encode(b"k" * 32))
    key.chmod(0o600)
    open_at(environment={"ACCESSCTL_KEY_FILE": str(key)})
    assert not (folder / "gallery.key").exists()


def test_the_wrong_key(folder: Path, open_at) -> None:
    open_at().close()
    (folder / "gallery.key").write_bytes(base64.b64encode(b"w" * 32))
    before = (folder / "gallery.sqlite").read_bytes()
    with pytest.raises(GalleryKeyError, match="does not open the gallery"):
        open_at()
    assert (folder / "gallery.sqlite").read_bytes() == before


def test_a_gallery_without_its_key_never_gets_a_new_one(folder: Path, open_at) -> None:
    open_at().close()
    (folder / "gallery.key").unlink()
    with pytest.raises(GalleryKeyError, match="its key is not; restore"):
        open_at()
    assert not (folder / "gallery.key").exists()


def test_a_damaged_file(folder: Path, open_at) -> None:
    open_at().close()
    (folder / "gallery.sqlite").write_bytes(b"no database " * 1000)
    with pytest.raises(StoreError, match="damaged"):
        open_at()


def test_a_damaged_page(folder: Path, open_at) -> None:
    gallery = open_at()
    gallery.add_person(
        "Grace",
        NewPhoto(jpeg=b"x" * 20_000, embedding=FACE, fingerprint="e", quality=1.0, added=1.0),
    )
    gallery.close()
    path = folder / "gallery.sqlite"
    content = bytearray(path.read_bytes())
    for page in range(1, len(content) // 4096):
        content[page * 4096 : page * 4096 + 100] = b"\xff" * 100
    path.write_bytes(content)
    with pytest.raises(StoreError, match="damaged"):
        open_at().templates("e")


def test_a_locked_gallery(folder: Path, open_at) -> None:
    gallery = open_at(busy_timeout_s=0.05)
    holder = sqlite3.connect(folder / "gallery.sqlite", isolation_level=None)
    try:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="in use by another process"):
            gallery.add_person(
                "Grace",
                NewPhoto(jpeg=b"x", embedding=FACE, fingerprint="e", quality=1.0, added=1.0),
            )
        assert gallery.people() == []
    finally:
        holder.close()
    gallery.add_person(
        "Grace", NewPhoto(jpeg=b"x", embedding=FACE, fingerprint="e", quality=1.0, added=1.0)
    )


def test_a_folder_that_is_a_file(folder: Path, open_at) -> None:
    folder.write_bytes(b"")
    with pytest.raises(StoreError, match="cannot be used"):
        open_at()


def test_a_schema_that_is_no_text_is_damage(folder: Path, open_at) -> None:
    open_at().close()
    path = folder / "gallery.sqlite"
    path.write_bytes(
        path.read_bytes().replace(b"CREATE TABLE person", b"CREATE TAB\xff\xfe person")
    )
    with pytest.raises(StoreError, match=r"is damaged; restore it from a backup"):
        open_at()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    changes=st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), min_size=1, max_size=12)
)
def test_damaged_bytes_are_read_or_refused_with_a_sentence(
    folder: Path, open_at, changes: list[tuple[int, int]]
) -> None:
    path = folder / "gallery.sqlite"
    path.unlink(missing_ok=True)
    with open_at() as gallery:
        person = gallery.add_person(
            "Grace",
            NewPhoto(jpeg=b"photo", embedding=FACE, fingerprint="e", quality=1.0, added=1.0),
        )
        gallery.set_rules(person.id, PersonRules(("staff",), None, 5e9, False))
        gallery.set_pin(person.id, PinHash(b"salt", bytes(32)))
    content = bytearray(path.read_bytes())
    # What is zero says little: most of a small database is.
    telling = [place for place, value in enumerate(content) if value]
    for place, value in changes:
        content[telling[place % len(telling)]] = value
    path.write_bytes(content)
    for use in (
        lambda gallery: [(one.name, one.photos) for one in gallery.people()],
        lambda gallery: [list(gallery.photos()), gallery.templates("e")],
        lambda gallery: [gallery.rules(), gallery.pins(), gallery.revision()],
        lambda gallery: gallery.rename("Grace", "Eileen"),
        lambda gallery: gallery.remove("Eileen"),
    ):
        try:
            with open_at() as gallery:
                use(gallery)
        except AccessctlError as error:
            assert str(error).isprintable()  # noqa: PT017 - whether it is refused is free
