from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from accessctl.cli.event_names import Galleries, Names
from accessctl.config import GalleryConfig
from accessctl.domain import Person, PersonId
from accessctl.errors import GalleryKeyError, UnknownPersonError
from accessctl.gallery.people import NewPhoto
from accessctl.gallery.store import Gallery, open_gallery


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
