"""Plots as SVG, made without a script: bars by week, and lines by week. Pure.

A plot is an image with a title and a description; the table that stands behind it tells the same.
Colours come from the style sheet by the class of each series, and beside each series its name.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

WIDTH, HEIGHT = 560, 220
LEFT, RIGHT, TOP, BOTTOM = 52, 8, 12, 28
MOST_LABELS = 7
STEPS = (1.0, 2.0, 4.0, 6.0, 10.0)
LEAST_DRAWN = 1e-6
LEAST_COUNT = 2.0
"""The top of a scale of counts, whose middle is a count as well."""


@dataclass(frozen=True, slots=True)
class Series:
    """`look` is its class in the style sheet; None where there is no value."""

    name: str
    look: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Plotted:
    """`id` is the element's; `labels` stand below, one for each value of each series, and what
    `mark` makes of a value beside the scale."""

    id: str
    title: str
    told: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    mark: Callable[[float], str] = "{:g}".format


def stacked_bars(plotted: Plotted) -> Markup:
    """A bar for each label, made of all series, the first at the bottom."""
    sums = [
        sum(one.values[at] or 0.0 for one in plotted.series) for at in range(len(plotted.labels))
    ]
    top = max(LEAST_COUNT, round_top(max(sums, default=0.0)))
    room = (WIDTH - LEFT - RIGHT) / max(1, len(plotted.labels))
    drawn = []
    for at in range(len(plotted.labels)):
        below = 0.0
        for series in plotted.series:
            value = series.values[at] or 0.0
            if value > 0:
                high = height_of(below + value, top)
                drawn.append(
                    f'<rect class="{escape(series.look)}" x="{LEFT + room * (at + 0.15):.1f}" '
                    f'y="{high:.1f}" width="{0.7 * room:.1f}" '
                    f'height="{height_of(below, top) - high:.1f}"/>'
                )
            below += value
    return _framed(plotted, top, drawn)


def lines(plotted: Plotted) -> Markup:
    """A line for each series with a mark at each value, broken where there is none."""
    known = [value for one in plotted.series for value in one.values if value is not None]
    top = round_top(max(known, default=0.0))
    drawn = []
    for series in plotted.series:
        look = escape(series.look)
        path, pen = [], "M"
        for at, value in enumerate(series.values):
            if value is None:
                pen = "M"
                continue
            x, y = middle_of(at, len(plotted.labels)), height_of(value, top)
            path.append(f"{pen}{x:.1f} {y:.1f}")
            drawn.append(f'<circle class="{look}" cx="{x:.1f}" cy="{y:.1f}" r="4"/>')
            pen = "L"
        if path:
            drawn.append(f'<path class="{look}" d="{"".join(path)}"/>')
    return _framed(plotted, top, drawn)


def round_top(highest: float) -> float:
    """The least of 1, 2, 4, 6, 10, 20, 40 and so on that is not below it; 1 for nothing, and for
    what is too little to be drawn."""
    if not highest > LEAST_DRAWN:
        return 1.0
    scale = 10.0 ** math.floor(math.log10(highest))
    return next(step * scale for step in STEPS if step * scale >= highest * (1 - 1e-12))


def height_of(value: float, top: float) -> float:
    """Where it lies, in the plot's units from above."""
    return HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM)


def middle_of(at: int, count: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (at + 0.5) / count


def _framed(plotted: Plotted, top: float, drawn: Sequence[str]) -> Markup:
    name, count = escape(plotted.id), len(plotted.labels)
    parts = [
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-labelledby="{name}-t {name}-d">',
        f'<title id="{name}-t">{escape(plotted.title)}</title>',
        f'<desc id="{name}-d">{escape(plotted.told)}</desc>',
    ]
    for value in (0.0, top / 2, top):
        y = height_of(value, top)
        parts.append(f'<path class="rule" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        mark = escape(plotted.mark(value))
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" class="scale">{mark}</text>')
    parts += drawn
    every = math.ceil(count / MOST_LABELS) if count else 1
    for at in range(0, count, every):
        x = middle_of(at, count)
        label = escape(plotted.labels[at])
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 8}" class="week-of">{label}</text>')
    # All that was given is escaped above.
    return Markup("".join([*parts, "</svg>"]))  # noqa: S704
