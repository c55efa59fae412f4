from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.training.spoof.optics import (
    MEDIA,
    Camera,
    draw_camera,
    monitor,
    paper,
    phone,
    photo_paper,
    taken,
)

GREY = np.full((60, 40, 3), 0.5, np.float32)


@given(name=st.sampled_from(sorted(MEDIA)), seed=st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_every_medium_shows_the_content_within_a_rim(name, seed) -> None:
    content = np.random.default_rng(seed).random((60, 41, 3), np.float32)
    surface = MEDIA[name](content, np.random.default_rng(seed))
    assert surface.dtype == np.float32
    assert surface.shape[2] == 3
    assert np.isfinite(surface).all()
    assert surface.min() > -0.5
    assert surface.max() < 5
    # The rim is as wide on the left as on the right, and as high above as below.
    assert surface.shape[1] >= 41
    assert (surface.shape[1] - 41) % 2 == 0
    assert surface.shape[0] >= 60
    assert (surface.shape[0] - 60) % 2 == 0
    np.testing.assert_array_equal(surface, MEDIA[name](content, np.random.default_rng(seed)))


def over_seeds(medium, content=GREY, count=60) -> list[np.ndarray]:
    return [medium(content, np.random.default_rng(seed)) for seed in range(count)]


def inside(surface: np.ndarray) -> np.ndarray:
    """The middle of a surface, where no rim is."""
    height, width = surface.shape[:2]
    return surface[height // 3 : -height // 3, width // 3 : -width // 3]


def test_paper_has_no_deep_black_and_a_screen_may_have() -> None:
    black = np.zeros((60, 40, 3), np.float32)
    assert all(inside(one).mean() > 0.015 for one in over_seeds(paper, black))
    darkest = min(float(inside(one).mean()) for one in over_seeds(phone, black))
    assert darkest < 0.015


def test_colours_are_paler_on_paper_than_on_a_screen() -> None:
    red = np.zeros((60, 40, 3), np.float32)
    red[:] = 0.8, 0.2, 0.2

    def spread(medium) -> float:
        found = [inside(one).mean((0, 1)) for one in over_seeds(medium, red)]
        return float(np.mean([colour[0] - colour[2] for colour in found]))

    assert spread(paper) < spread(photo_paper) < 0.7
    assert spread(paper) < spread(phone)


def test_some_prints_are_grey() -> None:
    red = np.zeros((60, 40, 3), np.float32)
    red[:] = 0.8, 0.2, 0.2
    spreads = [np.ptp(inside(one).mean((0, 1))) for one in over_seeds(paper, red, 120)]
    assert 2 <= sum(one < 0.12 for one in spreads) <= 40


def grid(surface: np.ndarray) -> float:
    """How much of what differs from pixel to pixel repeats itself: the highest peak of the
    spectrum of a row, in units of its mean."""
    row = inside(surface)[:, :, 0].mean(0)
    spectrum = np.abs(np.fft.rfft(row - row.mean()))[3:]
    return float(spectrum.max() / (spectrum.mean() + 1e-9))


def test_screens_have_a_grid_more_often_than_photographs() -> None:
    content = np.full((90, 240, 3), 0.5, np.float32)
    shares = {
        medium.__name__: np.mean([grid(one) > 8 for one in over_seeds(medium, content, 30)])
        for medium in (phone, monitor, photo_paper)
    }
    assert min(shares["phone"], shares["monitor"]) > 0.4, shares
    assert shares["photo_paper"] < 0.15, shares


@pytest.mark.parametrize("medium", [phone, monitor])
def test_a_screen_has_a_bezel_of_one_shade_all_around(medium) -> None:
    for surface in over_seeds(medium, count=20):
        shade = surface[0, 0, 0]
        for rim in (surface[0], surface[-1], surface[:, 0], surface[:, -1]):
            np.testing.assert_array_equal(rim, shade)
        assert shade <= 0.95


PLAIN = Camera(
    gain=1.0,
    gamma=1.0,
    white=(1.0, 1.0, 1.0),
    blur=0.0,
    motion=(0, 0.0),
    noise=0.0,
    sharpen=0.0,
    shrink=1.0,
    qualities=(100,),
    seed=0,
)
ROUNDING = 2
"""What a JPEG of the best quality may change in a flat colour."""


def flat(value: float) -> np.ndarray:
    return np.full((32, 48, 3), value, np.float32)


def middle(picture: np.ndarray, camera: Camera) -> np.ndarray:
    image = taken(picture, camera)
    assert (image.shape, image.dtype) == (picture.shape, np.uint8)
    return image[16, 24].astype(int)


@pytest.mark.parametrize(
    ("value", "changes", "expected"),
    [
        (0.5, {}, (127, 127, 127)),
        (0.5, {"gain": 0.5}, (64, 64, 64)),
        (0.5, {"gamma": 2.0}, (64, 64, 64)),
        (0.5, {"white": (1.2, 1.0, 0.8)}, (153, 127, 102)),
        # The shoulder: 0.8 + 0.2 tanh((0.9 - 0.8) / 0.2) = 0.8924, and 0.9640 for 1.0 ...
        (0.9, {}, (227, 227, 227)),
        (1.0, {}, (242, 242, 242)),
        # ... so that what is brighter by half is not cut off, but nearly white.
        (1.5, {}, (254, 254, 254)),
        # Gamma comes before gain: 0.25 x 2.
        (0.5, {"gamma": 2.0, "gain": 2.0}, (127, 127, 127)),
    ],
)
def test_exposure_by_hand(value, changes, expected) -> None:
    assert np.abs(middle(flat(value), replace(PLAIN, **changes)) - expected).max() <= ROUNDING


def test_the_same_camera_takes_the_same_picture_twice() -> None:
    camera = replace(PLAIN, noise=0.05, seed=3)
    picture = np.random.default_rng(0).random((40, 40, 3), np.float32)
    np.testing.assert_array_equal(taken(picture, camera), taken(picture, camera))
    other = taken(picture, replace(camera, seed=4))
    assert (other != taken(picture, camera)).mean() > 0.5


def test_noise_has_the_deviation_that_is_said() -> None:
    image = taken(np.full((100, 100, 3), 0.5, np.float32), replace(PLAIN, noise=0.04))
    # JPEG halves the colours' resolution, so it is looked for in the brightness: three
    # independent channels of weights 0.299, 0.587 and 0.114 have 0.669 of one's deviation.
    brightness = image @ np.array([0.299, 0.587, 0.114])
    assert brightness.std() == pytest.approx(0.04 * 255 * 0.669, rel=0.05)


def test_what_moves_is_drawn_out_in_its_direction() -> None:
    dot = np.zeros((41, 41, 3), np.float32)
    dot[20, 20] = 1
    across = taken(dot * 8, replace(PLAIN, motion=(6, 0.0)))[..., 1] > 60
    assert across[20, 17:24].all()
    assert not np.delete(across, 20, axis=0).any()
    down = taken(dot * 8, replace(PLAIN, motion=(6, 90.0)))[..., 1] > 60
    np.testing.assert_array_equal(down, across.T)


@pytest.mark.parametrize("changes", [{"blur": 2.0}, {"shrink": 1.8}])
def test_a_blurred_or_coarse_sensor_loses_what_is_fine(changes) -> None:
    stripes = np.zeros((60, 60, 3), np.float32)
    stripes[:, ::2] = 1
    sharp, soft = taken(stripes, PLAIN), taken(stripes, replace(PLAIN, **changes))
    assert soft.shape == sharp.shape
    assert soft.std() < 0.5 * sharp.std()


def test_sharpening_overshoots_at_a_rim() -> None:
    step = flat(0.3)
    step[:, 24:] = 0.6
    row = taken(step, replace(PLAIN, sharpen=1.0))[16, :, 1].astype(int)
    assert row[20:24].min() < 0.3 * 255 - 5
    assert row[24:28].max() > 0.6 * 255 + 5


def test_a_poor_codec_leaves_blocks() -> None:
    rng = np.random.default_rng(0)
    grey = np.clip(0.4 + rng.normal(0, 0.1, (64, 64, 1)), 0, 0.8)
    picture = np.repeat(grey, 3, axis=2).astype(np.float32)
    good, poor = taken(picture, PLAIN), taken(picture, replace(PLAIN, qualities=(20, 20)))
    wanted = picture * 255
    assert np.abs(poor - wanted).mean() > 2 * np.abs(good - wanted).mean()


@given(seed=st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_cameras_that_are_drawn_can_be(seed) -> None:
    camera = draw_camera(np.random.default_rng(seed))
    assert 0.3 < camera.gain < 2.5
    assert 0.4 < camera.gamma < 2.5
    assert min(camera.white) > 0
    assert camera.blur >= 0
    assert camera.noise >= 0
    assert 1 <= camera.shrink < 1.8
    assert 1 <= len(camera.qualities) <= 2
    assert all(35 <= quality < 98 for quality in camera.qualities)
    picture = np.random.default_rng(seed).random((12, 17, 3), np.float32) * 1.4
    image = taken(picture, camera)
    assert (image.shape, image.dtype) == ((12, 17, 3), np.uint8)
    assert camera == draw_camera(np.random.default_rng(seed))


def test_nearly_half_of_the_cameras_are_good_ones() -> None:
    rng = np.random.default_rng(5)
    cameras = [draw_camera(rng) for _ in range(600)]
    good = [one for one in cameras if one.blur == 0 and one.white == (1.0, 1.0, 1.0)]
    assert 0.38 < len(good) / len(cameras) < 0.52
    assert all(one.shrink == 1 and not one.motion[0] for one in good)
