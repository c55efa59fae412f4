"""Pictures made smaller by whole factors."""

import numpy as np
import pytest

from accessctl.shrinking import shrunk


def picture(height: int, width: int, channels: int = 3) -> np.ndarray:
    shape = (height, width, channels) if channels > 1 else (height, width)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def test_two_by_two_pixels_become_their_mean() -> None:
    image = np.array([[[10] * 3, [20] * 3], [[30] * 3, [40] * 3]], np.uint8)
    assert shrunk(image, 2).tolist() == [[[25, 25, 25]]]


def test_nothing_is_done_for_a_factor_of_one() -> None:
    image = picture(5, 7)
    assert np.array_equal(shrunk(image, 1), image)


@pytest.mark.parametrize("factor", [2, 3, 4, 5, 6, 8, 12])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_pixel_is_the_mean_of_its_block(factor: int, channels: int) -> None:
    rows, columns = 6, 9
    image = picture(rows * factor + 1, columns * factor + factor - 1, channels)
    blocks = image[: rows * factor, : columns * factor].astype(float)
    means = blocks.reshape(rows, factor, columns, factor, -1).mean(axis=(1, 3))
    found = shrunk(image, factor)
    assert found.dtype == np.uint8
    rounded = {2: 1, 3: 1, 4: 2, 5: 1, 6: 2, 8: 3, 12: 3}[factor]
    assert np.abs(found.reshape(means.shape) - means).max() <= rounded / 2


@pytest.mark.parametrize("factor", [0, -1, 5])
def test_a_factor_that_leaves_nothing_is_refused(factor: int) -> None:
    with pytest.raises(ValueError, match="times smaller"):
        shrunk(picture(4, 9), factor)
