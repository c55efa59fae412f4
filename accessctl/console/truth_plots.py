"""The plots of what the doors really do, each with the table behind it. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TypeAlias

from markupsafe import Markup

from accessctl.console.figures import CAMERA_TROUBLES, NO_CUE, Figures, mean, quantile, together
from accessctl.console.plots import Plotted, Series, lines, stacked_bars
from accessctl.console.words import Words
from accessctl.domain import Outcome

SLOW, DARKEST = 0.95, 0.05
"""Of times and ages the quantile that is shown beside the median, and of the light of pictures."""
CUE_LOOKS = 6
"""So many cues are told apart by a colour; the rarer ones share the last."""

NOT_KNOWN = "–"

Weeks: TypeAlias = Sequence[Figures]


@dataclass(frozen=True, slots=True)
class TruthPlot:
    """A plot and the table behind it: `heads` of its columns, `rows` with the week first."""

    key: str
    svg: Markup
    legend: tuple[tuple[str, str], ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def plots_of(weeks: Sequence[date], found: Weeks, words: Words) -> tuple[TruthPlot, ...]:
    """Outcomes, refusals for liveness by cue, time to a grant, unknown visits, how often strangers
    came near, light, age of the pictures, and what became of the camera; `found` week by week."""
    return tuple(
        _plot(key, weeks, series(found, words), words, LINES.get(key))
        for key, series in PLOTS.items()
    )


def cue_name(cue: str, words: Words) -> str:
    return words("truth.no_cue") if cue == NO_CUE else words.known(f"cue.{cue}", cue)


def quantile_s(week: Figures, share: float) -> float | None:
    """Of the times to a grant, seconds."""
    value = quantile(week.waits_ms, share)
    return None if value is None else value / 1000


def _outcomes(found: Weeks, words: Words) -> list[Series]:
    return [
        _series(words(f"outcome.{one.value}"), one.value, (week.outcomes[one] for week in found))
        for one in Outcome
    ]


def _cues(found: Weeks, words: Words) -> list[Series]:
    counts = together(found).cues
    return [
        _series(
            cue_name(cue, words),
            f"cue-{min(at, CUE_LOOKS - 1)}",
            (week.cues[cue] for week in found),
        )
        for at, cue in enumerate(sorted(counts, key=lambda cue: (-counts[cue], cue)))
    ]


def _waits(found: Weeks, words: Words) -> list[Series]:
    return [
        _series(words("truth.median"), "median", (quantile_s(week, 0.5) for week in found)),
        _series(words("truth.slowest"), "slowest", (quantile_s(week, SLOW) for week in found)),
    ]


def _unknown(found: Weeks, words: Words) -> list[Series]:
    return [
        _series(
            words("truth.visits_open"), "unknown", (week.visits - week.missed for week in found)
        ),
        _series(words("truth.missed"), "denied", (week.missed for week in found)),
    ]


def _rate(found: Weeks, words: Words) -> list[Series]:
    rates = [week.rate() for week in found]
    if not any(rates):
        return []
    bounds = [None if rate is None else rate.bounds for rate in rates]
    return [
        _series(words("truth.as_stated"), "stated", (1.0 for _ in rates)),
        _series(
            words("truth.seen"), "median", (None if rate is None else rate.times for rate in rates)
        ),
        _series(words("truth.at_least"), "bound", (both and both[0] for both in bounds)),
        _series(words("truth.at_most"), "bound", (both and both[1] for both in bounds)),
    ]


def _light(found: Weeks, words: Words) -> list[Series]:
    if not any(week.lights for week in found):
        return []
    lines = {
        ("median", "median"): [quantile(week.lights, 0.5) for week in found],
        ("darkest", "slowest"): [quantile(week.lights, DARKEST) for week in found],
        ("badly_lit", "denied"): [mean(week.badly_lit) for week in found],
    }
    return [
        _series(words(f"truth.{key}"), look, (share and 100 * share for share in shares))
        for (key, look), shares in lines.items()
    ]


def _age(found: Weeks, words: Words) -> list[Series]:
    if not any(week.ages_s for week in found):
        return []
    return [
        _series(words("truth.median"), "median", (quantile(week.ages_s, 0.5) for week in found)),
        _series(words("truth.oldest"), "slowest", (quantile(week.ages_s, SLOW) for week in found)),
    ]


def _camera(found: Weeks, words: Words) -> list[Series]:
    troubles = together(found).camera
    return [
        _series(
            words(f"doors.camera_{trouble}"),
            f"cue-{at}",
            (week.camera[trouble] for week in found),
        )
        for at, trouble in enumerate(CAMERA_TROUBLES)
        if troubles[trouble]
    ]


PLOTS: Mapping[str, Callable[[Weeks, Words], list[Series]]] = {
    "outcomes": _outcomes,
    "cues": _cues,
    "waits": _waits,
    "unknown": _unknown,
    "rate": _rate,
    "light": _light,
    "age": _age,
    "camera": _camera,
}
LINES: Mapping[str, int] = {"waits": 1, "rate": 1, "light": 0, "age": 2}
"""Those drawn as lines, with the digits of their tables; the others are bars of counts."""


def scale_mark(words: Words, value: float) -> str:
    """A value beside a scale, with no more digits than it has: 0, 0.5, 1,500."""
    return words.number(value, len(f"{value:g}".partition(".")[2]))


def _series(name: str, look: str, values: Iterable[float | None]) -> Series:
    return Series(name, look, tuple(values))


def _plot(
    key: str, weeks: Sequence[date], series: Sequence[Series], words: Words, digits: int | None
) -> TruthPlot:
    labels = tuple(words("truth.week_short", day=one.day, month=one.month) for one in weeks)
    title, told = words(f"truth.{key}"), words(f"truth.{key}_told")
    mark = partial(scale_mark, words)
    plotted = Plotted(f"p-{key}", title, told, labels, tuple(series), mark)
    rows = tuple(
        (
            week.isoformat(),
            *(
                NOT_KNOWN if value is None else words.number(value, digits or 0)
                for value in (one.values[at] for one in series)
            ),
        )
        for at, week in enumerate(weeks)
    )
    return TruthPlot(
        key,
        stacked_bars(plotted) if digits is None else lines(plotted),
        tuple((one.look, one.name) for one in series),
        tuple(one.name for one in series),
        rows,
    )
