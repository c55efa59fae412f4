"""The faces of a single photo."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from accessctl.config import VisionConfig
from accessctl.domain import Box, Frame, Image
from accessctl.errors import ModelError
from accessctl.vision.observer import Observer
from tests.vision.films import COLLINS, FPS, HOPPER, at, film


def test_a_face_fills_the_photo(observer: Observer, hopper: Image):
    (face,) = observer.still(hopper[130:345, 165:365])
    assert face.box.w == pytest.approx(185, abs=15)
    assert face.track == 0


def test_a_small_portrait(observer: Observer, hopper: Image):
    small = cv2.resize(hopper[:512], (100, 100), interpolation=cv2.INTER_AREA)
    (face,) = observer.still(small)
    assert face.box.w == pytest.approx(36, abs=6)
    assert face.quality.reasons == ("too far",)


@pytest.mark.parametrize("face_width", [130, 700, 2500])
def test_a_photo_of_24_megapixels(observer: Observer, hopper: Image, face_width: int):
    scale = face_width / 185
    photo = np.full((4000, 6000, 3), 128, np.uint8)
    person = cv2.resize(hopper, None, fx=scale, fy=scale)[:4000, :6000]
    x, y = (3300, 300) if face_width < 2500 else (0, 0)
    height, width = min(len(person), 4000 - y), min(person.shape[1], 6000 - x)
    photo[y : y + height, x : x + width] = person[:height, :width]
    (face,) = observer.still(photo)
    assert face.box.w == pytest.approx(face_width, rel=0.08)
    expected = (x + 263 * scale, y + 232 * scale)
    assert face.box.centre == pytest.approx(expected, abs=0.1 * face_width)


def test_a_photo_of_two_shows_both_the_larger_first(observer: Observer, two_people: Image):
    faces = observer.still(two_people)
    assert len(faces) == 2
    assert faces[0] is at(faces, HOPPER)
    assert faces[1] is at(faces, COLLINS)


@pytest.mark.parametrize("narrowest", [0.0, 0.1, 0.25, 0.5, 1.0])
def test_of_faces_wide_enough_none_is_missed(observer: Observer, hopper: Image, narrowest: float):
    photo = np.full((1300, 1600, 3), 128, np.uint8)
    near = cv2.resize(hopper, None, fx=2.0, fy=2.0, interpolation=cv2.INTER_CUBIC)
    far = cv2.resize(hopper, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    photo[: len(near), : near.shape[1]] = near
    photo[900 : 900 + len(far), 1200 : 1200 + far.shape[1]] = far
    widths = [face.box.w for face in observer.still(photo, narrowest)]
    assert widths[0] == pytest.approx(2.0 * 185, rel=0.08)
    if narrowest <= 0.25:
        assert widths[1:] == pytest.approx([0.5 * 185], rel=0.08)


def test_an_unusable_face_is_reported_with_the_reason(observer: Observer, hopper: Image):
    (dark,) = observer.still((hopper * 0.08).astype(np.uint8))
    assert "too dark" in dark.quality.reasons
    (blurred,) = observer.still(cv2.GaussianBlur(hopper, (0, 0), 8))
    assert "too blurred" in blurred.quality.reasons


def test_a_face_that_stands_on_its_head_is_no_good_face(
    observer: Observer, hopper: Image, astronaut: Image
):
    for picture in (hopper, astronaut):
        (upright,) = observer.still(picture)
        assert upright.quality.usable
        turned = observer.still(np.ascontiguousarray(picture[::-1, ::-1]))
        assert turned
        assert not any(face.quality.usable for face in turned)
    assert any(face.quality.reasons == ("upside down",) for face in turned)


@pytest.mark.parametrize("shape", [(1, 1), (3, 900), (900, 3), (20, 20)])
def test_pictures_of_odd_shapes_hold_no_face(observer: Observer, shape: tuple[int, int]):
    assert observer.still(np.zeros((*shape, 3), np.uint8)) == []
    assert observer.observe(Frame(np.zeros((*shape, 3), np.uint8), 0.0, 0)) == []


def test_looking_at_a_photo_does_not_disturb_the_tracks(
    observer: Observer, two_people: Image, hopper: Image
):
    before = film(observer, [two_people] * 4)[-1]
    observer.still(hopper)
    after = film(observer, [two_people], start=4 / FPS)[-1]
    assert {f.track for f in before} == {f.track for f in after}


def test_missing_models_say_what_to_do(tmp_path: Path):
    with pytest.raises(ModelError, match="run `accessctl models fetch`"):
        Observer(VisionConfig(models=tmp_path))


def test_boxes_are_those_of_the_mesh(observer: Observer, hopper: Image):
    (face,) = observer.still(hopper)
    x, y = face.landmarks[:, 0], face.landmarks[:, 1]
    expected = Box(x.min(), y.min(), np.ptp(x), np.ptp(y))
    assert (face.box.x, face.box.w) == pytest.approx((expected.x, expected.w))
    assert (face.box.y, face.box.h) == pytest.approx((expected.y, expected.h))
