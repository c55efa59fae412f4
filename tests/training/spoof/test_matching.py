import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.training.spoof import teachers as module
from accessctl.training.spoof.matching import asked, distorted


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture
def calm(monkeypatch) -> pytest.MonkeyPatch:
    """Nothing is moved, lit, mixed or made worse, but what a test asks for."""
    for name in ("MIXED", "PATCHED", "BLURRED", "NOISY"):
        monkeypatch.setattr(module, name, 0.0)
    monkeypatch.setattr(module, "_moved", lambda crops, rng: crops)
    monkeypatch.setattr(module, "_lit", lambda pictures, rng: pictures)
    return monkeypatch


def shades(*values: int) -> np.ndarray:
    """A sample of each, of one shade."""
    return np.array(values, np.uint8)[:, None, None, None, None] * np.ones((3, 80, 80, 3), "u1")


def test_without_any_distortion_a_picture_is_itself(calm) -> None:
    pictures, lives = distorted(shades(0, 51, 255), np.array([1, 0, 1], np.float32), rng())
    np.testing.assert_allclose(pictures.mean((1, 2, 3, 4)), [0, 0.2, 1], atol=1e-6)
    assert lives.tolist() == [1, 0, 1]


def test_where_two_are_mixed_life_is_mixed_by_the_same_share(calm) -> None:
    calm.setattr(module, "MIXED", 1.0)
    # What lives is white and what does not is black, so that a picture's shade is its life.
    living = np.array([1, 0] * 10, np.float32)
    pictures, lives = distorted(shades(*[255, 0] * 10), living, rng())
    np.testing.assert_allclose(pictures.mean((1, 2, 3, 4)), lives, atol=1e-5)
    assert ((lives > 0.05) & (lives < 0.95)).sum() > 5


@given(seed=st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_a_window_counts_by_what_it_covers_also_of_what_is_mixed(seed) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("MIXED", 0.5), ("PATCHED", 1.0), ("BLURRED", 0.0), ("NOISY", 0.0)):
            patch.setattr(module, name, value)
        patch.setattr(module, "_moved", lambda crops, rng: crops)
        patch.setattr(module, "_lit", lambda pictures, rng: pictures)
        living = np.array([1, 0, 0, 1], np.float32)
        pictures, lives = distorted(shades(255, 0, 0, 255), living, rng(seed))
    np.testing.assert_allclose(pictures.mean((1, 2, 3, 4)), lives, atol=1e-5)


@given(seed=st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_whatever_is_drawn_gives_pictures_and_shares(seed) -> None:
    crops = rng(seed).integers(0, 256, (3, 3, 80, 80, 3)).astype(np.uint8)
    before = crops.copy()
    pictures, lives = distorted(crops, np.array([1, 0, 1], np.float32), rng(seed))
    assert (pictures.shape, pictures.dtype, lives.dtype) == (crops.shape, "f4", "f4")
    assert 0 <= pictures.min() <= pictures.max() <= 1
    assert 0 <= lives.min() <= lives.max() <= 1
    np.testing.assert_array_equal(crops, before)
    again, _ = distorted(crops, np.array([1, 0, 1], np.float32), rng(seed))
    np.testing.assert_array_equal(pictures, again)


def test_a_moved_picture_stays_nearly_where_it_was(calm, monkeypatch) -> None:
    monkeypatch.undo()
    crops = np.zeros((3, 80, 80, 3), np.uint8)
    crops[:, 30:50, 30:50] = 200
    y, _ = np.mgrid[:80, :80]
    heights, mirrored = [], 0
    crops[:, 30:50, 70:74] = 200
    for seed in range(40):
        moved = module._moved(crops, rng(seed))
        bright = moved.mean(axis=3) > 100
        heights += [float(y[cut].mean()) for cut in bright]
        sides = {bool(cut[:, :20].any()) for cut in bright}
        # All cuts of a face are mirrored together.
        assert len(sides) == 1
        mirrored += sides == {True}
    assert 10 <= mirrored <= 30
    assert 1 < np.std(heights) < module.SHIFT
    assert np.mean(heights) == pytest.approx(39.5, abs=1)


def test_each_teacher_sees_its_cut_blue_first_up_to_255() -> None:
    pictures = np.zeros((2, 3, 80, 80, 3), np.float32)
    pictures[:, 1] = 0.2, 0.4, 0.6
    pictures[:, 2] = 1.0, 0.5, 0.0
    seen = {}

    class Watching:
        def __init__(self, reach: float) -> None:
            self.reach = reach

        def __call__(self, cuts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            seen[self.reach] = cuts
            return np.full((2, 3), self.reach), np.full((2, 128), -self.reach)

    says, holds = asked(pictures, [Watching(4.0), Watching(2.7)])
    assert (says.shape, holds.shape) == ((2, 2, 3), (2, 2, 128))
    assert says[0, :, 0].tolist() == [4.0, 2.7]
    assert holds[1, :, 5].tolist() == [-4.0, -2.7]
    np.testing.assert_allclose(seen[2.7][1, 7, 7], [153, 102, 51], rtol=1e-5)
    np.testing.assert_allclose(seen[4.0][0, 0, 0], [0, 127.5, 255], rtol=1e-5)
