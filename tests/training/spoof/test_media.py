import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.training.spoof.media import MEDIA, monitor, paper, phone, photo_paper

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
