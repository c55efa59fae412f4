import numpy as np
import pytest

from accessctl.domain import Box, Image
from accessctl.preview.shapes import bar, bracket, shade

RED = (255, 0, 0)
GREY = (90, 90, 90)


@pytest.fixture
def image() -> Image:
    return np.full((60, 80, 3), 100, np.uint8)


def test_shade_darkens_only_its_rectangle(image: Image) -> None:
    shade(image, 10, 20, 30, 15, strength=0.6)
    assert (image[20:35, 10:40] == 40).all()
    image[20:35, 10:40] = 100
    assert (image == 100).all()


@pytest.mark.parametrize(
    ("x", "y", "w", "h", "darkened"),
    [
        (-10, -10, 20, 20, 100),
        (70, 50, 100, 100, 100),
        (-50, 0, 40, 40, 0),
        (0, -50, 40, 40, 0),
        (200, 200, 5, 5, 0),
    ],
)
def test_shade_is_cut_off_at_the_edge(
    image: Image, x: int, y: int, w: int, h: int, darkened: int
) -> None:
    shade(image, x, y, w, h)
    assert int((image[..., 0] < 100).sum()) == darkened


def test_a_bracket_marks_the_corners_and_leaves_the_sides_open(image: Image) -> None:
    bracket(image, Box(20, 10, 40, 40), RED)
    for x, y in ((20, 10), (60, 10), (20, 50), (60, 50), (28, 10), (20, 18), (52, 50)):
        assert tuple(image[y, x]) == RED
    for x, y in ((40, 10), (40, 50), (20, 30), (60, 30), (40, 30)):
        assert tuple(image[y, x]) == (100, 100, 100)


def test_a_bracket_may_reach_over_the_edge(image: Image) -> None:
    bracket(image, Box(-15.4, -15.4, 40, 40), RED)
    bracket(image, Box(500, 500, 40, 40), RED)
    # Its lower right corner is at (25, 25).
    assert tuple(image[25, 25]) == RED


def test_the_bar_shows_share_and_mark(image: Image) -> None:
    bar(image, 10, 20, 50, filled=0.4, mark=0.8, colour=RED)
    row = image[24]
    assert [tuple(row[x]) for x in (10, 20, 30, 31, 40)] == [RED, RED, RED, GREY, GREY]
    assert tuple(row[50]) == (255, 255, 255)
    assert tuple(image[17, 50]) == (255, 255, 255)
    assert tuple(row[61]) == (100, 100, 100)


def test_an_empty_bar_is_empty(image: Image) -> None:
    bar(image, 10, 20, 50, filled=0.0, mark=0.6, colour=RED)
    assert not (image == np.array(RED)).all(axis=2).any()
    assert tuple(image[24, 10]) == GREY
