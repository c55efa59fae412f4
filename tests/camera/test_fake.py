import threading

import pytest

from accessctl.camera.fake import FakeSource, flat_image, flat_shots
from accessctl.errors import CameraError


def test_flat_images_tell_frames_apart() -> None:
    image = flat_image(7, width=5, height=2)
    assert image.shape == (2, 5, 3)
    assert set(image.ravel().tolist()) == {7}


def test_shots_are_timed_only_when_a_rate_is_given() -> None:
    assert [shot.media for shot in flat_shots([1, 2])] == [None, None]
    assert [shot.media for shot in flat_shots([1, 2], fps=5)] == [0.0, 0.2]


def test_a_script_is_played_step_by_step() -> None:
    passed = threading.Event()
    passed.set()
    source = FakeSource([[*flat_shots([3]), passed, CameraError("gone")], CameraError("missing")])
    feed = source.open()
    shot = feed.read()
    assert shot is not None
    assert shot.image[0, 0, 0] == 3
    with pytest.raises(CameraError, match="gone"):
        feed.read()
    assert feed.read() is None
    with pytest.raises(CameraError, match="missing"):
        source.open()
    with pytest.raises(CameraError, match="no further"):
        source.open()
