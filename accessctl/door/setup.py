"""What a door is made of: parts that stay for as long as it runs, and parts that another
configuration may replace between two frames.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from accessctl.actions.base import DoorAction
from accessctl.actions.command import Command
from accessctl.config import PolicyConfig
from accessctl.domain import Face, Frame, Outcome, PersonId
from accessctl.door.access_gate import AccessGate
from accessctl.door.demands import NOTHING_WANTED, Wanted
from accessctl.door.duty import Duty
from accessctl.door.gallery_watch import GalleryWatch
from accessctl.door.liveness_gate import LivenessGate
from accessctl.door.recorder import NO_PICTURES, DecisionPictures, DecisionRecorder
from accessctl.recognition.matcher import Roster
from accessctl.recognition.recogniser import Recogniser


class FaceObserver(Protocol):
    """What the door asks of `vision`: the faces of a frame, followed from frame to frame."""

    timings: dict[str, float]

    def observe(self, frame: Frame) -> list[Face]: ...


def nobody_before(_settings: "LiveSettings") -> Mapping[PersonId, float]:
    """Where no other door was."""
    return {}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DoorSetup:
    """What a door is made of for as long as it runs.

    `leave_after_s`: who is not seen for longer, by the capture times of the frames, has left.
    `granted_before`: how many seconds ago people were granted before this process. `gallery`
    renews and judges the roster; None: one that takes whatever can be read. `duty` says whether
    this door acts; None: it does. `on_duty` is called when it begins to act after having watched,
    and says how many seconds ago people were granted by the door before it.
    """

    observer: FaceObserver
    recogniser: Recogniser
    roster: Roster
    recorder: DecisionRecorder
    liveness: LivenessGate
    leave_after_s: float
    wall_clock: Callable[[], float]
    new_visit_id: Callable[[], str]
    granted_before: Mapping[PersonId, float] = field(default_factory=dict)
    gallery: GalleryWatch | None = None
    duty: Duty | None = None
    on_duty: "Callable[[LiveSettings], Mapping[PersonId, float]]" = nobody_before


@dataclass(frozen=True, slots=True, eq=False)
class LiveSettings:
    """The parts of a door that hold no memory of who stands before it.

    `asking` are the actions that tell a visitor what is `wanted`, `safe` the commands that leave
    the lock shut.
    """

    policy: PolicyConfig
    gate: AccessGate
    actions: Mapping[Outcome, Sequence[DoorAction]] = field(default_factory=dict)
    asking: Sequence[DoorAction] = ()
    wanted: Wanted = NOTHING_WANTED
    pictures: DecisionPictures = NO_PICTURES
    safe: Sequence[Command] = ()
