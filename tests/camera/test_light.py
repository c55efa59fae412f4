import numpy as np
import pytest

from accessctl.camera.light import brightness


def test_brightness_is_the_mean_of_the_whole_picture() -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    image[:32] = 255
    assert brightness(image) == pytest.approx(0.5)
    image[:, :, 0] = 0
    assert brightness(image) == pytest.approx(1 / 3)
