import cv2
import numpy as np
import pytest

from accessctl.console.previews import SIDE_PX, small_jpeg
from accessctl.errors import PhotoError


@pytest.mark.parametrize(
    ("height", "width", "shown"),
    [
        (100, 80, (100, 80)),
        (SIDE_PX * 2, 90, (240, 45)),
        (479, 479, (479, 479)),
        (720, 1280, (144, 256)),
        (3, 2000, (1, 666)),
    ],
)
def test_a_picture_becomes_as_small_as_a_page_shows_it(height, width, shown) -> None:
    picture = np.full((height, width, 3), (10, 120, 230), np.uint8)
    made = small_jpeg(bytes(cv2.imencode(".png", picture)[1]))
    found = cv2.imdecode(np.frombuffer(made, np.uint8), cv2.IMREAD_COLOR)
    assert found.shape[:2] == shown
    assert np.abs(found.reshape(-1, 3).mean(axis=0) - (10, 120, 230)).max() < 6


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(PhotoError):
        small_jpeg(b"\xff\xd8\xffno picture")
