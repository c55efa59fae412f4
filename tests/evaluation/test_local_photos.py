from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from accessctl.camera.photo_folder import PersonPhotos
from accessctl.config import Config
from accessctl.domain import Face, Image, Quality
from accessctl.door.fake import FACE_BOX, FakeHouse, portrait
from accessctl.errors import PhotoError
from accessctl.evaluation.local_photos import LocalDoor, LocalPhotos
from accessctl.recognition.engine import Engine
from accessctl.vision.fake import fake_face

ADA = 7
BLANK = 999


class Eyes:
    """Sees one face in each photo but a blank one, the better the brighter its first pixel."""

    def still(self, image: Image, narrowest: float = 0.0) -> list[Face]:
        assert narrowest < 1
        if not image.any():
            return []
        quality = Quality(0.5 + float(image[0, 0, 0]) / 512)
        return [replace(fake_face(box=FACE_BOX), quality=quality)]


def photo(path: Path) -> Image:
    """`7.jpg` shows person 7, whatever stands behind a dash."""
    if path.stem == "broken":
        raise PhotoError(f"{path}: is damaged; use another.")
    number = int(path.stem.split("-")[0])
    return np.zeros((120, 120, 3), np.uint8) if number == BLANK else portrait(number)


@pytest.fixture
def look(house: FakeHouse) -> Callable[..., LocalPhotos]:
    house.enrol("Ada", ADA)
    roster = house.roster()
    engine = Engine(Config(), Eyes(), house.recogniser, house.gallery, roster)  # type: ignore[arg-type]

    def look_at(*people: tuple[str, Sequence[str]], everybody: bool = False) -> LocalPhotos:
        shown = [
            PersonPhotos(name, tuple(Path(f"{number}.jpg") for number in numbers))
            for name, numbers in people
        ]
        count = sum(len(one.paths) for one in shown)
        return LocalDoor(engine, photo).look_at(shown, count, everybody=everybody)

    return look_at


@pytest.fixture
def house() -> FakeHouse:
    return FakeHouse()


def test_each_stranger_is_one_look(look: Callable[..., LocalPhotos]) -> None:
    found = look(("grace", ["1", "2"]), ("lin", ["3"]))
    assert len(found.looks) == 2
    assert found.left_out == 0
    assert (found.by_name, found.by_face, found.taken, found.refused) == ([], [], [], [])
    assert all(0 < one.nearness <= 1 and not one.passed for one in found.looks)


def test_the_best_photo_of_somebody_is_the_one_that_counts(
    look: Callable[..., LocalPhotos],
) -> None:
    by_quality = sorted([1, 2], key=lambda number: -int(portrait(number)[0, 0, 0]))
    assert len({int(portrait(number)[0, 0, 0]) for number in (1, 2)}) == 2
    (best,) = look(("grace", [str(by_quality[0])])).looks
    assert look(("grace", ["1", "2"])).looks == look(("grace", ["2", "1"])).looks == [best]


def test_who_is_enrolled_is_left_out_by_name_and_by_face(look: Callable[..., LocalPhotos]) -> None:
    found = look(("ADA", ["1"]), ("a stranger", ["2", str(ADA)]), ("lin", ["3"]))
    assert len(found.looks) == 1
    assert found.left_out == 2
    assert found.by_name == [
        "ADA: is the name of somebody enrolled; with --nobody-enrolled they count."
    ]
    assert found.by_face == [
        "a stranger: shows Ada, who is enrolled; with --nobody-enrolled they count."
    ]


def test_whom_the_door_would_let_in_is_named_where_everybody_counts(
    look: Callable[..., LocalPhotos],
) -> None:
    found = look(("ada", [str(ADA)]), ("lin", ["3"]), everybody=True)
    assert [one.passed for one in found.looks] == [True, False]
    assert len(found.taken) == 1
    assert found.taken[0].startswith("ada: the door would take them for Ada;")


def test_photos_that_cannot_be_used_are_told_of(look: Callable[..., LocalPhotos]) -> None:
    found = look(("grace", ["broken", str(BLANK), "1"]), ("lin", [str(BLANK)]))
    assert len(found.looks) == 1
    assert len(found.refused) == 3
    assert found.refused[0] == "broken.jpg: is damaged; use another."
