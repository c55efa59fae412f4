"""The live preview: a session's frames on a screen, and the keys that act on them."""

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Event
from typing import Self, TypeAlias

from accessctl.administration.changes import Administration
from accessctl.audit.views import REMOVED, as_text
from accessctl.domain import Frame, Image, PersonId
from accessctl.door.recorder import decision_event
from accessctl.door.session import Session
from accessctl.door.visit import FaceView, Step
from accessctl.errors import AccessctlError
from accessctl.preview.overlay import Panel, Thresholds, draw
from accessctl.preview.screen import CLOSED, Screen
from accessctl.recognition.enrolment import Enrolment

SMOOTHING = 0.1
WINDOW = 30
ENTER, ESCAPE, BACKSPACE = (10, 13), 27, (8, 127)
MAX_LENGTH = 100
QUIT = (ord("q"), CLOSED)
HELP = "q quit   space pause   e enrol this face"
SPECTATOR = "   WATCHING ONLY: another door acts"
LATEST = 4
PAUSE_S = 0.03

Draw: TypeAlias = Callable[
    [Image, Sequence[FaceView], Mapping[PersonId, str], Thresholds, Panel], Image
]
"""As `overlay.draw`."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """The frame on the screen and what the door made of it."""

    frame: Frame
    step: Step


class Preview:
    """Shows every step; q ends, space freezes, e asks for a name and enrols the face."""

    def __init__(
        self,
        session: Session,
        enrolment: Enrolment,
        administration: Administration,
        screen: Screen,
        pause: Callable[[float], bool],
        draw: Draw = draw,
    ) -> None:
        self._session = session
        self._enrolment = enrolment
        self._administration = administration
        self._screen = screen
        self._pause = pause
        self._draw = draw
        self._meter = Meter()
        self._decisions: deque[str] = deque(maxlen=LATEST)
        self._message = HELP

    def run(self, stop: Event, clock: Callable[[], float], seconds: float | None) -> None:
        for frame, step in self._session.steps(stop, clock, seconds):
            self._meter.note(frame.captured, step.timings)
            names = self._session.door.roster.names
            self._decisions.extend(
                as_text(decision_event(decision), names.get) for decision in step.decisions
            )
            key = self._show(Shown(frame, step))
            if key in QUIT:
                return
            if key == ord(" ") and not self._hold(Shown(frame, step), stop):
                return
            if key == ord("e"):
                self._enrol(Shown(frame, step), stop)

    def _show(self, shown: Shown) -> int | None:
        roster = self._session.door.roster
        panel = Panel(
            status=f"{self._session.reader.source.description}   {self._meter.fps:.1f} fps   "
            f"{roster.matcher.people} enrolled{self._badge()}"
            + ("" if self._session.door.acting else SPECTATOR),
            stages=self._meter.stages,
            decisions=list(self._decisions),
            help=self._message,
        )
        # One mark for all: that of the face whose photos were pooled from the most unlike ones.
        matches = (view.match for view in shown.step.faces)
        raised = max((match.raised for match in matches if match is not None), default=0.0)
        image = self._draw(
            shown.frame.image,
            shown.step.faces,
            roster.names,
            Thresholds(roster.threshold(raised), roster.claimed_threshold(raised)),
            panel,
        )
        return self._screen.show(image)

    def _badge(self) -> str:
        """Whose badge waits for a visitor."""
        door = self._session.door
        person = door.gate.badges.report().person
        return (
            "" if person is None else f"   badge of {door.roster.names.get(person, REMOVED)} read"
        )

    def _hold(self, shown: Shown, stop: Event) -> bool:
        """Freeze until space; False when it was to quit."""
        self._message = "paused   space go on   q quit"
        while not stop.is_set():
            key = self._show(shown)
            if key in QUIT:
                return False
            if key == ord(" "):
                break
            self._pause(PAUSE_S)
        self._message = HELP
        return True

    def _enrol(self, shown: Shown, stop: Event) -> None:
        entry = NameEntry()
        while not (entry.done or entry.cancelled or stop.is_set()):
            self._message = f"name of this person: {entry.text}_   Enter enrol   Esc cancel"
            key = self._show(shown)
            if key is None:
                self._pause(PAUSE_S)
            elif key == CLOSED:
                break
            else:
                entry = entry.press(key)
        self._message = HELP
        if entry.done:
            self._message = f"{self._enrol_as(entry.text, shown)}   {HELP}"

    def _enrol_as(self, name: str, shown: Shown) -> str:
        try:
            photo = self._enrolment.examine(shown.frame.image, "This picture")
            person = self._administration.enrol(name, [photo])
        except AccessctlError as error:
            log.warning("Not enrolled: %s", error)
            return f"not enrolled: {error}"
        return f"enrolled {person.name}"


class Meter:
    """Times are seconds of a monotonic clock, stages milliseconds."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=WINDOW)
        self.stages: dict[str, float] = {}

    def note(self, now: float, timings: Mapping[str, float]) -> None:
        self._times.append(now)
        for stage, value in timings.items():
            before = self.stages.get(stage, value)
            self.stages[stage] = before + SMOOTHING * (value - before)

    @property
    def fps(self) -> float:
        """Frames a second over the last WINDOW frames; 0 before the second frame."""
        if len(self._times) < 2 or self._times[-1] <= self._times[0]:
            return 0.0
        return (len(self._times) - 1) / (self._times[-1] - self._times[0])


@dataclass(frozen=True, slots=True)
class NameEntry:
    """The text so far; `done` after Enter, `cancelled` after Escape."""

    text: str = ""
    done: bool = False
    cancelled: bool = False

    def press(self, key: int) -> Self:
        """`key` is a character code as OpenCV's waitKey gives it (Latin-1)."""
        if key in ENTER:
            return replace(self, done=bool(self.text.strip()))
        if key == ESCAPE:
            return replace(self, cancelled=True)
        if key in BACKSPACE:
            return replace(self, text=self.text[:-1])
        if 32 <= key < 256 and chr(key).isprintable() and len(self.text) < MAX_LENGTH:
            return replace(self, text=self.text + chr(key))
        return self
