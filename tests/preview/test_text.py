import numpy as np
import pytest

from accessctl.preview.text import mask, put_text, text_size

WHITE = (255, 255, 255)


def test_lines_are_equally_high_whatever_stands_in_them() -> None:
    heights = {text_size(text, 20)[1] for text in ("a", "Ag", "Éy", "", ".")}
    assert len(heights) == 1
    assert heights.pop() >= 20


def test_longer_text_is_wider() -> None:
    assert text_size("", 20)[0] == 1
    assert text_size("i", 20)[0] < text_size("w", 20)[0] < text_size("www", 20)[0]
    assert text_size("w", 20)[0] < text_size("w", 40)[0]


@pytest.mark.parametrize("letters", ["Łukasz", "Ζωή", "Юрий"])
def test_other_scripts_are_drawn_and_not_as_boxes(letters: str) -> None:
    drawn = mask(letters, 24)
    boxes = mask("\uffff" * len(letters), 24)
    assert drawn.max() == 1
    assert drawn.shape != boxes.shape or not np.array_equal(drawn, boxes)


def test_text_lands_where_it_is_put_in_its_colour() -> None:
    image = np.zeros((60, 200, 3), np.uint8)
    put_text(image, "HH", 50, 10, 20, (255, 0, 0))
    width, height = text_size("HH", 20)
    ys, xs = np.nonzero(image[..., 0])
    assert 50 <= xs.min() <= xs.max() < 50 + width
    assert 10 <= ys.min() <= ys.max() < 10 + height
    assert image[..., 0].max() == 255
    assert image[..., 1:].max() == 0


def test_the_background_shows_where_there_is_no_ink() -> None:
    image = np.full((40, 40, 3), 77, np.uint8)
    put_text(image, ".", 5, 5, 20, WHITE)
    assert (image[5] == 77).all()


@pytest.mark.parametrize(("x", "y"), [(-10, 5), (5, -10), (190, 5), (5, 50), (-9, -9)])
def test_what_lies_outside_is_cut_off(x: int, y: int) -> None:
    whole = np.zeros((200, 400, 3), np.uint8)
    put_text(whole, "HHHH", x + 100, y + 70, 20, WHITE)
    part = np.zeros((60, 200, 3), np.uint8)
    put_text(part, "HHHH", x, y, 20, WHITE)
    assert np.array_equal(part, whole[70:130, 100:300])
    assert part.any()


@pytest.mark.parametrize(("x", "y"), [(500, 5), (5, 500), (-500, 5), (5, -500)])
def test_text_out_of_sight_draws_nothing(x: int, y: int) -> None:
    image = np.zeros((60, 200, 3), np.uint8)
    put_text(image, "H", x, y, 20, WHITE)
    assert not image.any()
