"""One frame in, the decisions it brings out; and what another configuration may replace in a door
between two frames.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import perf_counter
from types import MappingProxyType
from typing import Any, Protocol

from accessctl.actions.base import Action
from accessctl.config import PolicyConfig
from accessctl.config.policy import AccessConfig
from accessctl.domain import (
    Decision,
    Face,
    Frame,
    Match,
    Outcome,
    PersonId,
    PersonRules,
    Reason,
    Sighting,
)
from accessctl.door.access_gate import AccessGate
from accessctl.door.demands import NOTHING_WANTED, Asked, Prompt, Wanted, factor_prompt
from accessctl.door.liveness_gate import InfraredView, LivenessGate
from accessctl.door.recorder import DecisionRecorder, prompt_payload
from accessctl.door.snapshots import SnapshotTaker
from accessctl.door.visit import Visit
from accessctl.door.visit_liveness import record_of
from accessctl.liveness.cues.table import Lines
from accessctl.policy.admit import by_pin, decide_visit, lacks_second_factor_only
from accessctl.policy.circumstances import Circumstances
from accessctl.policy.decide import LastGrants, Rules, Verdict
from accessctl.policy.evidence_record import EvidenceRecord, to_data
from accessctl.recognition.recogniser import Recogniser
from accessctl.recognition.roster import Roster

# How often the door looks whether somebody was enrolled or removed meanwhile, seconds.
ROSTER_REFRESH_S = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class LiveSettings:
    """The parts of a door that hold no memory of who stands before it.

    `asking` are the actions that tell a visitor what is `wanted`.
    """

    policy: PolicyConfig
    actions: Mapping[Outcome, Sequence[Action]]
    gate: AccessGate
    photographer: SnapshotTaker | None
    wanted: Wanted = NOTHING_WANTED
    asking: Sequence[Action] = ()


class FaceObserver(Protocol):
    """What the door asks of `vision`: the faces of a frame, followed from frame to frame."""

    timings: dict[str, float]

    def observe(self, frame: Frame) -> list[Face]: ...


@dataclass(frozen=True, slots=True, eq=False)
class FaceView:
    """A face as a spectator may see it: who it looks like so far, the visit's verdict, what
    the visitor is asked for, and what the cues of liveness have gathered, in words."""

    face: Face
    visit: str
    match: Match | None
    verdict: Verdict | None
    prompt: Prompt | None = None
    gathered: Lines = ()


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What one frame brought; `timings` in milliseconds by stage, `asked` what is new."""

    faces: tuple[FaceView, ...]
    decisions: tuple[Decision, ...]
    timings: dict[str, float]
    asked: tuple[Asked, ...] = ()


class Door:
    """Visits of the faces in view. Time is the capture time of the frames, nothing else."""

    def __init__(
        self,
        observer: FaceObserver,
        recogniser: Recogniser,
        roster: Roster,
        enactor: DecisionRecorder,
        policy: PolicyConfig,
        *,
        leave_after_s: float,
        wall_clock: Callable[[], float],
        new_visit_id: Callable[[], str],
        gate: AccessGate | None = None,
        photographer: SnapshotTaker | None = None,
        inspector: LivenessGate | None = None,
        granted_before: Mapping[PersonId, float] = MappingProxyType({}),
    ) -> None:
        """`granted_before`: how many seconds ago people were granted before this process.

        Without `inspector` nobody asks whether a face is alive.
        """
        self._observer = observer
        self._recogniser = recogniser
        self.roster = roster
        self._enactor = enactor
        self._policy = policy
        self._leave_after_s = leave_after_s
        self._wall_clock = wall_clock
        self._new_visit_id = new_visit_id
        self._visits: dict[int, Visit] = {}
        self._beside: list[Asked] = []
        self._grants = LastGrants()
        self._gate = gate or AccessGate(AccessConfig(), policy)
        self._photographer = photographer
        self._inspector = inspector
        self._granted_before = dict(granted_before)
        self._refreshed = float("-inf")

    def step(self, frame: Frame) -> Step:
        """Look at one frame; decisions are on record and acted on when this returns."""
        timings: dict[str, float] = {}
        started = perf_counter()
        now = frame.captured
        self._recall(now)
        self._refresh(now)
        faces = self._observer.observe(frame)
        timings.update(self._observer.timings)
        visits = [self._visit_of(face, now) for face in faces]
        widths = tuple(face.box.w for face in faces)
        for index, visit in enumerate(visits):
            visit.widths, visit.index = widths, index
        fresh = [
            (face, visit)
            for face, visit in zip(faces, visits, strict=True)
            if face.quality.usable and visit.verdict is None
        ]
        with _timed(timings, "encode"):
            embeddings = self._recogniser.embed_frame(
                frame.image, [face for face, _ in fresh], [visit.seen for _, visit in fresh]
            )
        with _timed(timings, "match"):
            sightings: dict[str, Sighting] = {}
            for (face, visit), embedding in zip(fresh, embeddings, strict=True):
                match = self.roster.matcher.search(embedding)
                sighting = Sighting(now, embedding, face.quality.score, match)
                sightings[visit.id] = sighting
                visit.add(sighting, self._policy.window_s, self.roster.matcher.search)
                if self._photographer is not None:
                    visit.picture = self._photographer.cut(frame.image, face)
        with _timed(timings, "liveness"):
            refused = self._inspect(frame, list(zip(faces, visits, strict=True)), sightings)
            asked = self._ask()
        with _timed(timings, "decide"):
            waited_ms = (perf_counter() - started) * 1e3
            ready = [visit for _, visit in fresh]
            ready += [visit for visit in refused if visit not in ready]
            decisions = [*self._conclude(ready, now, waited_ms), *self._farewells(now, waited_ms)]
            asked += self._ask()
        timings["frame"] = (perf_counter() - started) * 1e3
        views = tuple(
            FaceView(
                face,
                visit.id,
                visit.pooled,
                visit.verdict,
                visit.beside or visit.prompt,
                visit.gathered,
            )
            for face, visit in zip(faces, visits, strict=True)
        )
        return Step(views, tuple(decisions), timings, asked)

    @property
    def gate(self) -> AccessGate:
        return self._gate

    def take_over(self, outfit: LiveSettings) -> None:
        """Go on with these parts from the next frame; visits and grants stay as they are."""
        self._policy = outfit.policy
        self._gate = outfit.gate
        self._gate.take_over()
        self._photographer = outfit.photographer
        self._enactor.actions = outfit.actions
        self._enactor.asking = outfit.asking
        if self._inspector is not None:
            self._inspector.wanted = outfit.wanted

    def look_through(self, infrared: InfraredView | None) -> None:
        """Another infrared camera, or none, from the next frame on."""
        if self._inspector is not None:
            self._inspector.infrared = infrared

    def close(self, now: float) -> list[Decision]:
        """End the visits that are still open, as if everybody had left at `now`."""
        return list(self._farewells(now + 2 * self._leave_after_s, 0.0))

    def _inspect(
        self,
        frame: Frame,
        seen: Sequence[tuple[Face, Visit]],
        sightings: Mapping[str, Sighting],
    ) -> list[Visit]:
        """Look for life in whoever is not decided; the visits that may be refused for it."""
        if self._inspector is None:
            return []
        self._inspector.hear()
        self._inspector.look_beside(frame, seen)
        rules = Rules.of(self._policy, self.roster.max_fmr)
        return [
            visit
            for face, visit in seen
            if visit.verdict is None
            and self._inspector.see(frame, face, visit, sightings.get(visit.id), rules)
        ]

    def _ask(self) -> tuple[Asked, ...]:
        asked = tuple(self._beside)
        self._beside.clear()
        if self._inspector is not None:
            asked += self._inspector.asked()
        for one in asked:
            prompt, time = one.prompt, self._wall_clock()
            self._enactor.ask(
                prompt_payload(one.visit, prompt.text, prompt.ask, prompt.step, prompt.steps, time)
            )
        return asked

    def _tell(self, visit: Visit, prompt: Prompt | None) -> None:
        if prompt is not None and prompt.steps and prompt != visit.beside:
            self._beside.append(Asked(visit.id, prompt))
        visit.beside = prompt

    def _over(self, visit: Visit) -> None:
        visit.beside = None
        self._gate.over(visit)
        if self._inspector is not None:
            self._inspector.forget(visit)

    def _recall(self, now: float) -> None:
        for person, seconds in self._granted_before.items():
            self._grants.note(person, now - seconds)
        self._granted_before.clear()

    def _refresh(self, now: float) -> None:
        if now - self._refreshed >= ROSTER_REFRESH_S:
            self._refreshed = now
            self.roster.refresh()

    def _visit_of(self, face: Face, now: float) -> Visit:
        visit = self._visits.get(face.track)
        if visit is None:
            visit = self._visits[face.track] = Visit(self._new_visit_id(), now)
        visit.last_seen = now
        return visit

    def _farewells(self, now: float, waited_ms: float) -> Iterator[Decision]:
        gone = [t for t, v in self._visits.items() if now - v.last_seen > self._leave_after_s]
        visits = [self._visits.pop(track) for track in gone]
        undecided = [visit for visit in visits if visit.verdict is None]
        yield from self._conclude(undecided, now, waited_ms, left=True)
        for visit in visits:
            self._over(visit)

    def _conclude(
        self, visits: Sequence[Visit], now: float, waited_ms: float, *, left: bool = False
    ) -> Iterator[Decision]:
        for visit in visits:
            settled = self._decide(visit, now, waited_ms, left=left)
            if settled is None:
                continue
            decision, verdict, more = settled
            recorded = self._enactor.enact(decision, self.roster.names, more)
            if recorded or verdict.outcome is not Outcome.GRANTED:
                self._gate.note(verdict)
            if not recorded:
                decision = replace(decision, outcome=Outcome.DENIED, reason=Reason.NO_RECORD)
                visit.verdict = Verdict(decision.outcome, decision.reason, decision.match)
            elif decision.outcome is Outcome.GRANTED and decision.person is not None:
                self._grants.note(decision.person, now)
            yield decision

    def _decide(
        self, visit: Visit, now: float, waited_ms: float, *, left: bool
    ) -> tuple[Decision, Verdict, dict[str, Any]] | None:
        evidence = visit.evidence(left=left)
        pooled = visit.pooled
        last_grant = None if pooled is None else self._grants.last(pooled.person)
        rules = Rules.of(self._policy, self.roster.max_fmr)
        time = self._wall_clock()
        person_rules = PersonRules()
        if pooled is not None:
            person_rules = self.roster.rules.get(pooled.person, person_rules)
        circumstances = self._gate.circumstances(visit, person_rules, time, now)
        visit.second_factor = circumstances.second_factor
        verdict = decide_visit(evidence, rules, last_grant, now, circumstances)
        if verdict is None:
            if lacks_second_factor_only(evidence, rules, last_grant, now, circumstances):
                self._gate.ask(visit, circumstances.factor, now)
                circumstances = replace(circumstances, awaited=True)
            self._tell(visit, factor_prompt(circumstances))
            return None
        visit.verdict = verdict
        self._over(visit)
        person: PersonId | None = None
        if verdict.match is not None and verdict.outcome is not Outcome.UNKNOWN:
            person = verdict.match.person
        decision = Decision(
            time=time,
            visit=visit.id,
            outcome=verdict.outcome,
            reason=verdict.reason,
            person=person,
            match=verdict.match,
            frames=visit.seen,
            latency_ms=(now - evidence.since) * 1e3 + waited_ms,
        )
        more = self._more(visit, circumstances, last_grant, now, left=left)
        return decision, verdict, more | dict(self._gate.passage(circumstances, verdict))

    def _more(
        self,
        visit: Visit,
        circumstances: Circumstances,
        last_grant: float | None,
        now: float,
        *,
        left: bool,
    ) -> dict[str, Any]:
        """What is kept of a decision so that it can be looked at, and made, again."""
        cues = record_of(visit.inspection)
        recorded = EvidenceRecord(
            evidence=visit.evidence(left=left),
            now=now,
            last_grant=last_grant,
            people=self.roster.matcher.people,
            door=self._gate.door,
            person=circumstances.person,
            locked_out=circumstances.locked_out,
            liveness=circumstances.liveness,
            second_factor=circumstances.second_factor,
            widths=visit.widths,
            index=visit.index,
            factor=circumstances.factor,
            direction=circumstances.plan.passback.direction,
            crossing=circumstances.last_crossing,
            cues=cues,
            intent=circumstances.intent,
            gesture=self._policy.intent,
            doubted=circumstances.liveness_doubted,
        )
        more: dict[str, Any] = {"evidence": to_data(recorded)}
        if cues.vetoes:
            more["vetoes"] = cues.vetoes
        if cues.doubts:
            more["doubts"] = cues.doubts
        instead = by_pin(circumstances)
        if instead and visit.verdict is not None and visit.verdict.outcome is Outcome.GRANTED:
            more["by_pin"] = list(instead)
        if self._photographer is not None:
            more |= self._photographer.take(visit.id, circumstances.time, visit.picture)
            visit.picture = None
        return more


@contextmanager
def _timed(timings: dict[str, float], stage: str) -> Iterator[None]:
    started = perf_counter()
    yield
    timings[stage] = (perf_counter() - started) * 1e3
