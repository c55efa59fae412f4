import numpy as np
import pytest

from accessctl.camera.fake import FakeSource
from accessctl.camera.orientation import oriented, upright_source
from accessctl.camera.source import Shot
from accessctl.config.camera import CameraConfig

# Two rows of three; each pixel has a colour of its own.
PICTURE = np.arange(6, dtype=np.uint8).reshape(2, 3, 1).repeat(3, axis=2)


def numbers(image) -> list[list[int]]:
    return image[:, :, 0].tolist()


@pytest.mark.parametrize(
    ("rotate", "mirror", "expected"),
    [
        (0, False, [[0, 1, 2], [3, 4, 5]]),
        (90, False, [[3, 0], [4, 1], [5, 2]]),
        (180, False, [[5, 4, 3], [2, 1, 0]]),
        (270, False, [[2, 5], [1, 4], [0, 3]]),
        (0, True, [[2, 1, 0], [5, 4, 3]]),
        (90, True, [[0, 3], [1, 4], [2, 5]]),
    ],
)
def test_a_picture_is_turned_clockwise_and_then_mirrored(rotate, mirror, expected) -> None:
    assert numbers(oriented(PICTURE, rotate, mirror=mirror)) == expected


def test_a_camera_that_is_upright_is_left_alone() -> None:
    source = FakeSource([[Shot(PICTURE)]])
    assert upright_source(source, CameraConfig()) is source


def test_every_picture_of_a_turned_camera_is_turned() -> None:
    source = FakeSource([[Shot(PICTURE), Shot(PICTURE)]])
    turned = upright_source(source, CameraConfig(rotate=180))
    assert (turned.description, turned.live, turned.endless) == (
        source.description,
        source.live,
        source.endless,
    )
    feed = turned.open()
    for _ in range(2):
        shot = feed.read()
        assert shot is not None
        assert numbers(shot.image) == [[5, 4, 3], [2, 1, 0]]
    assert feed.read() is None
    feed.close()
