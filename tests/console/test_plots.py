import re
from xml.etree import ElementTree

import pytest

from accessctl.console.plots import (
    Plotted,
    Series,
    height_of,
    lines,
    middle_of,
    round_top,
    stacked_bars,
)

SVG = "{http://www.w3.org/2000/svg}"


def drawn(svg: str) -> ElementTree.Element:
    """As a browser reads it, in the name space that HTML gives it."""
    named = str(svg).replace("<svg ", f'<svg xmlns="{SVG[1:-1]}" ', 1)
    return ElementTree.fromstring(named)  # noqa: S314 - the console made it


def plotted(*series: Series) -> Plotted:
    return Plotted("p", 'A "title" & <more>', "told", ("1/6", "8/6"), series)


@pytest.mark.parametrize(
    ("highest", "top"),
    [
        (0.0, 1),
        (0.7, 1),
        (1.0, 1),
        (1.1, 2),
        (3, 4),
        (7, 10),
        (10, 10),
        (51, 60),
        (0.03, 0.04),
        (5e-324, 1),
    ],
)
def test_a_scale_ends_at_a_round_number(highest: float, top: float) -> None:
    assert round_top(highest) == pytest.approx(top)


def test_bars_stand_on_each_other_and_fill_the_scale() -> None:
    granted, denied = Series("g", "granted", (6.0, 0.0)), Series("d", "denied", (4.0, 5.0))
    bars = drawn(stacked_bars(plotted(granted, denied))).findall(f"{SVG}rect")
    # 10 is the top of the scale: 180 units, from 12 down to 192.
    found = [
        (bar.get("class"), float(bar.get("y", "")), float(bar.get("height", ""))) for bar in bars
    ]
    assert found == [
        ("granted", 84.0, 108.0),
        ("denied", 12.0, 72.0),
        ("denied", 102.0, 90.0),
    ]


def test_a_line_is_broken_where_nothing_is_known() -> None:
    three = Plotted("p", "t", "d", ("a", "b", "c"), (Series("m", "median", (1.0, None, 2.0)),))
    shown = drawn(lines(three))
    path = next(one for one in shown.findall(f"{SVG}path") if one.get("class") == "median")
    assert re.sub(r"[\d. ]+", "", path.get("d", "")) == "MM"
    assert [float(one.get("cy", "")) for one in shown.findall(f"{SVG}circle")] == [102.0, 12.0]


def test_a_plot_says_what_it_shows_and_takes_no_markup_from_anybody() -> None:
    shown = drawn(stacked_bars(plotted(Series("x", '"><script>', (1.0, 1.0)))))
    title = shown.find(f"{SVG}title")
    assert title is not None
    assert title.text == 'A "title" & <more>'
    assert shown.get("aria-labelledby") == "p-t p-d"
    assert shown.get("role") == "img"
    assert shown.find(f".//{SVG}script") is None


def test_places_are_those_of_the_scale() -> None:
    assert height_of(0.0, 10.0) == 192.0
    assert height_of(10.0, 10.0) == 12.0
    assert (middle_of(0, 2), middle_of(1, 2)) == (177.0, 427.0)
