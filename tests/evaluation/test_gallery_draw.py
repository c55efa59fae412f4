import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.errors import SourceError
from accessctl.evaluation.gallery_draw import draw_gallery

PHOTOS = st.lists(st.integers(1, 5), min_size=6, max_size=25)


@settings(deadline=None)
@given(PHOTOS, st.integers(1, 10), st.integers(1, 3), st.integers(1, 8), st.integers(0, 99))
def test_nobody_is_in_two_places(
    photos: list[int], size: int, probes: int, strangers: int, seed: int
) -> None:
    person = np.repeat(np.arange(len(photos)), photos)
    try:
        draw = draw_gallery(person, size, probes, strangers, np.random.default_rng(seed))
    except SourceError:
        return
    enrolled = person[draw.enrolled]
    assert len(set(enrolled)) == size
    assert draw.mates.shape[1:] == draw.strangers.shape[1:] == (probes,)
    assert 1 <= len(draw.strangers) <= strangers
    assert 1 <= len(draw.mates) <= size
    for place, rows in zip(draw.own, draw.mates, strict=True):
        assert set(person[rows]) == {enrolled[place]}
        assert len({*rows, draw.enrolled[place]}) == probes + 1
    outside = person[draw.strangers]
    assert (outside == outside[:, :1]).all()
    assert len(set(outside[:, 0])) == len(outside)
    assert not set(outside[:, 0]) & set(enrolled)
    assert all(len(set(rows)) == probes for rows in draw.strangers)


def test_two_thirds_of_those_who_can_come_back_may_be_enrolled() -> None:
    person = np.arange(9).repeat(2)
    draw = draw_gallery(person, 6, 1, 100, np.random.default_rng(0))
    assert (len(draw.enrolled), len(draw.mates), len(draw.strangers)) == (6, 6, 3)


def test_people_with_too_few_photos_fill_the_gallery_up() -> None:
    # Three people with four photos: two of them may be enrolled and come with three photos,
    # the third comes as a stranger. Four people with a single photo fill the gallery.
    person = np.array([0, 1, 2, 3, *([4] * 4), *([5] * 4), *([6] * 4)])
    draw = draw_gallery(person, 6, 3, 5, np.random.default_rng(0))
    assert (len(draw.enrolled), draw.mates.shape, draw.strangers.shape) == (6, (2, 3), (1, 3))
    assert set(person[draw.enrolled]) == set(range(7)) - set(person[draw.strangers[:, 0]])


@pytest.mark.parametrize(
    ("photos", "size"), [([2, 2, 2], 4), ([1, 1, 1, 1], 2), ([2, 2, 2], 3), ([2], 1)]
)
def test_too_few_people(photos: list[int], size: int) -> None:
    person = np.repeat(np.arange(len(photos)), photos)
    with pytest.raises(SourceError, match="cannot be drawn from"):
        draw_gallery(person, size, 1, 5, np.random.default_rng(0))


def test_the_same_seed_draws_the_same_gallery() -> None:
    person = np.arange(30).repeat(3)
    one, other = (draw_gallery(person, 10, 2, 8, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one.mates, other.mates)
    np.testing.assert_array_equal(one.strangers, other.strangers)
