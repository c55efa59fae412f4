import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.policy.crowd import Place, place

WIDTHS = st.lists(st.floats(1, 1000), min_size=1, max_size=5)


@given(WIDTHS, st.data())
def test_each_is_decided_by_themselves(widths: list[float], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(widths) - 1))
    assert place(widths, index, "each", 0.5) is Place.FREE


@given(WIDTHS)
def test_one_alone_is_the_nearest(widths: list[float]) -> None:
    places = [place(widths, index, "nearest", 0.5) for index in range(len(widths))]
    assert places.count(Place.FREE) == 1
    assert widths[places.index(Place.FREE)] == max(widths)
    assert set(places) <= {Place.FREE, Place.WAITS}


@pytest.mark.parametrize(
    ("widths", "expected"),
    [
        ([200.0], [Place.FREE]),
        ([200.0, 99.0], [Place.FREE, Place.REFUSED]),
        ([200.0, 100.0], [Place.REFUSED, Place.REFUSED]),
        ([200.0, 200.0], [Place.REFUSED, Place.REFUSED]),
    ],
)
def test_with_company_nobody_is_let_in(widths: list[float], expected: list[Place]) -> None:
    assert [place(widths, index, "refuse", 0.5) for index in range(len(widths))] == expected
