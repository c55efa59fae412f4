"""The liveness of all visits at a door: evidence in, proofs out; and the infrared camera beside the
door's own, with what it shows of each visitor.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from accessctl.camera.companion import Companion
from accessctl.domain import Box, Face, Frame, Image
from accessctl.door.demands import Asked, Wanted
from accessctl.door.identity import ShownIdentity
from accessctl.door.visit import LifeShown, Visit
from accessctl.door.visit_liveness import VisitLiveness
from accessctl.liveness.evidence import InfraredSight, LivenessFrame, gather
from accessctl.liveness.examiner import NOTHING_SUSPECTED, CueWindow
from accessctl.liveness.worker import CueAnswer, CueRunner
from accessctl.policy.circumstances import Proof
from accessctl.policy.decide import DecisionRules, find_doubt, shown_by
from accessctl.vision.second_camera import OtherView

log = logging.getLogger(__name__)

EVERY_S = 0.19
"""Its pictures are searched no more often, seconds: five times a second, at 15 frames a second
for every third one."""

FRESH_S = 0.3
"""What it showed of a face may wait so long for a frame that goes into the evidence, seconds."""

SILENT_S = 1.0
"""Without a picture for so long it is silent, seconds."""

OnFault = Callable[[str, Exception], None]

OnOver = Callable[[VisitLiveness], None]


class SecondSight(Protocol):
    """What the door asks of `vision` here: the same face in another camera's picture."""

    def beside(
        self, image: Image, box: Box, size: tuple[int, int], others: Sequence[Box] = ()
    ) -> OtherView | None: ...


class InfraredView:
    """Pairs each frame with the infrared picture of its moment; called by the loop only."""

    def __init__(self, companion: Companion, sight: SecondSight) -> None:
        self.companion = companion
        self._sight = sight
        self._sights: dict[int, InfraredSight] = {}
        self._now = 0.0
        self._shown = float("-inf")
        self._searched = float("-inf")
        self._failed = False

    @property
    def silent(self) -> bool:
        """Whether nothing can be told, because it gave no picture, or showed nothing in it."""
        return not 0 <= self._now - self._shown <= SILENT_S

    @property
    def trouble(self) -> str | None:
        """Why it is silent, in a sentence; None while it is not."""
        if not self.silent:
            return None
        return self.companion.error or "It gives no picture that shows anything."

    def look(self, frame: Frame, faces: Sequence[Face], wanted: Collection[int]) -> None:
        """Take in the next frame and, if that is due, look for those faces whose tracks are
        `wanted`, as far as they can be recognised. A fault leaves them unseen."""
        self._now = frame.captured
        fresh = {t: s for t, s in self._sights.items() if 0 <= self._now - s.captured <= FRESH_S}
        self._sights = fresh
        try:
            picture = self.companion.at(frame.captured)
            if picture is not None:
                self._shown = self._now
                self._search(frame, picture, faces, wanted)
        except Exception as error:
            # Whatever goes wrong here opens nothing: who is not seen there is not let in.
            self._sights = {}
            if not self._failed:
                self._failed = True
                log.error("The infrared picture could not be searched.", exc_info=error)

    def hand_over(self, track: int) -> InfraredSight | None:
        """What it showed of a face just now, once; None where that is not known."""
        return self._sights.pop(track, None)

    def _search(
        self, frame: Frame, picture: Frame, faces: Sequence[Face], wanted: Collection[int]
    ) -> None:
        sought = [face for face in faces if face.track in wanted and face.quality.usable]
        if not sought or 0 <= self._now - self._searched < EVERY_S:
            return
        self._searched = self._now
        height, width = frame.image.shape[:2]
        for face in sought:
            others = [other.box for other in faces if other is not face]
            view = self._sight.beside(picture.image, face.box, (width, height), others)
            if view is not None:
                self._sights[face.track] = InfraredSight(
                    picture.captured, view.box, view.brightness, view.around
                )


def ignore_fault(_visit: str, _error: Exception) -> None:
    """Whoever wants to know nothing of faults."""


def ignore_over(_source: VisitLiveness) -> None:
    """Whoever wants to know nothing of what visits came to."""


@dataclass
class LivenessGate:
    """Keeps what is known of life for each visit that is not decided; all is called by the loop.

    What the cues hold against life is kept until the visitor has left, also what they say of
    frames once the attempt that showed them is over: it counts in the visit's next attempt.

    `wanted` may be replaced at any time, for the visits that begin after that, and so may the
    `infrared` camera. `on_fault` hears of each visit on which the cues failed, which is not
    found alive then; `on_over` of all that was gathered in each visit that was asked for
    anything, once, when it is decided or its visitor has left.
    """

    wanted: Wanted
    cues: CueRunner
    on_fault: OnFault = ignore_fault
    on_over: OnOver = ignore_over
    infrared: InfraredView | None = None
    _open: dict[str, VisitLiveness] = field(default_factory=dict)
    _closed: dict[str, VisitLiveness] = field(default_factory=dict)
    _asked: list[Asked] = field(default_factory=list)

    def hear(self) -> None:
        """Take over what was looked at meanwhile; of an attempt that is over, what speaks against
        life."""
        while answers := self.cues.answers():
            for answer in answers:
                self._hear(answer)

    def look_beside(self, frame: Frame, faces: Sequence[Face], undecided: Collection[int]) -> None:
        """Look for the faces of a frame in the infrared picture; called before `see`.

        `undecided` are the tracks of those that somebody must still decide on.
        """
        if self.infrared is not None:
            self.infrared.look(frame, faces, undecided)

    def see(
        self,
        frame: Frame,
        face: Face,
        visit: Visit,
        shown: ShownIdentity | None,
        rules: DecisionRules,
    ) -> LifeShown:
        """Take in a face of an undecided visit; what its visitor has shown by now.

        `shown` is what this frame said of the visitor's identity, if it was good enough.
        """
        source = self._source_of(visit)
        if source is None:
            return visit.life
        source.infrared_silent = self.infrared is None or self.infrared.silent
        # Nothing that could still be seen changes a veto.
        if visit.life.liveness is not Proof.REFUTED and source.is_due(frame.captured):
            try:
                seen = self._gathered(frame, face, shown, rules)
                seen = source.sampler.sample(frame.image, seen)
                self._watch(source, seen, visit, rules)
            except Exception as error:  # noqa: BLE001 - whatever goes wrong here opens nothing
                self._fail(visit.id, source, error)
        prompt = source.prompt
        if prompt is not None and prompt.steps and prompt != visit.life.prompt:
            self._asked.append(Asked(visit.id, prompt))
        return LifeShown(source.liveness, source.intent, prompt, source)

    def forget(self, visit: str) -> None:
        """The attempt is over: nothing that it showed counts for life any more."""
        source = self._open.pop(visit, None)
        if source is not None:
            self._closed[visit] = source
            self.on_over(source)

    def left(self, visit: str) -> None:
        """The visitor has left: nothing that may still be said of them counts."""
        self.forget(visit)
        self._closed.pop(visit, None)

    def asked(self) -> tuple[Asked, ...]:
        """What visitors were asked for since the last call."""
        asked, self._asked = tuple(self._asked), []
        return asked

    def close(self) -> None:
        self.cues.close()

    def _source_of(self, visit: Visit) -> VisitLiveness | None:
        """What is known of that visit, which begins here unless nothing is asked for."""
        if visit.id not in self._open:
            if self.wanted.liveness.mode == "off" and self.wanted.intent is None:
                return None
            before = self._closed.pop(visit.id, None)
            suspected = NOTHING_SUSPECTED if before is None else before.suspected
            self._open[visit.id] = VisitLiveness(self.wanted, suspected)
        return self._open[visit.id]

    def _gathered(
        self, frame: Frame, face: Face, shown: ShownIdentity | None, rules: DecisionRules
    ) -> LivenessFrame:
        match = None if shown is None else shown.sighting.match
        embedding = None if shown is None else shown.embedding
        infrared = None if self.infrared is None else self.infrared.hand_over(face.track)
        return gather(frame, face, embedding, shown_by(match, rules.frame_fmr), infrared=infrared)

    def _watch(
        self, source: VisitLiveness, shown: LivenessFrame, visit: Visit, rules: DecisionRules
    ) -> None:
        pooled = visit.pooled
        matched = pooled is not None and find_doubt(pooled, visit.sightings, rules) is None
        candidate = None if pooled is None else pooled.person
        window = source.watch(shown, candidate, matched=matched)
        self._run(visit.id, source, window)
        if window is not None:
            # What the cues are run on at once counts for this very frame.
            self.hear()

    def _hear(self, answer: CueAnswer) -> None:
        source = self._open.get(answer.visit)
        if source is None or not source.awaits(answer.look):
            # An earlier attempt of the visit was asked about, and maybe another face: nobody's
            # life counts for the next one, but no attack is got out of by breaking the track, or
            # because the answer comes in the pause between two attempts.
            source = source or self._closed.get(answer.visit)
            if source is not None:
                source.suspect(answer.look, answer.results)
            return
        if answer.fault is not None:
            self._fail(answer.visit, source, answer.fault)
        else:
            self._run(answer.visit, source, source.take(answer.look, answer.results))

    def _run(self, visit: str, source: VisitLiveness, window: CueWindow | None) -> None:
        if window is not None and not self.cues.ask(visit, window):
            source.put_back()

    def _fail(self, visit: str, source: VisitLiveness, error: Exception) -> None:
        if source.failed:
            return
        source.fail()
        log.error(
            "The cues of liveness failed; the visit is not found alive.",
            exc_info=error,
            extra={"visit": visit},
        )
        self.on_fault(visit, error)
