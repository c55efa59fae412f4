"""What the doors really do, as the console shows it: plots with their tables, and the worst in one
sentence. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from accessctl.console.figures import (
    CAMERA_TROUBLES,
    NO_CUE,
    Figures,
    WeeklyFigures,
    quantile,
    together,
)
from accessctl.console.plots import Plotted, Series, lines, stacked_bars
from accessctl.console.words import Words
from accessctl.domain import Outcome

LEAST = 20
"""Of so many decisions, or grants, at least something is said."""
SLOW = 0.95
TOLERABLE: Mapping[str, float] = {
    "not_live": 0.05,
    "unknown": 0.3,
    "slow": 3.0,
    "rate": 2.0,
    "missed": 0.1,
    "camera": 20.0,
}
"""Up to here nothing stands out: shares of the decisions, seconds, times the stated rate, missed
visits as a share of the grants, and how often a camera failed in the whole time."""
SHARES = frozenset({"not_live", "unknown", "missed"})
COUNTED = {"camera": 0}
"""How many digits a figure has that is no share, where it is not one."""
CUE_LOOKS = 6
"""So many cues are told apart by a colour; the rarer ones share the last."""


@dataclass(frozen=True, slots=True)
class TruthPlot:
    """A plot and the table behind it: `heads` of its columns, `rows` with the week first."""

    key: str
    svg: Markup
    legend: tuple[tuple[str, str], ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class DoorSummary:
    """One door over the whole time, in words."""

    door: str
    said: tuple[str, ...]


def plots_of(
    weeks: Sequence[date], found: Sequence[Figures], words: Words
) -> tuple[TruthPlot, ...]:
    """Outcomes, refusals for liveness by cue, time to a grant, unknown visits, and the camera."""
    counts = together(found).cues
    cues = sorted(counts, key=lambda cue: (-counts[cue], cue))
    outcomes = [
        Series(
            words(f"outcome.{one.value}"),
            one.value,
            tuple(float(week.outcomes[one]) for week in found),
        )
        for one in Outcome
    ]
    refusals = [
        Series(
            cue_name(cue, words),
            f"cue-{min(at, CUE_LOOKS - 1)}",
            tuple(float(week.cues[cue]) for week in found),
        )
        for at, cue in enumerate(cues)
    ]
    waits = [
        Series(words(f"truth.{key}"), key, tuple(_seconds(week, share) for week in found))
        for key, share in (("median", 0.5), ("slowest", SLOW))
    ]
    visits = [
        Series(
            words("truth.visits_open"),
            "unknown",
            tuple(float(week.visits - week.missed) for week in found),
        ),
        Series(words("truth.missed"), "denied", tuple(float(week.missed) for week in found)),
    ]
    troubles = together(found).camera
    camera = [
        Series(
            words(f"doors.camera_{trouble}"),
            f"cue-{at}",
            tuple(float(week.camera[trouble]) for week in found),
        )
        for at, trouble in enumerate(CAMERA_TROUBLES)
        if troubles[trouble]
    ]
    return (
        _plot("outcomes", weeks, outcomes, words),
        _plot("cues", weeks, refusals, words),
        _plot("waits", weeks, waits, words),
        _plot("unknown", weeks, visits, words),
        _plot("camera", weeks, camera, words),
    )


def door_lines(figures: WeeklyFigures, words: Words) -> tuple[DoorSummary, ...]:
    """Every door that decided anything, by name."""
    return tuple(
        DoorSummary(door, _line(together(figures.of(door)), words))
        for door in sorted(figures.by_door)
    )


def rate_said(found: Figures, words: Words) -> str:
    """How often strangers came near, beside how often that is stated."""
    rate = found.rate()
    if rate is None:
        return words("truth.rate_unknown")
    stated, seen = words.percent(rate.stated, 1), words.percent(rate.seen, 1)
    return words("truth.rate", count=rate.visits, stated=stated, seen=seen)


def worst_of(figures: WeeklyFigures, words: Words) -> str:
    """The one thing that is furthest beyond what is tolerable, at which door, and what to do."""
    found = [
        (value / TOLERABLE[key], key, door, value, cue)
        for door in sorted(figures.by_door)
        for key, value, cue in _ills(together(figures.of(door)))
    ]
    if not found:
        return words("truth.too_few")
    badness, key, door, value, cue = max(found, key=lambda one: one[0])
    if badness <= 1:
        return words("truth.nothing")
    shown = words.percent(value) if key in SHARES else words.number(value, COUNTED.get(key, 1))
    return words(f"truth.worst_{key}", door=door, value=shown, cue=cue_name(cue, words))


def cue_name(cue: str, words: Words) -> str:
    return words("truth.no_cue") if cue == NO_CUE else words.known(f"cue.{cue}", cue)


def _ills(found: Figures) -> Iterable[tuple[str, float, str]]:
    """Of one door each figure that has a limit, and the cue that it speaks of."""
    if found.decisions >= LEAST:
        # A tie is won by the name, so that the same figures give the same sentence.
        cue = min(found.cues, key=lambda one: (-found.cues[one], one), default=NO_CUE)
        yield "not_live", found.not_live / found.decisions, cue
        yield "unknown", found.outcomes[Outcome.UNKNOWN] / found.decisions, NO_CUE
    if found.outcomes[Outcome.GRANTED] >= LEAST:
        yield "missed", found.missed / found.outcomes[Outcome.GRANTED], NO_CUE
    if found.camera:
        yield "camera", float(found.camera.total()), NO_CUE
    slow = quantile(found.waits_ms, SLOW)
    if slow is not None and len(found.waits_ms) >= LEAST:
        yield "slow", slow / 1000, NO_CUE
    rate = found.rate()
    if rate is not None:
        yield "rate", rate.seen / rate.stated, NO_CUE


def _plot(key: str, weeks: Sequence[date], series: Sequence[Series], words: Words) -> TruthPlot:
    is_time = key == "waits"
    labels = tuple(words("truth.week_short", day=one.day, month=one.month) for one in weeks)
    title, told = words(f"truth.{key}"), words(f"truth.{key}_told")
    plotted = Plotted(f"p-{key}", title, told, labels, tuple(series))
    digits = 1 if is_time else 0
    rows = tuple(
        (
            week.isoformat(),
            *(
                "–" if one.values[at] is None else words.number(one.values[at] or 0.0, digits)
                for one in series
            ),
        )
        for at, week in enumerate(weeks)
    )
    return TruthPlot(
        key,
        lines(plotted) if is_time else stacked_bars(plotted),
        tuple((one.look, one.name) for one in series),
        tuple(one.name for one in series),
        rows,
    )


def _seconds(week: Figures, share: float) -> float | None:
    value = quantile(week.waits_ms, share)
    return None if value is None else value / 1000


def _line(found: Figures, words: Words) -> tuple[str, ...]:
    median, slow = _seconds(found, 0.5), _seconds(found, SLOW)
    return (
        words.number(found.decisions),
        *(words.number(found.outcomes[one]) for one in Outcome),
        words.number(found.not_live),
        words.number(found.visits),
        words.number(found.missed),
        words.number(found.camera.total()),
        *("–" if one is None else words.number(one, 1) for one in (median, slow)),
    )
