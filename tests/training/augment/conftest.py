import numpy as np
import pytest

from accessctl.domain import CropGeometry
from accessctl.evaluation.pack import CANVAS_TEMPLATE


@pytest.fixture
def draw():
    return np.random.default_rng(11)


@pytest.fixture
def face(draw):
    """A picture with detail everywhere, brighter to the right, RGB uint8 (128, 128, 3)."""
    ramp = np.linspace(60, 190, 128)[None, :, None]
    noise = draw.integers(-40, 41, (128, 128, 3))
    return np.clip(ramp + noise, 0, 255).astype(np.uint8)


@pytest.fixture
def geometry():
    return CropGeometry(CANVAS_TEMPLATE, (14.0, 28.0, 114.0, 128.0), 100)
