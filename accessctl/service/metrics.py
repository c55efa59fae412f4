"""The door's counters, as Prometheus reads them; see accessctl.exposition."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from accessctl.exposition import Histogram, count, counts, gauge, histogram

if TYPE_CHECKING:
    from prometheus_client.core import Metric

# Upper bounds in seconds; a door's frame takes about 10 to 50 ms.
STAGE_BOUNDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0)
LATENCY_BOUNDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Totals:
    """What Prometheus is told, at one moment; counters since the door was started.

    `decisions` by (outcome, reason), `actions` by (name, ok), `stages` by name; seconds
    throughout. `frame_age_s` is None before the first frame, `infrared_up` where there is no
    infrared camera, `gallery_up` and `acting` before the door is open; `clock_doubt_s` is 0
    while the wall clock is believed. `doorway` is its report and `badge_reader` why the serial
    line is not read, None where there is none.
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
    beyond_calibration: bool = False
    people_locked: int = 0
    scenery: int = 0
    upside_down: bool = False
    on_its_side: bool = False
    failed: int = 0
    behind_s: float = 0.0
    infrared_up: bool | None = None
    clock_doubt_s: float = 0.0
    gallery_up: bool | None = None
    gallery_age_s: float = 0.0
    config_refused: bool = False
    acting: bool | None = None
    doorway: Mapping[str, Any] | None = None
    badge_reader: str | None = None


@dataclass(slots=True)
class DoorTally:
    """The counters themselves; whoever owns them guards them."""

    frames: int = 0
    reconnects: int = 0
    watchdog: int = 0
    scenery: int = 0
    upside_down: bool = False
    on_its_side: bool = False
    stages: dict[str, Histogram] = field(default_factory=dict)
    latency: Histogram = field(default_factory=lambda: Histogram(LATENCY_BOUNDS))
    decisions: Counter[tuple[str, str]] = field(default_factory=Counter)
    actions: Counter[tuple[str, bool]] = field(default_factory=Counter)

    def note_stage(self, stage: str, milliseconds: float) -> None:
        if stage not in self.stages:
            self.stages[stage] = Histogram(STAGE_BOUNDS)
        self.stages[stage].note(milliseconds / 1e3)


class Metrics:
    """A collector of the door's totals; asked anew with each scrape."""

    def __init__(self, totals: Callable[[], Totals]) -> None:
        self._totals = totals

    def collect(self) -> "Iterator[Metric]":
        totals = self._totals()
        yield from _camera(totals)
        yield from _decisions(totals)
        yield from _door(totals)
        if totals.doorway is not None:
            yield from _doorway(totals.doorway)


def _camera(totals: Totals) -> "Iterator[Metric]":
    yield count("accessctl_frames", "Frames that the door looked at.", totals.frames)
    yield count(
        "accessctl_frames_dropped", "Frames that a newer one replaced unseen.", totals.dropped
    )
    yield count(
        "accessctl_frames_failed",
        "Frames on which the door failed; each was dropped.",
        totals.failed,
    )
    yield gauge(
        "accessctl_camera_behind_seconds",
        "How much later than the best of the last minutes pictures of an RTSP camera come.",
        totals.behind_s,
    )
    yield gauge("accessctl_camera_up", "1 while frames come, else 0.", totals.watching)
    if totals.infrared_up is not None:
        yield gauge(
            "accessctl_infrared_up",
            "1 while the infrared camera shows something, else 0.",
            totals.infrared_up,
        )
    yield gauge(
        "accessctl_frame_age_seconds",
        "Since the last frame; NaN before the first.",
        math.nan if totals.frame_age_s is None else totals.frame_age_s,
    )
    yield count("accessctl_camera_reconnects", "Ended camera outages.", totals.reconnects)
    yield histogram(
        "accessctl_stage_seconds",
        "Time that a frame took, by stage; `frame` is the whole.",
        {(stage,): histogram for stage, histogram in totals.stages.items()},
        ("stage",),
    )


def _decisions(totals: Totals) -> "Iterator[Metric]":
    from prometheus_client.core import CounterMetricFamily

    decisions = CounterMetricFamily(
        "accessctl_decisions", "Decisions, one an attempt.", labels=("outcome", "reason")
    )
    for labels, number in sorted(totals.decisions.items()):
        decisions.add_metric(labels, number)
    yield decisions
    yield histogram(
        "accessctl_decision_latency_seconds",
        "From a visit's first usable frame to its decision.",
        {(): totals.latency},
        (),
    )
    actions = CounterMetricFamily(
        "accessctl_actions", "Actions performed.", labels=("action", "result")
    )
    for (name, ok), number in sorted(totals.actions.items()):
        actions.add_metric((name, "ok" if ok else "failed"), number)
    yield actions


def _door(totals: Totals) -> "Iterator[Metric]":
    yield gauge("accessctl_people", "People enrolled.", totals.people)
    yield gauge(
        "accessctl_people_beyond_calibration",
        "1 while they are too many for the rate that is asked for, so nobody is let in, else 0.",
        totals.beyond_calibration,
    )
    if totals.gallery_up is not None:
        yield gauge(
            "accessctl_gallery_up",
            "1 while the door relies on what it knows of them, else 0: nobody is let in.",
            totals.gallery_up,
        )
        yield gauge(
            "accessctl_gallery_age_seconds",
            "Since the gallery could last be read; 0 while it can.",
            totals.gallery_age_s,
        )
    if totals.acting is not None:
        yield gauge(
            "accessctl_acting", "1 while this door acts, 0: another one does.", totals.acting
        )
    if totals.badge_reader is not None:
        yield gauge(
            "accessctl_badge_reader_up",
            "1 while the badge reader's serial line is read, else 0.",
            not totals.badge_reader,
        )
    yield gauge(
        "accessctl_config_refused",
        "1 while the configuration's file guards less than the accepted one, which runs, else 0.",
        totals.config_refused,
    )
    yield gauge(
        "accessctl_lockout_seconds",
        "Until faces count again; +Inf: not before `accessctl unlock-face`; NaN: unreadable.",
        totals.lockout_s,
    )
    yield gauge(
        "accessctl_people_locked_out",
        "People whose own face entry is locked out.",
        totals.people_locked,
    )
    yield gauge(
        "accessctl_scenery_faces",
        "Faces in view that have not moved for a minute and are taken for pictures.",
        totals.scenery,
    )
    yield gauge(
        "accessctl_camera_upside_down",
        "1 while nearly all faces stand on their heads.",
        float(totals.upside_down),
    )
    yield gauge(
        "accessctl_camera_on_its_side",
        "1 while nearly all faces lie on their sides.",
        float(totals.on_its_side),
    )
    yield gauge(
        "accessctl_clock_doubt_seconds",
        "How far the wall clock jumped without being confirmed; 0 while it is believed.",
        totals.clock_doubt_s,
    )
    yield count("accessctl_watchdog_pings", "Signs of progress to systemd.", totals.watchdog)
    yield gauge("accessctl_uptime_seconds", "Since the door was started.", totals.uptime_s)


def _doorway(report: Mapping[str, Any]) -> "Iterator[Metric]":
    """Of a doorway whose lines are not taken only that."""
    from prometheus_client.core import GaugeMetricFamily

    taken = report["state"] != "not_taken"
    yield gauge("accessctl_doorway_up", "1 while the doorway's lines are held, else 0.", taken)
    if not taken:
        return
    state = GaugeMetricFamily(
        "accessctl_doorway_state", "1 for what the door is at.", labels=("state", "posture")
    )
    state.add_metric((report["state"], report["posture"]), 1)
    yield state
    yield gauge(
        "accessctl_doorway_unlocked", "1 while the lock is unlocked, else 0.", report["unlocked"]
    )
    yield gauge("accessctl_doorway_alarms", "Alarms that are raised now.", len(report["alarms"]))
    yield gauge(
        "accessctl_doorway_unrecorded",
        "Records that wait for an event log that can be written.",
        report["unrecorded"],
    )
    yield counts(
        "accessctl_doorway_events", "What happened at the door.", "event", report["events"]
    )
