import numpy as np
import pytest

from accessctl.training.augment.sharpness import compressed, defocus, low_resolution, motion


def detail(image):
    """Mean difference of neighbouring pixels."""
    return np.abs(np.diff(image.astype(np.float64), axis=1)).mean()


@pytest.mark.parametrize("change", [low_resolution, defocus, motion])
def test_less_detail_the_same_brightness(change, face, draw):
    for _ in range(20):
        found = change(face, draw)
        assert detail(found) < detail(face)
        assert found.mean() == pytest.approx(face.mean(), abs=3)


def test_down_to_forty_pixels_and_no_further(draw):
    # A checkerboard of cells that 40 pixels can just show and 20 cannot.
    cells = np.kron(np.indices((20, 20)).sum(axis=0) % 2, np.ones((6, 6)))
    board = np.repeat((255 * cells)[..., None], 3, axis=2).astype(np.uint8)
    spreads = [low_resolution(board, draw).std() for _ in range(200)]
    assert min(spreads) > 40
    assert low_resolution(board, draw, smallest=6).std() < 128


def test_small_images_are_left_alone(draw):
    small = np.arange(30 * 30 * 3, dtype=np.uint8).reshape(30, 30, 3)
    assert low_resolution(small, draw) is small


def test_motion_blurs_along_a_line(draw):
    dot = np.zeros((41, 41, 3), np.uint8)
    dot[20, 20] = 255
    for _ in range(20):
        smeared = np.argwhere(motion(dot, draw)[..., 0])
        centred = smeared - smeared.mean(axis=0)
        long, across = np.linalg.svd(centred, compute_uv=False)
        assert len(smeared) >= 2
        assert across <= 0.5 * long


def test_compression_loses_a_little(face, draw):
    for _ in range(10):
        found = compressed(face, draw)
        assert found.shape == face.shape
        assert 0 < np.abs(found.astype(int) - face).mean() < 40


def test_compression_keeps_red_red(draw):
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 200
    found = compressed(red, draw).mean(axis=(0, 1))
    assert found[0] > 190
    assert found[1:].max() < 10
