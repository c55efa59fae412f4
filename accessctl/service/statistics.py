"""What a running door knows about itself, for `status` and for the metrics."""

import logging
import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from accessctl.clock import Uptime
from accessctl.domain import Decision, Frame, PersonId
from accessctl.door.badges import BadgeReport
from accessctl.door.gallery_watch import GalleryState
from accessctl.door.visit import Step
from accessctl.errors import StoreError
from accessctl.policy.lockout_store import LockoutStore
from accessctl.service.clock_guard import clock_of
from accessctl.service.metrics import DoorTally, Totals
from accessctl.service.status_parts import (
    LockoutView,
    VisitorSeen,
    decision_told,
    gallery_told,
    lockout_told,
    visitors_seen,
    visitors_told,
)
from accessctl.vision.landmarks import UPSIDE_DOWN, lies_on_its_side

FPS_WINDOW_S = 10.0
# Enough for the fastest camera of the configuration over that window.
MOST_ARRIVALS = 2400
LAST_DECISIONS = 10
# Whoever was seen longer ago may have left since.
PRESENT_S = 3.0
FINGERPRINT_CHARACTERS = 12
# Faces by which it is judged whether the camera is upright, and how many of them must be otherwise,
# all in one way.
FACES_REMEMBERED, FACES_TO_JUDGE, MOSTLY = 60, 15, 0.8
UPSIDE_DOWN_ADVICE = (
    "The camera seems to be upside down: nobody is recognised; turn it, or set camera.rotate: 180."
)
ON_ITS_SIDE_ADVICE = (
    "The camera seems to lie on its side: turn it, or set camera.rotate to 90 or 270, whichever "
    "makes faces stand upright."
)
UPRIGHT, ON_HEAD, ON_SIDE = "upright", "on_head", "on_side"

log = logging.getLogger(__name__)


def _none() -> None:
    """A door without an infrared camera, or with a clock that is believed."""


def _yes() -> bool:
    """A door beside which there is no other."""
    return True


@dataclass(frozen=True, slots=True)
class DoorView:
    """What the door itself answers when it is asked, each from any thread.

    `fingerprint` is the encoder's, `names` those of the gallery as it is now, `dropped` counts
    the reader's frames that a newer one replaced, `failed` those on which the door failed, and
    `behind_s` is how much later than the best the newest one came; `lockout` may raise
    StoreError. `infrared` is the infrared camera and why it is silent, None where it is not, or
    where there is none; `clock_doubt_s` how far the wall clock has jumped unconfirmed, None while
    it is believed. `gallery` says whether the door relies on the people it knows, `acting` whether
    what it decides counts; `rate_doubt`, `beyond_calibration` and `badge_notice` are what there is
    to say of their number, see `Roster`. `doorway` is how leaf and lock are, None where nothing
    hangs on the door; `controller` whether the one that drives the lock is there, None where there
    is none; `badges` which one waits and how its reader is; `rate_here` what was counted of this
    place's strangers, None where nothing was.
    """

    door: str
    camera: str
    fingerprint: str
    device: str
    liveness: str
    people: Callable[[], int]
    names: Callable[[], Mapping[PersonId, str]]
    dropped: Callable[[], int]
    lockout: Callable[[], LockoutView]
    infrared: Callable[[], tuple[str, str | None] | None] = _none
    failed: Callable[[], int] = int
    behind_s: Callable[[], float] = float
    clock_doubt_s: Callable[[], float | None] = _none
    rate_doubt: Callable[[], str | None] = _none
    gallery: Callable[[], GalleryState] = GalleryState
    acting: Callable[[], bool] = _yes
    beyond_calibration: Callable[[], str | None] = _none
    doorway: Callable[[], Mapping[str, Any] | None] = _none
    rate_here: Callable[[], str | None] = _none
    controller: Callable[[], Mapping[str, Any] | None] = _none
    badges: Callable[[], BadgeReport] = BadgeReport
    badge_notice: Callable[[], str | None] = _none


class Statistics:
    """Thread-safe and bounded; `clock` gives monotonic seconds.

    Until `look_at` it answers as a door that is starting.
    """

    def __init__(
        self, version: str, config: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`config` names the configuration's file."""
        self._version = version
        self._config = config
        self._clock = clock
        self._started = clock()
        self._lock = Lock()
        self.refused: tuple[str, ...] = ()
        """In what the configuration's file guards less than the one that runs."""
        self.mqtt: Callable[[], Mapping[str, Any] | None] = _none
        """How the link to the broker is; None: there is none."""
        self.hub: Callable[[], Mapping[str, Any] | None] = _none
        """How the people are kept as the hub's; None: they are the door's own."""
        self._view: DoorView | None = None
        self._tally = DoorTally()
        self._arrivals: deque[float] = deque(maxlen=MOST_ARRIVALS)
        self._decisions: deque[Decision] = deque(maxlen=LAST_DECISIONS)
        self._size: tuple[int, int] | None = None
        self._visitors: tuple[VisitorSeen, ...] = ()
        self._orientations: deque[str] = deque(maxlen=FACES_REMEMBERED)
        self._state = "starting"
        self._error: str | None = None
        self._pinged: float | None = None

    def look_at(self, view: DoorView) -> None:
        """From now on ask `view`; again after a reload."""
        with self._lock:
            self._view = view
            if self._state == "starting":
                self._state = "opening"

    def note_step(self, frame: Frame, step: Step) -> None:
        """A frame that the door has looked at."""
        now = self._clock()
        height, width = frame.image.shape[:2]
        with self._lock:
            if self._state in {"starting", "opening"}:
                self._state = "watching"
            self._size = (width, height)
            self._arrivals.append(now)
            self._tally.frames += 1
            self._tally.scenery = step.scenery
            self._visitors = visitors_seen(step)
            self._note_uprightness(step)
            for stage, milliseconds in step.timings.items():
                self._tally.note_stage(stage, milliseconds)
            for decision in step.decisions:
                self._note_decision(decision)

    def _note_uprightness(self, step: Step) -> None:
        """Of the faces that are fit to be looked at, which stand on their heads or lie."""
        for view in step.faces:
            reasons = view.face.quality.reasons
            if UPSIDE_DOWN in reasons:
                self._orientations.append(ON_HEAD)
            elif not reasons:
                lies = lies_on_its_side(view.face.pose)
                self._orientations.append(ON_SIDE if lies else UPRIGHT)
        tally = self._tally
        before = tally.upside_down, tally.on_its_side
        tally.upside_down, tally.on_its_side = self._mostly(ON_HEAD), self._mostly(ON_SIDE)
        if tally.upside_down and not before[0]:
            log.warning("%s", UPSIDE_DOWN_ADVICE)
        if tally.on_its_side and not before[1]:
            log.warning("%s", ON_ITS_SIDE_ADVICE)

    def _mostly(self, orientation: str) -> bool:
        seen = self._orientations
        return len(seen) >= FACES_TO_JUDGE and seen.count(orientation) > MOSTLY * len(seen)

    def note_decision(self, decision: Decision) -> None:
        """A decision that no frame brought: a visit that was closed."""
        with self._lock:
            self._note_decision(decision)

    def note_camera(self, state: str, detail: str) -> None:
        """`state` is "back" when frames come again, "opening" for another camera; any other, such
        as "lost", says that none come, and `detail` why."""
        with self._lock:
            back = state == "back"
            self._tally.reconnects += back
            self._state = "watching" if back else state
            self._error = None if back or state == "opening" else detail

    def note_action(self, name: str, ok: bool) -> None:
        with self._lock:
            self._tally.actions[name, ok] += 1

    def note_watchdog(self) -> None:
        """The service manager was told that frames make progress."""
        with self._lock:
            self._tally.watchdog += 1
            self._pinged = self._clock()

    def report(self) -> dict[str, Any]:
        """JSON values for `status`; only here do people's names appear."""
        with self._lock:
            view, now = self._view, self._clock()
            decisions = tuple(self._decisions)
            visitors = self._visitors if self._frame_age(now) < PRESENT_S else ()
            answer: dict[str, Any] = {
                "version": self._version,
                "config": self._config,
                "config_refused": list(self.refused),
                "uptime_s": round(now - self._started, 1),
                "camera": self._camera(now),
                "scenery": self._tally.scenery,
                "watchdog": {"pings": self._tally.watchdog, "age_s": _since(self._pinged, now)},
                "actions": {
                    "ok": sum(n for (_, ok), n in self._tally.actions.items() if ok),
                    "failed": sum(n for (_, ok), n in self._tally.actions.items() if not ok),
                },
            }
        names: Mapping[PersonId, str] = {} if view is None else view.names()
        answer["decisions"] = [decision_told(decision, names) for decision in reversed(decisions)]
        answer["visitors"] = visitors_told(visitors, names)
        if view is not None:
            answer["camera"] |= {
                "description": view.camera,
                "dropped": view.dropped(),
                "failed": view.failed(),
                "behind_s": round(view.behind_s(), 2),
            }
            answer |= {
                "door": view.door,
                "people": view.people(),
                "beyond_calibration": view.beyond_calibration(),
                "rate_doubt": view.rate_doubt(),
                "rate_here": view.rate_here(),
                "badge_notice": view.badge_notice(),
                "badges": view.badges().told(names),
                "encoder": view.fingerprint[:FINGERPRINT_CHARACTERS],
                "device": view.device,
                "liveness": view.liveness,
                "lockout": lockout_told(view.lockout, names),
                "clock": clock_of(view.clock_doubt_s()),
                "gallery": gallery_told(view.gallery()),
                "acting": view.acting(),
            }
            infrared = view.infrared()
            if infrared is not None:
                answer["infrared"] = {"description": infrared[0], "error": infrared[1]}
            doorway = view.doorway()
            if doorway is not None:
                answer["doorway"] = doorway
            controller = view.controller()
            if controller is not None:
                answer["controller"] = controller
        mqtt = self.mqtt()
        if mqtt is not None:
            answer["mqtt"] = mqtt
        hub = self.hub()
        if hub is not None:
            answer["site"] = hub
        return answer

    def totals(self) -> Totals:
        """A copy of all counters."""
        with self._lock:
            view, now, tally = self._view, self._clock(), self._tally
            last = self._arrivals[-1] if self._arrivals else None
            copied = {name: histogram.copy() for name, histogram in tally.stages.items()}
            latency, decisions, actions = (
                tally.latency.copy(),
                dict(tally.decisions),
                dict(tally.actions),
            )
            frames, reconnects, watchdog = tally.frames, tally.reconnects, tally.watchdog
            watching = self._state == "watching"
        return Totals(
            frames=frames,
            dropped=0 if view is None else view.dropped(),
            stages=copied,
            latency=latency,
            decisions=decisions,
            actions=actions,
            reconnects=reconnects,
            watchdog=watchdog,
            watching=watching,
            frame_age_s=None if last is None else now - last,
            uptime_s=now - self._started,
            people=0 if view is None else view.people(),
            beyond_calibration=view is not None and view.beyond_calibration() is not None,
            lockout_s=_seen(view).remaining_s,
            people_locked=len(_seen(view).locked),
            scenery=tally.scenery,
            upside_down=tally.upside_down,
            on_its_side=tally.on_its_side,
            failed=0 if view is None else view.failed(),
            behind_s=0.0 if view is None else view.behind_s(),
            infrared_up=_infrared_up(view),
            clock_doubt_s=(None if view is None else view.clock_doubt_s()) or 0.0,
            gallery_up=None if view is None else view.gallery().doubt is None,
            acting=None if view is None else view.acting(),
            config_refused=bool(self.refused),
            gallery_age_s=0.0 if view is None else view.gallery().age_s,
            doorway=None if view is None else view.doorway(),
            badge_reader=None if view is None else view.badges().reader,
        )

    def _note_decision(self, decision: Decision) -> None:
        self._decisions.append(decision)
        self._tally.decisions[decision.outcome.value, decision.reason.value] += 1
        self._tally.latency.note(decision.latency_ms / 1e3)

    def _frame_age(self, now: float) -> float:
        return now - self._arrivals[-1] if self._arrivals else math.inf

    def _camera(self, now: float) -> dict[str, Any]:
        last = self._arrivals[-1] if self._arrivals else None
        return {
            "state": self._state,
            "error": self._error,
            "width": None if self._size is None else self._size[0],
            "height": None if self._size is None else self._size[1],
            "fps": round(rate(self._arrivals, now), 1),
            "frame_age_s": _since(last, now),
            "frames": self._tally.frames,
            "upside_down": self._tally.upside_down,
            "on_its_side": self._tally.on_its_side,
            "reconnects": self._tally.reconnects,
        }


def rate(arrivals: "deque[float]", now: float) -> float:
    """Frames a second over the last FPS_WINDOW_S, or since the first if that is shorter."""
    recent = [moment for moment in arrivals if now - moment < FPS_WINDOW_S]
    if len(recent) < 2:
        return 0.0
    begun_before = len(recent) < len(arrivals)
    span = FPS_WINDOW_S if begun_before else now - recent[0]
    frames = len(recent) if begun_before else len(recent) - 1
    return frames / span if span > 0 else 0.0


def read_lockout(file: Path, door: str, now: Uptime) -> LockoutView:
    """Raises StoreError when the file cannot be read."""
    with LockoutStore(file) as store:
        kept, people = store.read(door), store.people(door)
    locked = {person: own.remaining_s(now) for person, own in people.items() if own.locked(now)}
    return LockoutView(round(kept.refused, 2), kept.remaining_s(now), locked)


def _since(moment: float | None, now: float) -> float | None:
    return None if moment is None else round(now - moment, 2)


def _infrared_up(view: DoorView | None) -> bool | None:
    infrared = None if view is None else view.infrared()
    return None if infrared is None else infrared[1] is None


def _seen(view: DoorView | None) -> LockoutView:
    """Nothing counts, and nobody is told, while that cannot be read: NaN seconds."""
    if view is None:
        return LockoutView()
    try:
        return view.lockout()
    except StoreError:
        return LockoutView(remaining_s=float("nan"))
