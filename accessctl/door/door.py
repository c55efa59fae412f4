"""One frame in, the decisions it brings out."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accessctl.actions.command import Command
from accessctl.domain import Decision, Face, Frame, Outcome, PersonRules, Reason, Sighting
from accessctl.door.access_gate import AccessGate
from accessctl.door.demands import Asked, Prompt, factor_prompt
from accessctl.door.gallery_watch import GalleryWatch
from accessctl.door.liveness_gate import InfraredView
from accessctl.door.presence import is_scenery, meet, told_before
from accessctl.door.recorder import decision_record, prompt_payload, watched_only
from accessctl.door.setup import DoorSetup, LiveSettings
from accessctl.door.visit import FaceView, Step, Visit
from accessctl.policy.admit import decide_visit, lacks_second_factor_only
from accessctl.policy.circumstances import Circumstances, ends_visit, still_refuses
from accessctl.policy.decide import DecisionRules, LastGrants, Verdict

# How often the door looks whether somebody was enrolled or removed meanwhile, seconds.
ROSTER_REFRESH_S = 1.0


class Door:
    """Visits of the faces in view. Time is the capture time of the frames, nothing else.

    `roster` are the people it knows, `gallery` says whether they may be relied on.
    """

    def __init__(self, setup: DoorSetup, settings: LiveSettings) -> None:
        self._setup = setup
        self.roster = setup.roster
        self.gallery = setup.gallery or GalleryWatch(setup.roster, math.inf)
        self._recorder = setup.recorder
        self._liveness = setup.liveness
        self._visits: dict[int, Visit] = {}
        self._asked_beside: list[Asked] = []
        self._grants = LastGrants()
        self._granted_before = dict(setup.granted_before)
        self._refreshed = float("-inf")
        self._acted = self.acting
        self._use(settings)

    def step(self, frame: Frame) -> Step:
        """Look at one frame; decisions are on record and acted on when this returns."""
        timings: dict[str, float] = {}
        started = perf_counter()
        now = frame.captured
        self._refresh(now)
        self._recall(now)
        faces = self._setup.observer.observe(frame)
        # Before a broken track is looked for: what was said of it by now must not be lost.
        self._liveness.hear()
        timings.update(self._setup.observer.timings)
        for visit in meet(self._visits, faces, now, self._setup.new_visit_id):
            self._forget_shown(visit)
        scenery = self._note_scenery(faces)
        visitors = [face for face in faces if face.track not in scenery]
        self._take_back_grants(now)
        self._look_again(visitors, now)
        fresh = [face for face in visitors if face.quality.usable and self._undecided(face)]
        with _timed(timings, "encode"):
            turns = [self._visits[face.track].seen for face in fresh]
            embeddings = self._setup.recogniser.embed_frame(frame.image, fresh, turns)
        with _timed(timings, "match"):
            sightings = self._recognise(frame, fresh, embeddings)
        with _timed(timings, "liveness"):
            refused = self._look_for_life(frame, visitors, sightings)
            asked = self._ask()
        with _timed(timings, "decide"):
            waited_ms = (perf_counter() - started) * 1e3
            ready = [face.track for face in fresh]
            ready += [track for track in refused if track not in ready]
            decisions = [*self._conclude(ready, now, waited_ms), *self._farewells(now, waited_ms)]
            asked += self._ask()
        timings["frame"] = (perf_counter() - started) * 1e3
        views = tuple(self._view_of(face) for face in faces)
        return Step(views, tuple(decisions), timings, asked, len(scenery))

    @property
    def gate(self) -> AccessGate:
        return self._settings.gate

    @property
    def acting(self) -> bool:
        """Whether what this door decides counts; another one acts where it does not."""
        return self._setup.duty is None or self._setup.duty.acting

    @property
    def safe(self) -> Sequence[Command]:
        """What leaves the lock shut, by the configuration that runs."""
        return self._settings.safe

    @property
    def visits(self) -> tuple[Visit, ...]:
        """Those whose visitors have not left."""
        return tuple(self._visits.values())

    def take_over(self, settings: LiveSettings) -> None:
        """Go on with these parts from the next frame; visits and grants stay as they are. But where
        another proof is asked for, whoever is not decided has to show it, too."""
        if settings.wanted.proofs != self._settings.wanted.proofs:
            self.drop_frame()
        self._use(settings)
        settings.gate.take_over()

    def look_through(self, infrared: InfraredView | None) -> None:
        """Another infrared camera, or none, from the next frame on."""
        self._liveness.infrared = infrared

    def drop_frame(self) -> None:
        """The last frame could not be looked at: whoever is not decided is looked at anew, for
        half of what it showed may have been taken in."""
        for track, visit in self._visits.items():
            if visit.verdict is None:
                self._visits[track] = visit.on_another_track()
                self._forget_shown(visit.id)

    def close(self, now: float) -> list[Decision]:
        """End the visits that are still open, as if everybody had left at `now`."""
        return list(self._farewells(now + 2 * self._setup.leave_after_s, 0.0))

    def _use(self, settings: LiveSettings) -> None:
        self._settings = settings
        self._recorder.use(settings.actions, settings.asking)
        self._liveness.wanted = settings.wanted

    def _recall(self, now: float) -> None:
        for person, seconds in self._granted_before.items():
            self._grants.note(person, now - seconds)
        self._granted_before.clear()

    def _refresh(self, now: float) -> None:
        if now - self._refreshed >= ROSTER_REFRESH_S:
            self._refreshed = now
            self.gallery.look(now)
            if self._setup.duty is not None:
                self._setup.duty.look()
            self.gate.doorway.look(acting=self.acting)
        if self.acting and not self._acted:
            self._begin_to_act()

    def _begin_to_act(self) -> None:
        """What was decided while this door watched was neither put on record nor acted on."""
        self._granted_before.update(self._setup.on_duty(self._settings))
        for track, visit in self._visits.items():
            self._forget_shown(visit.id)
            self._visits[track] = visit.from_the_beginning()
        self._acted = True

    def _forget_shown(self, visit: str) -> None:
        self.gate.decided(visit)
        self._liveness.forget(visit)

    def _note_scenery(self, faces: Sequence[Face]) -> set[int]:
        """The tracks of faces that are no visitors; the first time that is put on record."""
        scenery = {face.track for face in faces if is_scenery(face, self._visits[face.track])}
        for track in scenery:
            visit = self._visits[track]
            if visit.verdict is not None and not visit.noted_still and self.acting:
                self._visits[track] = replace(visit, noted_still=True)
                self._recorder.note_scenery(visit.id)
        return scenery

    def _take_back_grants(self, now: float) -> None:
        """Where the lock did not open, whoever still stands there may be let in anew."""
        for failed in self._recorder.failed_entries():
            if failed.person is not None:
                self._grants.take_back(failed.person)
            for track, visit in self._visits.items():
                if visit.id == failed.visit and visit.final:
                    self._visits[track] = self._resting(visit, now)
                elif visit.after is not None and visit.after.id == failed.visit:
                    anew = replace(visit, after=None)
                    self._visits[track] = anew.again() if visit.verdict is not None else anew

    def _look_again(self, faces: Sequence[Face], now: float) -> None:
        """Begin the next attempt of those who were refused for a cause that has passed."""
        for face in faces:
            visit = self._visits[face.track]
            if visit.verdict is None or now < visit.rests_until:
                continue
            if self._still_refused(visit, visit.verdict.reason, now):
                self._visits[face.track] = self._resting(visit, now)
            else:
                self._visits[face.track] = visit.again()

    def _still_refused(self, visit: Visit, reason: Reason, now: float) -> bool:
        it = self._circumstances(visit, self._setup.wall_clock(), now)
        return still_refuses(reason, it, self.roster.matcher.people)

    def _resting(self, visit: Visit, now: float) -> Visit:
        """The decided visit, which may be looked at again after a pause, unless it was often."""
        policy = self._settings.policy
        spent = visit.attempt >= policy.attempts
        return replace(visit, rests_until=math.inf if spent else now + policy.retry_s)

    def _undecided(self, face: Face) -> bool:
        return self._visits[face.track].verdict is None

    def _recognise(
        self, frame: Frame, faces: Sequence[Face], embeddings: NDArray[np.float32]
    ) -> dict[int, Sighting]:
        """What the frame says of the identity of these faces, by their tracks."""
        search = self.roster.matcher.search
        sightings = {}
        for face, embedding in zip(faces, embeddings, strict=True):
            quality = face.quality.score
            sighting = Sighting(frame.captured, embedding, quality, search(embedding))
            sightings[face.track] = sighting
            visit = self._visits[face.track].with_sighting(
                sighting, self._settings.policy.window_s, search
            )
            picture = self._settings.pictures.cut(frame.image, face)
            self._visits[face.track] = replace(visit, picture=picture)
        return sightings

    def _look_for_life(
        self, frame: Frame, faces: Sequence[Face], sightings: Mapping[int, Sighting]
    ) -> list[int]:
        """Look for life in whoever is not decided; the tracks that may be refused for it."""
        self._liveness.hear()
        undecided = [face for face in faces if self._undecided(face)]
        self._liveness.look_beside(frame, faces, {face.track for face in undecided})
        rules = self._rules()
        refused = []
        for face in undecided:
            visit = self._visits[face.track]
            life = self._liveness.see(frame, face, visit, sightings.get(face.track), rules)
            self._visits[face.track] = replace(visit, life=life)
            if life.newly_refuses(visit.life):
                refused.append(face.track)
        return refused

    def _ask(self) -> tuple[Asked, ...]:
        asked = (*self._asked_beside, *self._liveness.asked())
        self._asked_beside.clear()
        for one in asked if self.acting else ():
            prompt, time = one.prompt, self._setup.wall_clock()
            self._recorder.ask(
                prompt_payload(one.visit, prompt.text, prompt.ask, prompt.step, prompt.steps, time)
            )
        return asked

    def _conclude(self, tracks: Sequence[int], now: float, waited_ms: float) -> Iterator[Decision]:
        for track in tracks:
            self._visits[track], decision = self._decide(self._visits[track], now, waited_ms)
            if decision is not None:
                yield decision

    def _farewells(self, now: float, waited_ms: float) -> Iterator[Decision]:
        leave_after_s = self._setup.leave_after_s
        gone = [t for t, v in self._visits.items() if now - v.last_seen > leave_after_s]
        visits = [self._visits.pop(track) for track in gone]
        for visit in visits:
            if visit.verdict is None:
                # As of when they were there: a cooldown that ended since was one.
                _, decision = self._decide(visit, visit.last_seen, waited_ms, left=True)
                if decision is not None:
                    yield decision
        for visit in visits:
            self._over(visit)
            self.gate.left(visit.id)

    def _decide(
        self, visit: Visit, now: float, waited_ms: float, *, left: bool = False
    ) -> tuple[Visit, Decision | None]:
        """The visit after one more attempt at a decision, and the decision, if there is one."""
        evidence, pooled = visit.evidence(left=left), visit.pooled
        last_grant = None if pooled is None else self._grants.last(pooled.person)
        time, rules = self._setup.wall_clock(), self._rules()
        circumstances = self._circumstances(visit, time, now)
        verdict = decide_visit(evidence, rules, last_grant, now, circumstances)
        if verdict is None:
            lacks = lacks_second_factor_only(evidence, rules, last_grant, now, circumstances)
            if lacks and self.acting:
                self.gate.ask(visit, circumstances.factor, now)
                circumstances = replace(circumstances, awaited=True)
            return self._told(visit, factor_prompt(circumstances)), None
        nothing_new = verdict.outcome is Outcome.UNKNOWN and visit.life.unanswered is None
        if left and visit.attempt > 1 and nothing_new:
            # They were told before, and have shown nothing since.
            return visit, None
        fmr = self._settings.policy.target_fmr
        told = told_before(visit, verdict, self.roster.matcher, fmr)
        if told is not None:
            return self._over(replace(visit, verdict=told)), None
        visit = self._decided(visit, verdict, now)
        named = verdict.match is not None and verdict.outcome is not Outcome.UNKNOWN
        decision = Decision(
            time=time,
            visit=visit.id,
            outcome=verdict.outcome,
            reason=verdict.reason,
            person=verdict.match.person if verdict.match is not None and named else None,
            match=verdict.match,
            frames=visit.seen,
            latency_ms=(now - evidence.since) * 1e3 + waited_ms,
            attempt=visit.attempt,
            attempts_left=0 if visit.final else self._settings.policy.attempts - visit.attempt,
        )
        record = decision_record(
            visit,
            verdict,
            evidence,
            circumstances,
            now=now,
            last_grant=last_grant,
            people=self.roster.matcher.people,
            gesture=self._settings.policy.intent,
        )
        record |= self.gate.passage(circumstances, verdict)
        return self._settle(visit, verdict, decision, record, now)

    def _decided(self, visit: Visit, verdict: Verdict, now: float) -> Visit:
        """The visit whose attempt has come to `verdict`."""
        final = ends_visit(verdict, doubted=visit.life.doubted)
        visit = self._over(replace(visit, verdict=verdict))
        return visit if final else self._resting(visit, now)

    def _known(self, visit: Visit) -> PersonRules:
        """The rules of whom the visit looks like."""
        if visit.pooled is None:
            return PersonRules()
        return self.roster.rules.get(visit.pooled.person, PersonRules())

    def _settle(
        self,
        visit: Visit,
        verdict: Verdict,
        decision: Decision,
        record: Mapping[str, Any],
        now: float,
    ) -> tuple[Visit, Decision]:
        """Write the decision down and act on it; without its record it is a refusal.

        Where another door acts, it is neither, and nobody is let in.
        """
        picture, visit = visit.picture, replace(visit, picture=None)
        if not self.acting:
            return watched_only(visit, verdict, decision)
        kept = self._settings.pictures.take(visit.id, decision.time, picture)
        recorded = self._recorder.enact(decision, self.roster.names, {**record, **kept})
        if verdict.outcome is Outcome.GRANTED:
            if recorded:
                self.gate.note(verdict)
        else:
            visit, counted = visit.charge(verdict)
            if counted is not None:
                self.gate.note(counted)
        if not recorded:
            decision = replace(decision, outcome=Outcome.DENIED, reason=Reason.NO_RECORD)
            refused = Verdict(decision.outcome, decision.reason, decision.match)
            # What is not on record is no attempt.
            visit = replace(visit, verdict=refused, attempt=visit.attempt - 1)
            return self._resting(visit, now), decision
        if decision.outcome is Outcome.GRANTED and decision.person is not None:
            self._grants.note(decision.person, now)
        return visit, decision

    def _circumstances(self, visit: Visit, time: float, now: float) -> Circumstances:
        it = self.gate.circumstances(visit, self._known(visit), time, now)
        return replace(it, gallery_doubt=self.gallery.doubt(now))

    def _rules(self) -> DecisionRules:
        return DecisionRules.of(self._settings.policy, self.roster.attempt_fmr)

    def _told(self, visit: Visit, prompt: Prompt | None) -> Visit:
        """The visit whose visitor is now asked for a second factor, or for none."""
        if prompt is not None and prompt.steps and prompt != visit.factor_prompt:
            self._asked_beside.append(Asked(visit.id, prompt))
        return replace(visit, factor_prompt=prompt)

    def _over(self, visit: Visit) -> Visit:
        """The attempt is decided, or its visitor has left."""
        self._forget_shown(visit.id)
        return visit.over()

    def _view_of(self, face: Face) -> FaceView:
        visit = self._visits[face.track]
        return FaceView(face, visit.id, visit.pooled, visit.verdict, visit.prompt, visit.gathered)


@contextmanager
def _timed(timings: dict[str, float], stage: str) -> Iterator[None]:
    """Puts into `timings` how long the block took, in milliseconds."""
    started = perf_counter()
    yield
    timings[stage] = (perf_counter() - started) * 1e3
