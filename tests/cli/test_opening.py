import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from accessctl.cli.opening import (
    Galleries,
    Names,
    engine_of,
    engine_to_read,
    gallery_to_read,
    photo_reader,
)
from accessctl.config import Config, GalleryConfig, load_config
from accessctl.domain import Person, PersonId
from accessctl.errors import GalleryKeyError, PhotoError, StoreError, UnknownPersonError
from accessctl.gallery.people import NewPhoto
from accessctl.gallery.store import Gallery, open_gallery
from accessctl.recognition.engine import EngineMakers


def test_the_gallery_to_read_the_configuration_is_open_inside_and_closed_after(site) -> None:
    site.put("Ada")
    with gallery_to_read(load_config(site.config)) as gallery:
        assert [person.name for person in gallery.people()] == ["Ada"]
    with pytest.raises(StoreError):
        gallery.people()


def test_the_key_may_come_from_the_environment(
    site, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "key"
    key.write_bytes(os.urandom(32))
    key.chmod(0o600)
    monkeypatch.setenv("ACCESSCTL_KEY_FILE", str(key))
    site.put("Ada")
    assert site.people() == [("Ada", 1)]
    assert not (site.folder / "enrolled" / "gallery.key").exists()
    monkeypatch.delenv("ACCESSCTL_KEY_FILE")
    with pytest.raises(GalleryKeyError), gallery_to_read(load_config(site.config)):
        pytest.fail("a gallery without its key")


def test_a_key_that_is_gone_is_a_fault_told_in_a_sentence(site) -> None:
    site.put("Ada")
    (site.folder / "enrolled" / "gallery.key").unlink()
    said = site("people")
    assert said.code == 1
    assert said.out == ""
    assert "its key is not; restore" in said.err
    assert said.err.count("\n") == 1


def test_a_gallery_that_is_not_there_has_nobody_in_it_and_is_not_made(site) -> None:
    with gallery_to_read(load_config(site.config)) as gallery:
        assert gallery.people() == []
        with pytest.raises(UnknownPersonError, match="Ada"):
            gallery.person("Ada")
    assert not (site.folder / "enrolled").exists()


class Opener:
    """Opens real galleries, counts how often their people are read, fails for `broken`."""

    def __init__(self) -> None:
        self.read = 0
        self.opened: list[str] = []
        self.broken = ""

    def __call__(self, place: GalleryConfig) -> Gallery:
        self.opened.append(place.folder.name)
        if place.folder.name == self.broken:
            raise GalleryKeyError("The key is away; bring it back.")
        gallery = open_gallery(place, {})
        people = gallery.people

        def counted() -> list[Person]:
            self.read += 1
            return people()

        gallery.people = counted
        return gallery


@pytest.fixture
def opener() -> Opener:
    return Opener()


@pytest.fixture
def galleries(tmp_path: Path, opener: Opener) -> Iterator[Galleries]:
    places = [GalleryConfig(folder=tmp_path / name) for name in ("door", "demo")]
    with ExitStack() as stack:
        yield Galleries(places, stack, opener)


def enrol(folder: Path, name: str) -> PersonId:
    embedding = np.eye(8, dtype=np.float32)[0]
    with open_gallery(GalleryConfig(folder=folder), {}) as gallery:
        return gallery.add_person(
            name,
            NewPhoto(
                jpeg=b"jpeg", embedding=embedding, fingerprint="f" * 64, quality=0.9, added=1000.0
            ),
        ).id


def test_nothing_is_created_by_looking(
    tmp_path: Path, galleries: Galleries, opener: Opener
) -> None:
    assert Names(galleries)(PersonId("x")) is None
    with pytest.raises(UnknownPersonError, match="Nobody called 'Ann' is enrolled"):
        galleries.person("Ann")
    assert (opener.opened, list(tmp_path.iterdir())) == ([], [])


def test_galleries_are_opened_once_and_read_again_only_when_changed(
    tmp_path: Path, galleries: Galleries, opener: Opener
) -> None:
    ann = enrol(tmp_path / "door", "Ann")
    names = Names(galleries)
    assert [names(person) for person in (ann, ann, PersonId("x"))] == ["Ann", "Ann", None]
    assert opener.read == 1
    bob = enrol(tmp_path / "door", "Bob")
    assert [names(person) for person in (bob, ann, PersonId("x"))] == ["Bob", "Ann", None]
    assert opener.read == 2
    grace = enrol(tmp_path / "demo", "Grace")
    assert [names(person) for person in (grace, ann)] == ["Grace", "Ann"]
    assert opener.opened == ["door", "demo"]


def test_a_name_is_looked_for_in_all(tmp_path: Path, galleries: Galleries) -> None:
    enrol(tmp_path / "door", "Ann")
    grace = enrol(tmp_path / "demo", "Grace")
    assert galleries.person("grace") == grace
    with pytest.raises(UnknownPersonError, match="'Zoe'"):
        galleries.person("Zoe")


def test_one_that_cannot_be_opened_is_told_of_once(
    tmp_path: Path, galleries: Galleries, opener: Opener, capsys: pytest.CaptureFixture[str]
) -> None:
    opener.broken = "door"
    ann, grace = enrol(tmp_path / "door", "Ann"), enrol(tmp_path / "demo", "Grace")
    names = Names(galleries)
    assert [names(person) for person in (ann, grace, ann)] == [ann, "Grace", ann]
    assert capsys.readouterr().err == (
        "accessctl: people are shown by their ids. The key is away; bring it back.\n"
    )
    assert galleries.person("Grace") == grace
    with pytest.raises(GalleryKeyError):
        galleries.person("Ann")


def test_a_commands_process_keeps_to_one_thread() -> None:
    asked: list[Config] = []

    @contextmanager
    def open_engine(config: Config, progress: object) -> Iterator[str]:
        asked.append(config)
        yield f"an engine with {cv2.getNumThreads()} thread"

    before, config = cv2.getNumThreads(), Config()
    try:
        cv2.setNumThreads(2)
        with engine_of(config, open_engine) as engine:
            assert engine == "an engine with 1 thread"
    finally:
        cv2.setNumThreads(before)
    assert asked == [config]


def test_a_command_that_only_looks_makes_no_gallery(tmp_path: Path) -> None:
    @contextmanager
    def open_engine(config: Config, progress: object, makers: EngineMakers) -> Iterator[Any]:
        yield makers.gallery(config.gallery, {})

    config = Config(gallery=GalleryConfig(folder=tmp_path / "enrolled"))
    with engine_to_read(config, open_engine) as gallery:
        assert gallery.people() == []
    assert list(tmp_path.iterdir()) == []


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
