import numpy as np
import pytest

from accessctl.demo.sheet import Sheet
from accessctl.domain import Image, Points
from accessctl.evaluation.moved_photo import Hand
from accessctl.evaluation.turned_head import depth_map, turned_head

STILL = Hand(shift=0, closer=0, yaw=0, pitch=0, roll=0)
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
