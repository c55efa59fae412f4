import cv2
import numpy as np
import pytest

from accessctl.config import VisionConfig
from accessctl.domain import Image
from accessctl.vision.observer import Observer
from accessctl.vision.search import DOOR_SCHEDULE, Grid, Range, Schedule
from tests.vision.films import COLLINS, FPS, HOPPER, at, film


def shifted(picture: Image, dx: int) -> Image:
    return np.roll(picture, dx, axis=1)


def test_both_people_are_found_and_keep_their_tracks(observer: Observer, two_people: Image):
    seen = film(observer, [two_people] * 8)
    for faces in seen[2:]:
        assert len(faces) == 2
        assert at(faces, HOPPER).track != at(faces, COLLINS).track
    assert {at(faces, HOPPER).track for faces in seen[2:]} == {at(seen[2], HOPPER).track}
    face = at(seen[-1], HOPPER)
    assert face.box.w == pytest.approx(185, abs=15)
    assert face.presence > 0.98
    assert face.quality.usable
    assert face.landmarks.shape == (468, 3)


def test_a_face_that_walks_is_followed(observer: Observer, two_people: Image):
    seen = film(observer, [shifted(two_people, 12 * i) for i in range(12)])
    tracks = {at(f, (HOPPER[0] + 12 * i, HOPPER[1])).track for i, f in enumerate(seen) if i >= 2}
    assert len(tracks) == 1


def test_beside_a_followed_face_one_tile_is_searched(
    observer: Observer, two_people: Image, monkeypatch: pytest.MonkeyPatch
):
    film(observer, [two_people] * 4)
    looked: list[Image] = []
    short = observer._detectors[Range.SHORT]
    detect = short.detect
    monkeypatch.setattr(short, "detect", lambda tile: looked.append(tile) or detect(tile))
    film(observer, [two_people] * 9, start=4 / FPS)
    assert len(looked) == 9
    assert set(observer.timings) == {"search", "track", "landmarks"}
    assert all(ms > 0 for ms in observer.timings.values())


def test_a_second_face_is_found_within_nine_frames(
    observer: Observer, hopper: Image, two_people: Image, coffee: Image
):
    alone = np.array(coffee)
    alone[60:660, 60:572] = hopper
    assert len(film(observer, [alone] * 6)[-1]) == 1
    seen = film(observer, [two_people] * 9, start=6 / FPS)
    assert len(seen[-1]) == 2


def test_an_empty_scene_is_searched_by_the_way_until_somebody_comes(
    observer: Observer, two_people: Image, coffee: Image, monkeypatch: pytest.MonkeyPatch
):
    looked: list[Image] = []
    short = observer._detectors[Range.SHORT]
    detect = short.detect
    monkeypatch.setattr(short, "detect", lambda tile: looked.append(tile) or detect(tile))
    assert not any(film(observer, [coffee] * 60))
    assert len(looked) < 60
    arriving = film(observer, [two_people] * DOOR_SCHEDULE.period, start=60 / FPS)
    assert len(arriving[-1]) == 2


@pytest.mark.parametrize("tiles", [1, 2])
def test_so_many_tiles_are_searched_as_configured(
    vision_config: VisionConfig, coffee: Image, monkeypatch: pytest.MonkeyPatch, tiles: int
):
    observer = Observer(vision_config.model_copy(update={"tiles_per_frame": tiles}))
    looked: list[Image] = []
    monkeypatch.setattr(
        observer._detectors[Range.SHORT], "detect", lambda t: looked.append(t) or []
    )
    assert film(observer, [coffee]) == [[]]
    assert len(looked) == tiles


def test_a_camera_that_changes_its_resolution_starts_anew(observer: Observer, two_people: Image):
    before = film(observer, [two_people] * 4)[-1]
    smaller = cv2.resize(two_people, (960, 540), interpolation=cv2.INTER_AREA)
    after = film(observer, [smaller] * 4, start=4 / FPS)[-1]
    assert len(after) == 2
    assert not {f.track for f in before} & {f.track for f in after}


def test_a_face_that_is_hidden_for_a_moment_keeps_its_track(
    observer: Observer, two_people: Image, coffee: Image
):
    before = film(observer, [two_people] * 4)
    hidden = film(observer, [coffee] * 3, start=4 / FPS)
    # The two are several face widths apart: too far to have changed places so quickly.
    after = film(observer, [two_people] * 4, start=7 / FPS)
    assert hidden[-1] == []
    assert at(after[-1], COLLINS).track == at(before[-1], COLLINS).track


def test_after_a_long_absence_it_is_a_new_visit(
    observer: Observer, two_people: Image, coffee: Image
):
    before = film(observer, [two_people] * 4)
    film(observer, [coffee] * 3, start=1.0)
    after = film(observer, [two_people] * 4, start=5.0)
    assert at(after[-1], HOPPER).track > max(face.track for face in before[-1])


def test_a_lost_face_is_found_again_in_the_next_frame(
    observer: Observer, two_people: Image, coffee: Image
):
    """It is looked for where it was, whatever tile the search has come to."""
    film(observer, [two_people] * 4)
    for i in range(4, 4 + 4 * DOOR_SCHEDULE.period, 2):
        film(observer, [coffee], start=i / FPS)
        (faces,) = film(observer, [two_people], start=(i + 1) / FPS)
        at(faces, HOPPER)


def test_somebody_else_in_the_same_place_gets_another_track(
    observer: Observer, hopper: Image, astronaut: Image, coffee: Image
):
    """A cut from one person to another of a different size."""
    one, other = np.array(coffee), np.array(coffee)
    one[60:660, 400:912] = hopper
    other[100:612, 480:992] = astronaut
    before = film(observer, [one] * 4)[-1]
    after = film(observer, [other] * 4, start=4 / FPS)[-1]
    assert [f.track for f in before] != [f.track for f in after]
    assert len(after) == 1


@pytest.mark.parametrize("top", [10, 90, 110])
def test_a_face_that_a_tile_cuts_is_followed_as_a_whole(
    vision_config: VisionConfig, hopper: Image, coffee: Image, top: int
):
    """The tiles meet in the face: what each shows of it is a face of its own to the mesh."""
    observer = Observer(vision_config, Schedule((Grid(2, 2, 0.0, Range.SHORT),), pace=4))
    (alone,) = observer.still(hopper)
    picture = np.array(coffee)
    picture[top : top + 600, 400:912] = hopper
    (face,) = film(observer, [picture] * 3)[-1]
    eyes = [33, 133, 362, 263]
    apart = face.landmarks[eyes, :2] - (alone.landmarks[eyes, :2] + (400, top))
    assert np.linalg.norm(apart, axis=1).max() < 0.06 * alone.box.w
    observer.close()


def test_nobody_is_found_where_nobody_is(observer: Observer, coffee: Image):
    assert not any(film(observer, [coffee] * 6))


def test_the_largest_faces_are_kept_when_there_are_too_many(
    vision_config: VisionConfig, two_people: Image
):
    observer = Observer(vision_config.model_copy(update={"max_faces": 1}))
    seen = film(observer, [two_people] * 6)
    assert [len(faces) for faces in seen[2:]] == [1] * 4
    at(seen[-1], HOPPER)
    observer.close()


def test_a_camera_that_is_upside_down_shows_nobody_who_could_be_judged(
    observer: Observer, astronaut: Image
):
    turned = np.ascontiguousarray(astronaut[::-1, ::-1])
    shown = [face for faces in film(observer, [turned] * 10) for face in faces]
    assert not any(face.quality.usable for face in shown)


def infrared(picture: Image, width: int) -> Image:
    """As a second camera gives it: grey, of that width."""
    size = (width, round(picture.shape[0] * width / picture.shape[1]))
    grey = cv2.cvtColor(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    return cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB).astype(np.uint8)


@pytest.mark.parametrize("width", [512, 300])
def test_a_second_camera_shows_the_face_in_its_place(observer: Observer, hopper: Image, width: int):
    (face,) = observer.still(hopper)
    seen = observer.beside(infrared(hopper, width), face.box, (512, 600))
    assert seen is not None
    assert seen.box is not None
    assert np.linalg.norm(np.subtract(seen.box.centre, face.box.centre)) < 0.05 * face.box.w
    assert seen.box.w == pytest.approx(face.box.w, rel=0.1)
    assert 0.2 < seen.around < seen.brightness < 0.8


def test_a_second_camera_shows_none_where_none_is(observer: Observer, hopper: Image):
    (face,) = observer.still(hopper)
    blank = np.full((600, 512, 3), 128, np.uint8)
    seen = observer.beside(blank, face.box, (512, 600))
    assert seen is not None
    assert seen.box is None
    assert np.isnan(seen.brightness)
    assert seen.around == pytest.approx(128 / 255)
    # Half as far away in the same picture there is somebody else.
    elsewhere = observer.beside(np.roll(infrared(hopper, 512), 280, axis=1), face.box, (512, 600))
    assert elsewhere is not None
    assert elsewhere.box is None


def test_nothing_is_told_of_a_face_too_small_for_the_second_camera(
    observer: Observer, hopper: Image
):
    (face,) = observer.still(hopper)
    assert observer.beside(infrared(hopper, 100), face.box, (512, 600)) is None


def test_looking_beside_does_not_disturb_the_tracks(
    observer: Observer, two_people: Image, hopper: Image
):
    before = film(observer, [two_people] * 4)[-1]
    observer.beside(infrared(hopper, 300), before[0].box, (1280, 720))
    after = film(observer, [two_people], start=4 / FPS)[-1]
    assert {f.track for f in before} == {f.track for f in after}
