"""Counts of a running door: how often each thing happened, and how long each stage took."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

# Upper bounds in seconds; a door's frame takes about 10 to 50 ms.
STAGE_BOUNDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0)
LATENCY_BOUNDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)


@dataclass(slots=True)
class Histogram:
    """Observations in seconds; `counts[i]` are those up to `bounds[i]` and above the one before,
    the last those above all bounds."""

    bounds: tuple[float, ...]
    counts: list[int] = field(default_factory=list)
    total: float = 0.0

    def __post_init__(self) -> None:
        self.counts = self.counts or [0] * (len(self.bounds) + 1)

    def note(self, seconds: float) -> None:
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.total += seconds

    def copy(self) -> "Histogram":
        return Histogram(self.bounds, list(self.counts), self.total)


@dataclass(frozen=True, slots=True)
class Totals:
    """What Prometheus is told, at one moment; counters since the door was started.

    `decisions` by (outcome, reason), `actions` by (name, ok), `stages` by name; seconds
    throughout. `frame_age_s` is None before the first frame, `infrared_up` where there is no
    infrared camera.
    """

    frames: int
    dropped: int
    stages: Mapping[str, Histogram]
    latency: Histogram
    decisions: Mapping[tuple[str, str], int]
    actions: Mapping[tuple[str, bool], int]
    reconnects: int
    watchdog: int
    watching: bool
    frame_age_s: float | None
    uptime_s: float
    people: int
    lockout_s: float
    infrared_up: bool | None = None


@dataclass(slots=True)
class Tally:
    """The counters themselves; whoever owns them guards them."""

    frames: int = 0
    reconnects: int = 0
    watchdog: int = 0
    stages: dict[str, Histogram] = field(default_factory=dict)
    latency: Histogram = field(default_factory=lambda: Histogram(LATENCY_BOUNDS))
    decisions: Counter[tuple[str, str]] = field(default_factory=Counter)
    actions: Counter[tuple[str, bool]] = field(default_factory=Counter)

    def note_stage(self, stage: str, milliseconds: float) -> None:
        if stage not in self.stages:
            self.stages[stage] = Histogram(STAGE_BOUNDS)
        self.stages[stage].note(milliseconds / 1e3)
