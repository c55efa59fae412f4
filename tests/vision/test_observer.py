from pathlib import Path

import cv2
import numpy as np
import pytest

from accessctl.config import VisionConfig
from accessctl.domain import Box, Face, Frame, Image
from accessctl.errors import ModelError
from accessctl.vision.landmarks import Mesh, Region
from accessctl.vision.observer import Observer
from accessctl.vision.search import DOOR_SCHEDULE, Grid, Range, Schedule

FPS = 15
HOPPER = (325, 290)
COLLINS = (925, 225)
"""Where the two faces are in the picture `two_people`, read off by hand."""


def film(observer: Observer, pictures: list[Image], start: float = 0.0) -> list[list[Face]]:
    return [observer.observe(Frame(p, start + i / FPS, i)) for i, p in enumerate(pictures)]


def at(faces: list[Face], place: tuple[float, float]) -> Face:
    (face,) = [f for f in faces if np.hypot(*(np.subtract(f.box.centre, place))) < 40]
    return face


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


def test_a_camera_that_is_upside_down_shows_nobody_who_could_be_judged(
    observer: Observer, astronaut: Image
):
    turned = np.ascontiguousarray(astronaut[::-1, ::-1])
    shown = [face for faces in film(observer, [turned] * 10) for face in faces]
    assert not any(face.quality.usable for face in shown)


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


def dip(observer: Observer, monkeypatch: pytest.MonkeyPatch, presences: list[float]) -> None:
    """The next looks at the mesh are so sure at most, the last of them for ever."""
    look, script = observer._landmarks.look, list(presences)

    def unsure(image: Image, region: Region) -> Mesh:
        mesh = look(image, region)
        most = script.pop(0) if len(script) > 1 else script[0]
        return Mesh(mesh.points, min(mesh.presence, most))

    monkeypatch.setattr(observer._landmarks, "look", unsure)


def alone(hopper: Image, coffee: Image) -> Image:
    picture = np.array(coffee)
    picture[60:660, 60:572] = hopper
    return picture


def test_a_mesh_that_fails_for_a_moment_costs_neither_the_track_nor_the_frame(
    observer: Observer, hopper: Image, coffee: Image, monkeypatch: pytest.MonkeyPatch
):
    picture = alone(hopper, coffee)
    before = at(film(observer, [picture] * 4)[-1], HOPPER)
    dip(observer, monkeypatch, [0.1, 1.0])
    seen = film(observer, [picture] * 4, start=4 / FPS)
    assert {at(faces, HOPPER).track for faces in seen} == {before.track}


def test_a_face_that_comes_back_need_not_be_as_sure_as_a_new_one(
    observer: Observer, hopper: Image, coffee: Image, monkeypatch: pytest.MonkeyPatch
):
    picture = alone(hopper, coffee)
    before = at(film(observer, [picture] * 4)[-1], HOPPER)
    film(observer, [coffee] * 3, start=4 / FPS)
    dip(observer, monkeypatch, [0.9])
    after = film(observer, [picture] * 3, start=7 / FPS)
    assert {at(faces, HOPPER).track for faces in after} == {before.track}
    assert "unclear" in at(after[-1], HOPPER).quality.reasons


def test_a_new_face_that_the_mesh_is_not_sure_of_is_not_followed(
    observer: Observer, hopper: Image, coffee: Image, monkeypatch: pytest.MonkeyPatch
):
    dip(observer, monkeypatch, [0.9])
    assert not any(film(observer, [alone(hopper, coffee)] * 6))


def test_a_face_that_leans_out_of_the_picture_and_back_keeps_its_track(
    observer: Observer, hopper: Image, coffee: Image
):
    wide = np.concatenate([coffee[:, ::-1], coffee, coffee[:, ::-1]], axis=1)
    wide[60:660, 1180:1692] = hopper
    x = 1180 + HOPPER[0] - 60
    # To half a face beyond the edge and back, at two face widths a second.
    places = [*range(200, -90, -24), *range(-90, 200, 24)]
    seen = film(observer, [np.ascontiguousarray(wide[:, x - p : x - p + 1280]) for p in places])
    tracks = [{face.track for face in faces} for faces in seen]
    assert tracks[4] == tracks[-1]
    assert len(set().union(*tracks)) == 1
    assert min(len(one) for one in tracks[5:]) == 0, "it was out of sight for a while"


def test_what_only_one_look_takes_for_a_face_is_none(
    observer: Observer, two_people: Image, monkeypatch: pytest.MonkeyPatch
):
    """The tiles of the search show it, a tile with room on all sides does not."""
    detect = observer._look_at
    every = set(DOOR_SCHEDULE.every(1280, 720))
    monkeypatch.setattr(
        observer, "_look_at", lambda image, tiles: detect(image, [t for t in tiles if t in every])
    )
    assert not any(film(observer, [two_people] * 8))


FILMS = Path(__file__).parents[3] / "shared" / "data" / "liveness" / "live"


def pictures_of(path: Path, start: float, seconds: float, every: int) -> list[tuple[float, Image]]:
    """One in so many pictures of a film, with their times in seconds."""
    video = cv2.VideoCapture(str(path))
    rate = video.get(cv2.CAP_PROP_FPS)
    taken: list[tuple[float, Image]] = []
    for number in range(round((start + seconds) * rate)):
        there, picture = video.read()
        if there and number >= start * rate and number % every == 0:
            taken.append((number / rate, cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)))
    video.release()
    return taken


@pytest.mark.shared_data
@pytest.mark.parametrize("every", [1, 5], ids=["every frame", "one in five"])
@pytest.mark.parametrize(
    ("name", "start", "seconds"),
    [
        *[(f"G0{n}.mkv", 0.0, 1.6) for n in range(1, 6)],
        ("L06.mp4", 3.2, 1.2),
        ("L15.mov", 8.0, 1.0),
    ],
)
def test_one_person_alone_is_on_one_track(
    observer: Observer, name: str, start: float, seconds: float, every: int
):
    """In the last two a tile cuts off hair that the mesh settles on with full presence."""
    if not (FILMS / name).is_file():
        pytest.skip("needs the films in ../shared/data")
    taken = pictures_of(FILMS / name, start, seconds, every)
    seen = [observer.observe(Frame(picture, t, n)) for n, (t, picture) in enumerate(taken)]
    assert {face.track for faces in seen for face in faces} == {1}
    assert all(len(faces) == 1 for faces in seen[2:])
