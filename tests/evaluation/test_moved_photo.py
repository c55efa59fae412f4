import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.demo.sheet import Sheet
from accessctl.domain import Frame, Image
from accessctl.evaluation.moved_photo import Hand, as_seen, moved_photo

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
