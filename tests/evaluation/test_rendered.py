from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.config import VisionConfig
from accessctl.demo.people import collins
from accessctl.demo.sheet import Sheet
from accessctl.domain import Frame, Image, Points
from accessctl.evaluation.rendered import (
    Hand,
    as_seen,
    bend,
    bent_photo,
    depth_map,
    hat,
    mask,
    moved_photo,
    sunglasses,
    turned_head,
)
from accessctl.vision.alignment import five_points
from accessctl.vision.observer import Observer

REST = Sheet(160, 120, 100, yaw=3, pitch=-2, roll=1)
STILL = Hand(shift=0, closer=0, yaw=0, pitch=0, roll=0)


def wall() -> Image:
    return np.full((240, 320, 3), 40, np.uint8)


def photo() -> Image:
    return np.full((80, 100, 3), 200, np.uint8)


def film(hand: Hand, rest: Sheet = REST, **options) -> list[Frame]:
    given_options = {"frames": 4, "fps": 10.0, "seed": 1, "blur": 0.0, "noise": 0.0} | options
    return list(moved_photo(photo(), wall(), rest, hand, **given_options))


@given(st.floats(0, 100))
def test_a_hand_that_holds_still(t: float) -> None:
    assert STILL.at(t, REST) == REST


@given(st.floats(0, 1000), st.floats(0, 7), st.floats(0.1, 2))
def test_no_hand_moves_it_further_than_told(t: float, phase: float, rate: float) -> None:
    hand = Hand(shift=0.2, closer=0.1, yaw=25, pitch=15, roll=8, rate=rate, phase=phase)
    at = hand.at(t, REST)
    assert abs(at.x - 160) <= 20 + 1e-9
    assert abs(at.y - 120) <= 20 + 1e-9
    assert abs(at.width - 100) <= 10 + 1e-9
    assert abs(at.yaw - 3) <= 25 + 1e-9
    assert abs(at.pitch + 2) <= 15 + 1e-9
    assert abs(at.roll - 1) <= 8 + 1e-9


def test_it_does_use_what_it_is_told() -> None:
    hand = Hand(shift=0.2, closer=0.1, yaw=25, pitch=15, roll=8)
    places = [hand.at(t, REST) for t in np.linspace(0, 60, 2000)]
    for part, amplitude in (("x", 20), ("y", 20), ("width", 10), ("yaw", 25), ("pitch", 15)):
        values = [getattr(place, part) for place in places]
        assert np.ptp(values) > 1.6 * amplitude


def test_the_yaw_at_the_start_by_hand() -> None:
    # Offset 0 for yaw: at t = 0 both sines are 0; a phase of pi / 2 makes them
    # 0.7 and 0.3 sin(1.73 pi / 2) = 0.1234.
    assert Hand(yaw=10).at(0.0, REST).yaw == pytest.approx(3)
    assert Hand(yaw=10, phase=np.pi / 2).at(0.0, REST).yaw == pytest.approx(3 + 8.234, abs=1e-3)


def test_frames_are_numbered_and_timed() -> None:
    frames = film(STILL)
    assert [frame.sequence for frame in frames] == [0, 1, 2, 3]
    assert [frame.captured for frame in frames] == pytest.approx([0, 0.1, 0.2, 0.3])


def test_the_photo_moves_and_the_wall_does_not() -> None:
    frames = film(Hand(shift=0.3), rest=Sheet(160, 120, 60), fps=2.0)
    assert len({frame.image.tobytes() for frame in frames}) == 4
    for frame in frames:
        assert (frame.image[:20] == 40).all()
        assert (frame.image[118:122, 158:162] == 200).all()


def test_a_seed_makes_the_same_film_again() -> None:
    films = [[f.image.tobytes() for f in film(STILL, seed=s, noise=3.0)] for s in (5, 5, 6)]
    assert films[0] == films[1]
    assert films[0] != films[2]


def test_the_sensors_noise_differs_from_frame_to_frame() -> None:
    first, second, *_ = film(STILL, noise=3.0)
    difference = first.image[:40].astype(float) - second.image[:40]
    # Two frames' noises of 3 levels each, and the rounding of both.
    assert difference.std() == pytest.approx(np.hypot(3, 3), rel=0.05)


def test_a_perfect_camera_changes_nothing() -> None:
    picture = np.random.default_rng(2).integers(0, 256, (40, 60, 3)).astype(np.uint8)
    assert np.array_equal(as_seen(picture, np.random.default_rng(1), 0.0, 0.0), picture)


def test_black_and_white_do_not_wrap_around() -> None:
    picture = wall()
    picture[:] = 0
    picture[:, 160:] = 255
    noisy = as_seen(picture, np.random.default_rng(1), 0.0, 5.0)
    assert noisy[:, :160].max() < 40
    assert noisy[:, 160:].min() > 215


def test_blur_spreads_an_edge_and_keeps_the_light() -> None:
    picture = wall()
    picture[100:140, 140:180] = 200
    soft = as_seen(picture, np.random.default_rng(1), 2.0, 0.0)
    assert 40 < soft[120, 139, 0] < soft[120, 140, 0] < 200
    assert soft.mean() == pytest.approx(picture.mean(), abs=0.1)


MIDDLE, RADIUS, HEIGHT = 100, 60, 40


def dome() -> Points:
    """A cone 40 pixels high: z points away from the camera."""
    y, x = np.mgrid[-RADIUS : RADIUS + 1 : 6, -RADIUS : RADIUS + 1 : 6]
    away = np.hypot(x, y)
    z = -HEIGHT * np.clip(1 - away / RADIUS, 0, 1)
    return np.column_stack([x.ravel() + MIDDLE, y.ravel() + MIDDLE, z.ravel()]).astype(np.float32)


def dotted(x: int, y: int) -> Image:
    photo = np.full((200, 200, 3), 60, np.uint8)
    photo[y - 2 : y + 3, x - 2 : x + 3] = 255
    return photo


def shown(photo: Image, rest: Sheet, backdrop: int = 10) -> Image:
    wall = np.full((240, 320, 3), backdrop, np.uint8)
    (frame,) = turned_head(
        photo, dome(), wall, rest, STILL, frames=1, fps=10, seed=1, blur=0, noise=0
    )
    return frame.image


def dot(picture: Image) -> tuple[float, float]:
    weights = np.clip(picture[:, :, 0].astype(float) - 80, 0, None)
    y, x = np.mgrid[0:240, 0:320]
    return float((x * weights).sum() / weights.sum()), float((y * weights).sum() / weights.sum())


def test_the_nose_stands_out_and_nothing_around_the_face_does() -> None:
    rise = depth_map((200, 200), dome())
    assert rise.shape == (200, 200)
    # Smoothing by 3.6 pixels (3 % of 120) takes its mean distance, 3.6 sqrt(pi / 2), times the
    # slope of 40 / 60 off the tip: 3.0.
    assert rise[MIDDLE, MIDDLE] == pytest.approx(HEIGHT - 3, abs=0.5)
    assert rise[MIDDLE, MIDDLE + 30] == pytest.approx(HEIGHT / 2, abs=1)
    assert rise[MIDDLE - 45, MIDDLE] == pytest.approx(HEIGHT / 4, abs=1)
    assert np.abs(rise[:20]).max() == np.abs(rise[:, 180:]).max() == 0
    assert rise.min() >= 0


def test_facing_the_camera_it_is_the_photograph() -> None:
    photo = np.random.default_rng(1).integers(30, 256, (200, 200, 3)).astype(np.uint8)
    picture = shown(photo, Sheet(160, 120, 200))
    # The middle of the mesh, (100, 100), is laid at (160, 120).
    assert np.array_equal(picture[80:160, 120:200], photo[60:140, 60:140])
    assert (picture[:10] == 10).all()
    assert (picture[:, :50] == 10).all()


@pytest.mark.parametrize(
    ("turn", "way"),
    [
        # A nose h high goes h sin(angle): to the right with the yaw, up with the pitch.
        ({"yaw": 20.0}, (HEIGHT * np.sin(np.radians(20)), 0.0)),
        ({"yaw": -20.0}, (-HEIGHT * np.sin(np.radians(20)), 0.0)),
        ({"pitch": 15.0}, (0.0, -HEIGHT * np.sin(np.radians(15)))),
        ({"roll": 40.0}, (0.0, 0.0)),
    ],
)
def test_the_tip_of_the_nose_goes_with_the_turn(turn, way) -> None:
    x, y = dot(shown(dotted(MIDDLE, MIDDLE), Sheet(160, 120, 200, **turn)))
    assert (x - 160, y - 120) == pytest.approx(way, abs=1.5)


def test_what_lies_far_back_is_only_foreshortened() -> None:
    photo = dotted(MIDDLE + 68, MIDDLE)
    x, y = dot(shown(photo, Sheet(160, 120, 200, yaw=20)))
    assert (x - 160, y - 120) == pytest.approx((68 * np.cos(np.radians(20)), 0), abs=1)


def test_rolling_takes_the_right_hand_side_down() -> None:
    x, y = dot(shown(dotted(MIDDLE + 68, MIDDLE), Sheet(160, 120, 200, roll=90)))
    assert (x - 160, y - 120) == pytest.approx((0, 68), abs=1)


def test_the_sheets_width_is_the_whole_photos() -> None:
    x, y = dot(shown(dotted(MIDDLE + 68, MIDDLE), Sheet(160, 120, 100)))
    assert (x - 160, y - 120) == pytest.approx((34, 0), abs=1)


def test_a_hand_moves_it_in_time() -> None:
    wall = np.full((240, 320, 3), 10, np.uint8)
    frames = list(
        turned_head(
            dotted(MIDDLE, MIDDLE),
            dome(),
            wall,
            Sheet(160, 120, 200),
            Hand(shift=0.1),
            frames=3,
            fps=5.0,
            seed=1,
        )
    )
    assert [frame.sequence for frame in frames] == [0, 1, 2]
    assert [frame.captured for frame in frames] == pytest.approx([0, 0.2, 0.4])
    assert len({frame.image.tobytes() for frame in frames}) == 3
    assert (wall == 10).all()


def lined(*columns: int) -> Image:
    """A grey photo, 200 wide and 100 high, with a white line two pixels wide at each column."""
    photo = np.full((100, 200, 3), 60, np.uint8)
    for column in columns:
        photo[:, column - 1 : column + 1] = 255
    return photo


def line(picture: Image) -> float:
    weights = np.clip(picture[picture.shape[0] // 2, :, 0].astype(float) - 100, 0, None)
    return float((weights * np.arange(len(weights))).sum() / weights.sum())


def test_a_wide_bend_is_nearly_flat() -> None:
    photo = np.random.default_rng(1).integers(0, 256, (100, 200, 3)).astype(np.uint8)
    relief = bend(photo, (100, 50), 1e6)
    assert np.abs(relief.photo.astype(int) - photo).max() <= 3
    assert relief.rise.max() == pytest.approx(100**2 / 2e6, abs=0.07)
    assert (relief.mask == 255).all()


def test_an_arc_shows_as_its_sine_and_stands_out_as_its_cosine() -> None:
    relief = bend(lined(160), (100, 50), 100)
    # 60 pixels along the sheet are 0.6 radians: 56.5 pixels aside.
    assert line(relief.photo) == pytest.approx(100 + 100 * np.sin(0.6) - 0.5, abs=0.5)
    assert relief.rise[50, 100] - relief.rise[50, 156] == pytest.approx(
        100 * (1 - np.sqrt(1 - 0.56**2)), abs=1e-3
    )
    assert (relief.rise == relief.rise[0]).all()


def test_what_lies_round_the_corner_is_not_seen() -> None:
    relief = bend(lined(100), (100, 50), 50)
    # 0.95 of the radius to either side; the sheet is long enough for it: 50 * asin(0.95) = 62.7.
    assert list(np.flatnonzero(relief.mask[0])[[0, -1]]) == [53, 147]
    assert relief.rise.min() == 0


def test_the_nearest_line_goes_with_the_turn() -> None:
    wall = np.full((240, 320, 3), 10, np.uint8)

    def shown(yaw: float) -> float:
        (frame,) = bent_photo(
            lined(100),
            (100, 50),
            100,
            wall,
            Sheet(160, 120, 200, yaw=yaw),
            STILL,
            frames=1,
            fps=10,
            seed=1,
            blur=0,
            noise=0,
        )
        return line(frame.image)

    # 100 pixels along the sheet are 1 radian: it stands out by R (1 - cos 1) = 46.0 over the
    # edges, and goes by the sine of the turn.
    out = float(bend(lined(100), (100, 50), 100).rise.max())
    assert out == pytest.approx(46.0, abs=1.0)
    assert shown(15) - shown(0) == pytest.approx(out * np.sin(np.radians(15)), abs=1)
    assert (wall == 10).all()


MODELS = Path(__file__).parents[2] / "models/cache/mediapipe"
LEFT_EYE, RIGHT_EYE, NOSE, LEFT_MOUTH, RIGHT_MOUTH, CHIN, FOREHEAD = range(7)


@pytest.fixture(scope="module")
def face() -> tuple[Image, Points]:
    photo = collins()
    observer = Observer(VisionConfig(models=MODELS))
    (found, *_) = observer.still(photo)
    observer.close()
    return photo, found.landmarks


def hidden(change, face: tuple[Image, Points], seed: int) -> list[bool]:
    """Of the five points, the chin and the top of the forehead: which are painted over."""
    _, mesh = face
    grey = np.full_like(face[0], 137)
    changed = (change(grey, mesh, np.random.default_rng(seed)) != 137).any(axis=2)
    inward = 0.9 * (mesh[[152, 10], :2] - mesh[:, :2].mean(axis=0)) + mesh[:, :2].mean(axis=0)
    points = np.concatenate([five_points(mesh), inward])
    return [bool(changed[round(y), round(x)]) for x, y in points]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(
    ("change", "covered"),
    [
        (mask, {NOSE, LEFT_MOUTH, RIGHT_MOUTH, CHIN}),
        (sunglasses, {LEFT_EYE, RIGHT_EYE}),
        (hat, {FOREHEAD}),
    ],
)
def test_what_is_hidden_and_what_is_not(change, covered, face, seed: int) -> None:
    assert {place for place, over in enumerate(hidden(change, face, seed)) if over} == covered


@pytest.mark.parametrize("change", [mask, sunglasses, hat])
def test_only_the_head_changes_and_the_photo_itself_never(change, face) -> None:
    photo, mesh = face
    before = photo.copy()
    changed = (change(photo, mesh, np.random.default_rng(0)) != photo).any(axis=2)
    np.testing.assert_array_equal(photo, before)
    low, high = mesh[:, :2].min(axis=0), mesh[:, :2].max(axis=0)
    rows, columns = np.nonzero(changed)
    size = high - low
    assert changed.any()
    assert columns.min() > low[0] - 0.2 * size[0]
    assert columns.max() < high[0] + 0.2 * size[0]
    assert rows.min() > low[1] - 0.7 * size[1]
    assert rows.max() < high[1] + 0.1 * size[1]


def test_cloth_keeps_the_light_of_the_face(face) -> None:
    photo, mesh = face
    lit = photo.copy()
    middle = round(float(mesh[152, 0]))
    lit[:, :middle] //= 3
    dressed = mask(lit, mesh, np.random.default_rng(0)).astype(float).mean(axis=2)
    y = round(float(mesh[[61, 291], 1].mean()))
    side = round(float(np.ptp(mesh[:, 0])) / 4)
    assert dressed[y, middle + side] > 1.2 * dressed[y, middle - side]


def test_what_lies_outside_the_photo_is_not_drawn(face) -> None:
    photo, mesh = face
    away = mesh + np.array([5000, 0, 0], np.float32)
    for change in (mask, sunglasses, hat):
        np.testing.assert_array_equal(change(photo, away, np.random.default_rng(0)), photo)
