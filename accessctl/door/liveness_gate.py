"""The liveness of all visits at a door: evidence in, proofs out; and the infrared camera beside the
door's own, with what it shows of each visitor.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from accessctl.camera.companion import Companion
from accessctl.config.liveness import LivenessConfig
from accessctl.domain import Box, Face, Frame, Image, Sighting
from accessctl.door.demands import Asked, Prompt, Wanted
from accessctl.door.visit import Visit
from accessctl.door.visit_liveness import VisitLiveness
from accessctl.liveness.evidence import InfraredSight, gather
from accessctl.liveness.examiner import CueWindow
from accessctl.liveness.worker import CueAnswer, CueRunner
from accessctl.policy.circumstances import Proof
from accessctl.policy.decide import Rules, find_doubt, shown_by
from accessctl.vision.second_camera import OtherView

log = logging.getLogger(__name__)

EVERY_S = 0.19
"""Its pictures are searched no more often, seconds: five times a second, at 15 frames a second
for every third one."""

FRESH_S = 0.3
"""What it showed of a face may wait so long for a frame that goes into the evidence, seconds."""

SILENT_S = 1.0
"""Without a picture for so long it is silent, seconds."""

FINAL = frozenset({Proof.REFUTED, Proof.MISSING})

OnFault = Callable[[str, Exception], None]

OnOver = Callable[[Visit], None]


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


def ignore_over(_visit: Visit) -> None:
    """Whoever wants to know nothing of what visits came to."""


@dataclass
class LivenessGate:
    """Keeps an inspection for each visit that is not decided; all is called by the loop.

    `wanted` may be replaced at any time, for the visits that begin after that, and so may the
    `infrared` camera. `on_fault` hears of each visit on which the cues failed, which is not
    found alive then; `on_over` of each that was inspected, once, when it is decided or has left,
    with all that was gathered.
    """

    wanted: Wanted
    looks: CueRunner
    on_fault: OnFault = ignore_fault
    on_over: OnOver = ignore_over
    infrared: InfraredView | None = None
    _open: dict[str, Visit] = field(default_factory=dict)
    _asked: list[Asked] = field(default_factory=list)

    def hear(self) -> None:
        """Take over what was looked at meanwhile; what is of no open visit is dropped."""
        while answers := self.looks.answers():
            for answer in answers:
                self._hear(answer)

    def look_beside(self, frame: Frame, seen: Sequence[tuple[Face, Visit]]) -> None:
        """Look for the faces of a frame in the infrared picture; called before `see`."""
        if self.infrared is not None:
            wanted = {face.track for face, visit in seen if visit.verdict is None}
            self.infrared.look(frame, [face for face, _ in seen], wanted)

    def see(
        self, frame: Frame, face: Face, visit: Visit, sighting: Sighting | None, rules: Rules
    ) -> bool:
        """Take in a face of an undecided visit; whether it may now be refused for want of proof.

        `sighting` is what this frame said of the visitor's identity, if it was good enough.
        """
        inspection = self._inspection_of(visit)
        if inspection is None:
            return False
        inspection.infrared_silent = self.infrared is None or self.infrared.silent
        before = (visit.liveness, visit.intent)
        # Nothing that could still be seen changes a veto.
        if visit.liveness is not Proof.REFUTED and inspection.is_due(frame.captured):
            try:
                self._watch(frame, face, visit, sighting, rules, inspection)
            except Exception as error:  # noqa: BLE001 - whatever goes wrong here opens nothing
                self._fail(visit, inspection, error)
        visit.liveness, visit.intent = inspection.liveness, inspection.intent
        self._prompt(visit, inspection.prompt)
        after = (visit.liveness, visit.intent)
        return after != before and not FINAL.isdisjoint(after)

    def forget(self, visit: Visit) -> None:
        """The visit is decided or over; its evidence is not needed any more."""
        visit.prompt = None
        if self._open.pop(visit.id, None) is not None:
            self.on_over(visit)

    def asked(self) -> tuple[Asked, ...]:
        """What visitors were asked for since the last call."""
        asked, self._asked = tuple(self._asked), []
        return asked

    def close(self) -> None:
        self.looks.close()

    def _inspection_of(self, visit: Visit) -> VisitLiveness | None:
        if visit.id not in self._open:
            config: LivenessConfig = self.wanted.liveness
            if config.mode == "off" and self.wanted.intent is None:
                return None
            visit.inspection = VisitLiveness(self.wanted)
            self._open[visit.id] = visit
        return visit.inspection

    def _watch(
        self,
        frame: Frame,
        face: Face,
        visit: Visit,
        sighting: Sighting | None,
        rules: Rules,
        inspection: VisitLiveness,
    ) -> None:
        evidence = visit.evidence()
        pooled = evidence.pooled
        matched = pooled is not None and find_doubt(pooled, evidence.sightings, rules) is None
        match = None if sighting is None else sighting.match
        shows = shown_by(match, rules.frame_fmr)
        embedding = None if sighting is None else sighting.embedding
        seen = gather(frame, face, embedding, shows, infrared=self._sight_of(face))
        look = inspection.watch(
            inspection.sampler.sample(frame.image, seen),
            None if pooled is None else pooled.person,
            matched=matched,
        )
        self._look_at(visit, look)
        if look is not None:
            # CueRunner that are made at once count for this very frame.
            self.hear()

    def _sight_of(self, face: Face) -> InfraredSight | None:
        return None if self.infrared is None else self.infrared.hand_over(face.track)

    def _hear(self, answer: CueAnswer) -> None:
        visit = self._open.get(answer.visit)
        if visit is None or visit.inspection is None:
            return
        if answer.fault is not None:
            self._fail(visit, visit.inspection, answer.fault)
        else:
            self._look_at(visit, visit.inspection.take(answer.look, answer.results))

    def _look_at(self, visit: Visit, look: CueWindow | None) -> None:
        if look is None or visit.inspection is None:
            return
        if not self.looks.ask(visit.id, look):
            visit.inspection.put_back()

    def _prompt(self, visit: Visit, prompt: Prompt | None) -> None:
        if prompt is not None and prompt.steps and prompt != visit.prompt:
            self._asked.append(Asked(visit.id, prompt))
        visit.prompt = prompt

    def _fail(self, visit: Visit, inspection: VisitLiveness, error: Exception) -> None:
        if inspection.failed:
            return
        inspection.fail()
        log.error(
            "The cues of liveness failed; the visit is not found alive.",
            exc_info=error,
            extra={"visit": visit.id},
        )
        self.on_fault(visit.id, error)
