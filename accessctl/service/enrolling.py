"""Enrolment by this door's camera, as an operator at the hub asks for it step by step: the door's
decisions are held off, photos are taken and judged as for an enrolment here, and go to the hub.

The door's loop looks at the frames, as its detectors are its own; a thread beside it writes down
what came of each step, and then tells the hub. What holds the decisions off ends by itself.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

from accessctl.audit.base import Recorder, write_down
from accessctl.background import BackgroundThread
from accessctl.domain import Decision, Frame, Image
from accessctl.door.recorder import service_event
from accessctl.door.shot import SHOT_S, BestShot, PortraitPose
from accessctl.door.visit import Step
from accessctl.doorway.passage import HEARD_S
from accessctl.doorway.requests import SENTENCES, unfit
from accessctl.errors import AccessctlError, InputError
from accessctl.policy.held_share import HeldShare
from accessctl.recognition.enrolment import PhotoDetector, portrait_of
from accessctl.sync.commands import VIA, EnrolmentOrder
from accessctl.sync.feed_wire import CommandAnswer
from accessctl.sync.shot_wire import EnrolmentStep

HOLD_S = 60.0
"""So long after a step the door's decisions are held off, unless another one comes."""
LONGEST_S = 5.0
"""How long a good picture is waited for: the command counts for ten seconds."""
CLOSE_S = 5.0
FAILED = "failed"
TOLD_S = 1.0
"""So long the step before may still be being told of."""
BUSY = "A photo is being taken at this door; wait a few seconds."
RESTS = (
    "Because of enrolments this door has decided on nobody for ten minutes; it does for as long "
    "now, then go on."
)
WATCHES = "This door only watches; another one acts in its place."
NOT_RECORDED = "It could not be put on record; see the door's log."

log = logging.getLogger(__name__)

Seated = Callable[[PortraitPose | None], object]
"""Hears how whoever is enrolled is to look, None: nobody is."""


def nobody_seated(_pose: PortraitPose | None) -> None:
    """Where nobody has to know."""


class StepAnswers(Protocol):
    """See sync.shots.ShotLine. AccessctlError."""

    def settle(self, nonce: str, answer: CommandAnswer) -> None: ...

    def give(self, nonce: str, fault: str, jpeg: bytes | None) -> None: ...


class HeldDoor(Protocol):
    """See door.door.Door."""

    @property
    def acting(self) -> bool: ...

    def hold_off(self, *, on: bool) -> None: ...


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class EnrolmentParts:
    """`observer` and `door` belong to the loop; `clock` are seconds that do not go back."""

    observer: PhotoDetector
    door: HeldDoor
    record: Recorder
    answers: StepAnswers
    seated: Seated = nobody_seated
    clock: Callable[[], float] = time.monotonic
    wall_clock: Callable[[], float] = time.time


class _TimedShot:
    """Looked at by the loop until it is over: some seconds from the first picture on, as soon as
    one of them is good."""

    def __init__(self, shot: BestShot) -> None:
        self.shot = shot
        self.is_over = False
        self.has_failed = False
        self._since: float | None = None

    def look(self, image: Image, now: float) -> None:
        self._since = now if self._since is None else self._since
        try:
            self.shot.look(image)
        except Exception:  # logged: a photo for the hub is no reason for a door to end
            log.exception("A picture to enrol somebody by could not be looked at.")
            self.has_failed = self.is_over = True
        if self.shot.found is not None and now - self._since >= SHOT_S:
            self.is_over = True

    @property
    def fault(self) -> str:
        return FAILED if self.has_failed else self.shot.fault


class EnrolmentDesk:
    """From `with` to its end. `ask` belongs to the thread that waits at the hub, `follow` to the
    door's loop."""

    def __init__(self, parts: EnrolmentParts) -> None:
        self._parts = parts
        self._changed = threading.Condition()
        self._closing = self._holding = False
        self._order: EnrolmentOrder | None = None
        self._shot: _TimedShot | None = None
        self._until = float("-inf")
        self._share = HeldShare(at=parts.clock())
        self._heard: tuple[tuple[str, float], ...] = ()
        self._thread = BackgroundThread(
            self._run, name="enrolment", stop=self._stop, patience_s=CLOSE_S
        )

    def ask(self, order: EnrolmentOrder) -> None:
        """Begin that step, of which the hub is told by itself; InputError where it is refused."""
        with self._changed:
            now = self._parts.clock()
            self._heard = tuple(one for one in self._heard if now < one[1])
            why = unfit(self._heard, order.nonce, order.age_s)
            if why is not None:
                raise InputError(SENTENCES[why])
            self._heard = (*self._heard, (order.nonce, now + HEARD_S))
            if not self._parts.door.acting:
                raise InputError(WATCHES)
            # The hub may answer its operator before this door's thread knows that it was told.
            if not self._changed.wait_for(lambda: self._order is None, TOLD_S):
                raise InputError(BUSY)
            self._share = self._share.moved(now, self._until)
            if order.step is not EnrolmentStep.END and self._share.rests:
                raise InputError(RESTS)
            self._order = order
            self._changed.notify_all()

    def follow(self, _: Sequence[Decision], seen: tuple[Frame, Step] | None) -> None:
        """See service.following.Follow."""
        if seen is None:
            return
        with self._changed:
            now, shot = self._parts.clock(), self._shot
            holds = now < self._until
        self._parts.door.hold_off(on=holds)
        if shot is not None and not shot.is_over:
            shot.look(seen[0].image, now)
            with self._changed:
                self._changed.notify_all()

    def __enter__(self) -> Self:
        self._thread.__enter__()
        return self

    def __exit__(self, *_: Any) -> None:
        self._thread.__exit__(None, None, None)
        self._end(why="stopped")

    def work_next(self) -> bool:
        """Wait for a step and do it; False at the end. What the thread does."""
        with self._changed:
            left_s = self._until - self._parts.clock() if self._holding else None
            self._changed.wait_for(lambda: self._closing or self._order is not None, left_s)
            order = self._order
            if self._closing:
                return False
        if order is None:
            if self._parts.clock() >= self._until:
                self._end(why="time")
            return True
        try:
            self._do(order)
        except AccessctlError as error:
            log.warning("The hub was not told what became of an enrolment's step: %s", error)
        finally:
            with self._changed:
                self._order = None
                self._changed.notify_all()
        return True

    def _do(self, order: EnrolmentOrder) -> None:
        if order.step is EnrolmentStep.END:
            self._end(by=order.by)
            self._parts.answers.settle(order.nonce, CommandAnswer(done=True))
            return
        pose = PortraitPose.FRONT
        if order.step is not EnrolmentStep.BEGIN:
            pose = PortraitPose(order.step.value)
        if not self._begin(order.by, pose):
            refused = CommandAnswer(done=False, problem=NOT_RECORDED)
            self._parts.answers.settle(order.nonce, refused)
        elif order.step is EnrolmentStep.BEGIN:
            self._parts.answers.settle(order.nonce, CommandAnswer(done=True))
        else:
            self._take(order, pose)

    def _begin(self, by: str, pose: PortraitPose) -> bool:
        """Hold the door's decisions off, or longer than until now; False without its record."""
        if not self._holding and not self._write("enrolment_begun", by=by, via=VIA):
            return False
        with self._changed:
            now = self._parts.clock()
            share = self._share.moved(now, self._until)
            self._share = share if now < self._until else share.begun()
            self._holding = True
            self._until = min(now + HOLD_S, self._share.latest)
        self._parts.seated(pose)
        return True

    def _take(self, order: EnrolmentOrder, pose: PortraitPose) -> None:
        timed = _TimedShot(BestShot(self._parts.observer, pose))
        with self._changed:
            self._shot = timed
            self._changed.wait_for(lambda: self._closing or timed.is_over, LONGEST_S)
            self._shot = None
        fault, found = timed.fault, timed.shot.found
        jpeg = None if fault or found is None else portrait_of(found)
        told = {"by": order.by, "via": VIA, "pose": pose.value, "fault": fault or None}
        if self._write("enrolment_shot", **told):
            self._parts.answers.give(order.nonce, fault, jpeg)
        else:
            refused = CommandAnswer(done=False, problem=NOT_RECORDED)
            self._parts.answers.settle(order.nonce, refused)

    def _end(self, **told: str) -> None:
        """The door goes on as ever, also where that cannot be put on record."""
        with self._changed:
            was_holding, self._holding = self._holding, False
            self._share = self._share.moved(self._parts.clock(), self._until)
            self._until = float("-inf")
        if was_holding:
            self._write("enrolment_ended", **told)
            self._parts.seated(None)

    def _write(self, state: str, **data: Any) -> bool:
        return write_down(
            self._parts.record, service_event(state, self._parts.wall_clock(), **data)
        )

    def _run(self) -> None:
        going_on = True
        while going_on:
            try:
                going_on = self.work_next()
            except Exception:  # logged: the next step is taken all the same
                log.exception("A step of an enrolment failed.")

    def _stop(self) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify_all()
