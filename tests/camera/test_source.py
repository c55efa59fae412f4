import numpy as np

from accessctl.camera.source import Shot


def test_a_shot_from_a_camera_has_no_time_of_its_own() -> None:
    assert Shot(np.zeros((1, 1, 3), np.uint8)).media is None
