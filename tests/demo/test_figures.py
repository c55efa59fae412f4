import pytest

from accessctl.demo import photos
from accessctl.demo.figures import COLLINS, HOPPER, Figure
from accessctl.domain import Image


@pytest.mark.parametrize(
    ("figure", "photo"),
    [(HOPPER, photos.hopper()), (COLLINS, photos.collins())],
    ids=["Hopper", "Collins"],
)
def test_a_figure_lies_in_its_photograph(figure: Figure, photo: Image) -> None:
    height, width = photo.shape[:2]
    assert all(0 <= x < width and 0 <= y < height for x, y in figure.outline)
    centre_x, centre_y, half_w, half_h = figure.head
    assert abs(figure.eyes[0] - centre_x) < half_w / 2
    assert abs(figure.eyes[1] - centre_y) < half_h / 2
    assert figure.face_px < 2 * half_w
    assert figure.height > height
