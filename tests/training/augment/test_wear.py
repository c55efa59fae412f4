import numpy as np
import pytest

from accessctl.evaluation.pack import CANVAS_TEMPLATE
from accessctl.training.augment.wear import hat, mask, something_worn, sunglasses

LEFT_EYE, RIGHT_EYE, NOSE, LEFT_MOUTH, RIGHT_MOUTH = (tuple(map(round, p)) for p in CANVAS_TEMPLATE)


def hidden(change, points, draw):
    """Whether each point is painted over, in each of 30 draws."""
    canvas = np.full((128, 128, 3), 137, np.uint8)
    found = [change(canvas, draw) for _ in range(30)]
    return np.array([[(image[y, x] != 137).any() for x, y in points] for image in found])


@pytest.mark.parametrize(
    ("change", "covered", "bare"),
    [
        (mask, (LEFT_MOUTH, RIGHT_MOUTH), (LEFT_EYE, RIGHT_EYE)),
        (sunglasses, (LEFT_EYE, RIGHT_EYE), (NOSE, LEFT_MOUTH, RIGHT_MOUTH)),
        (hat, ((64, 2), (20, 5)), (LEFT_EYE, RIGHT_EYE, NOSE, LEFT_MOUTH)),
    ],
)
def test_what_is_hidden_and_what_is_not(change, covered, bare, draw):
    assert hidden(change, covered, draw).mean() > 0.95
    assert not hidden(change, bare, draw).any()


def test_the_canvas_itself_is_not_painted(draw):
    canvas = np.full((128, 128, 3), 137, np.uint8)
    something_worn(canvas, draw)
    assert (canvas == 137).all()


def test_all_three_are_worn(draw):
    canvas = np.full((128, 128, 3), 137, np.uint8)
    worn = [something_worn(canvas, draw) != 137 for _ in range(60)]
    parts = {(bool(w[2, 64].any()), bool(w[LEFT_EYE[::-1]].any())) for w in worn}
    assert parts == {(True, False), (False, True), (False, False)}
