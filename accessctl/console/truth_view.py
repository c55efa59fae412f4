"""What the doors really do, in words: door by door, and the worst in one sentence. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from accessctl.console.figures import NO_CUE, Figures, WeeklyFigures, mean, quantile, together
from accessctl.console.truth_plots import DARKEST, NOT_KNOWN, SLOW, cue_name, quantile_s
from accessctl.console.words import Words
from accessctl.domain import Outcome

LEAST = 20
"""Of so many decisions, or grants, at least something is said."""
TOLERABLE: Mapping[str, float] = {
    "not_live": 0.05,
    "unknown": 0.3,
    "slow": 3.0,
    "rate": 2.0,
    "missed": 0.1,
    "camera": 20.0,
    "light": 0.1,
    "age": 1.0,
}
"""Up to here nothing stands out: shares of the decisions, seconds, times the stated rate, missed
visits as a share of the grants, how often a camera failed in the whole time, the share of the
looks at faces too dark or too bright, and seconds."""
SHARES = frozenset({"not_live", "unknown", "missed", "light"})
NOTHING_ILL = (0.0, "", "", 0.0, NO_CUE)
COUNTED = {"camera": 0}
"""How many digits a figure has that is no share, where it is not one."""


@dataclass(frozen=True, slots=True)
class DoorSummary:
    """One door over the whole time, in words."""

    door: str
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DoorTable:
    """`heads` of the columns after the door's own."""

    key: str
    heads: tuple[str, ...]
    lines: tuple[DoorSummary, ...]


def door_tables(figures: WeeklyFigures, words: Words) -> tuple[DoorTable, DoorTable]:
    """Every door of which anything is known, by name: what it decided, and how it saw."""
    doors = [(door, together(figures.of(door))) for door in sorted(figures.by_door)]
    outcomes = (words(f"outcome.{one.value}") for one in Outcome)
    decided = (
        words("truth.decisions"),
        *outcomes,
        *(words(f"truth.{key}") for key in ("not_live", "visits", "missed_short", "rate_short")),
    )
    saw = ("median_s", "slowest_s", "light_short", "darkest", "badly_lit", "age_s", "camera_short")
    return (
        DoorTable(
            "by_door",
            decided,
            tuple(DoorSummary(door, _decided(found, words)) for door, found in doors),
        ),
        DoorTable(
            "sight_by_door",
            tuple(words(f"truth.{key}") for key in saw),
            tuple(DoorSummary(door, _saw(found, words)) for door, found in doors),
        ),
    )


def rate_said(found: Figures, words: Words) -> str:
    """How often strangers came near, beside how often that is stated."""
    rate = found.rate()
    if rate is None:
        return words("truth.rate_unknown")
    stated, seen = words.percent(rate.stated, 1), words.percent(rate.seen, 1)
    return words("truth.rate_said", count=rate.visits, stated=stated, seen=seen)


def worst_of(figures: WeeklyFigures, words: Words) -> str:
    """The one thing that is furthest beyond what is tolerable, at which door, and what to do."""
    found = [
        (value / TOLERABLE[key], key, door, value, cue)
        for door in sorted(figures.by_door)
        for key, value, cue in _ills(together(figures.of(door)))
    ]
    badness, key, door, value, cue = max(found, key=lambda one: one[0], default=NOTHING_ILL)
    if badness <= 1:
        # A camera that hardly ever failed says nothing of decisions.
        is_known = any(ill[1] != "camera" for ill in found)
        return words("truth.nothing" if is_known else "truth.too_few")
    shown = words.percent(value) if key in SHARES else words.number(value, COUNTED.get(key, 1))
    return words(f"truth.worst_{key}", door=door, value=shown, cue=cue_name(cue, words))


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
    slow = quantile_s(found, SLOW)
    if slow is not None and len(found.waits_ms) >= LEAST:
        yield "slow", slow, NO_CUE
    rate = found.rate()
    if rate is not None:
        yield "rate", rate.times, NO_CUE
    badly_lit = mean(found.badly_lit)
    if badly_lit is not None and len(found.badly_lit) >= LEAST:
        yield "light", badly_lit, NO_CUE
    old = quantile(found.ages_s, SLOW)
    if old is not None and len(found.ages_s) >= LEAST:
        yield "age", old, NO_CUE


def _decided(found: Figures, words: Words) -> tuple[str, ...]:
    rate = found.rate()
    return (
        words.number(found.decisions),
        *(words.number(found.outcomes[one]) for one in Outcome),
        words.number(found.not_live),
        words.number(found.visits),
        words.number(found.missed),
        NOT_KNOWN if rate is None else words.number(rate.times, 1),
    )


def _saw(found: Figures, words: Words) -> tuple[str, ...]:
    def told(value: float | None, digits: int) -> str:
        return NOT_KNOWN if value is None else words.number(value, digits)

    lights = (*(quantile(found.lights, share) for share in (0.5, DARKEST)), mean(found.badly_lit))
    return (
        told(quantile_s(found, 0.5), 1),
        told(quantile_s(found, SLOW), 1),
        *(NOT_KNOWN if light is None else words.percent(light) for light in lights),
        told(quantile(found.ages_s, SLOW), 2),
        words.number(found.camera.total()),
    )
