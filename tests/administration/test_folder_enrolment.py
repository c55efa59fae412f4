from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from accessctl.administration.folder_enrolment import Examined, FolderProgress, enrol_folder
from accessctl.domain import Quality
from accessctl.door.fake import FACE_BOX, FakeHouse, portrait
from accessctl.errors import NoFaceError
from accessctl.recognition.enrolment import Candidate, Enrolment
from accessctl.vision.fake import fake_face

ADA, EVE = 1, 2


@pytest.fixture
def house() -> FakeHouse:
    house = FakeHouse()
    house.observer.faces = [fake_face(box=FACE_BOX, quality=Quality(0.7))]
    return house


Photos = Callable[..., Iterator[Examined]]


@pytest.fixture
def photos(house: FakeHouse) -> Photos:
    """Photos of a folder by name and who is portrayed; None: nobody."""
    enrolment = Enrolment(house.observer, house.recogniser, house.roster())

    def of(*folder: tuple[str, int | None]) -> Iterator[Examined]:
        for name, portrayed in folder:
            future: Future[Candidate] = Future()
            if portrayed is None:
                future.set_exception(NoFaceError(f"{name}.jpg: no face found."))
            else:
                future.set_result(enrolment.examine(portrait(portrayed), f"{name}.jpg"))
            yield (name, Path(f"{name}.jpg")), future

    return of


def lighter(house: FakeHouse, portrayed: int) -> Candidate:
    """Another photo of the same face."""
    enrolment = Enrolment(house.observer, house.recogniser, house.roster())
    image = portrait(portrayed) // 2 + 60
    return enrolment.examine(image, "lighter.jpg")


def run(house: FakeHouse, examined: Iterator[Examined], people: int = 2) -> FolderProgress:
    progress = FolderProgress(people)
    list(enrol_folder(examined, house.administration(), progress))
    return progress


def test_everybody_is_enrolled_and_refusals_are_kept_with_their_reasons(
    house: FakeHouse, photos: Photos
) -> None:
    progress = run(house, photos(("Ada", ADA), ("Nobody", None), ("Eve", EVE)), people=3)
    assert [person.name for person in house.gallery.people()] == ["Ada", "Eve"]
    assert [str(error) for error in progress.refused] == ["Nobody.jpg: no face found."]
    assert progress.sentence() == "Enrolled 2 of 3 people; 1 refused."


def test_interrupted_it_says_how_far_it_came_and_a_second_run_goes_on(
    house: FakeHouse, photos: Photos
) -> None:
    def interrupted() -> Iterator[Examined]:
        yield from photos(("Ada", ADA))
        raise KeyboardInterrupt

    progress = FolderProgress(2)
    with pytest.raises(KeyboardInterrupt):
        list(enrol_folder(interrupted(), house.administration(), progress))
    assert progress.sentence() == "Enrolled 1 of 2 people; 0 refused."
    revision = house.gallery.revision()
    again = run(house, photos(("Ada", ADA), ("Eve", EVE)))
    assert again.sentence() == "Enrolled 1 of 2 people; 1 enrolled already; 0 refused."
    assert house.gallery.revision() == revision + 1
    assert house.gallery.person("Ada").photos == 1
    # And a third finds nothing to do.
    assert run(house, photos(("Ada", ADA), ("Eve", EVE))).enrolled == set()
    assert house.gallery.revision() == revision + 1


def test_a_stranger_among_somebody_s_photos_is_refused_and_the_others_taken(
    house: FakeHouse, photos: Photos
) -> None:
    progress = run(house, photos(("Ada", ADA), ("Ada", EVE)), people=1)
    assert house.gallery.person("Ada").photos == 1
    (refused,) = progress.refused
    assert "does not show whom the other photos of Ada show" in str(refused)


def test_one_person_in_two_files_is_refused_the_second_time(
    house: FakeHouse, photos: Photos
) -> None:
    progress = run(house, photos(("Ada", ADA), ("Augusta", ADA)))
    assert [person.name for person in house.gallery.people()] == ["Ada"]
    assert "looks like Ada, who is enrolled" in str(progress.refused[0])


def test_more_photos_of_somebody_are_added_once(house: FakeHouse) -> None:
    def folder() -> Iterator[Examined]:
        enrolment = Enrolment(house.observer, house.recogniser, house.roster())
        for candidate in (enrolment.examine(portrait(ADA), "a"), lighter(house, ADA)):
            future: Future[Candidate] = Future()
            future.set_result(candidate)
            yield ("Ada", Path("a")), future

    progress = run(house, folder(), people=1)
    assert progress.more_photos + len(progress.known) + len(progress.refused) == 1
    photos = house.gallery.person("Ada").photos
    run(house, folder(), people=1)
    assert house.gallery.person("Ada").photos == photos
