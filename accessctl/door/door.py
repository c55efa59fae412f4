"""One frame in, the decisions it brings out."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from time import perf_counter

from accessctl.actions.command import Command
from accessctl.camera.light import brightness
from accessctl.domain import Decision, Face, Frame, Outcome, PersonId
from accessctl.door.access_gate import AccessGate
from accessctl.door.deciding import Decider
from accessctl.door.demands import Asked
from accessctl.door.gallery_watch import GalleryWatch
from accessctl.door.identity import Identifier, ShownIdentity
from accessctl.door.liveness_gate import InfraredView
from accessctl.door.presence import JOIN_S, is_scenery, meet
from accessctl.door.recorder import prompt_payload
from accessctl.door.setup import DoorSetup, LiveSettings
from accessctl.door.visit import FaceView, Step, Visit, timed

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
        self._before: dict[int, Visit] = {}
        self._looked = float("-inf")
        self._granted_before = dict(setup.granted_before)
        self._refreshed = float("-inf")
        self._enrolling = False
        self._decider = Decider(setup, self.gallery, settings)
        self._acted = self.acting
        self._use(settings)

    def step(self, frame: Frame) -> Step:
        """Look at one frame; decisions are on record and acted on when this returns."""
        timings = {"encode": 0.0, "match": 0.0}
        started = perf_counter()
        now = frame.captured
        self._before = dict(self._visits)
        self._decider.acted_on.clear()
        self._refresh(now)
        self._recall(now)
        faces = self._setup.observer.observe(frame)
        # Before a broken track is looked for: what was said of it by now must not be lost.
        self._liveness.hear()
        timings.update(self._setup.observer.timings)
        for visit in meet(self._visits, faces, now, self._setup.new_visit_id):
            self._decider.forget_shown(visit)
        scenery = self._note_scenery(faces, now)
        visitors = self._not_held([face for face in faces if face.track not in scenery])
        self._take_back_grants(now)
        if not self._enrolling:
            self._hear_badge(visitors, now)
            self._look_again(visitors, now)
        undecided = [face for face in visitors if self._undecided(face)]
        self._note_viewing(frame, undecided)
        fresh = [face for face in undecided if face.quality.usable]
        self._count(frame, fresh)
        shown = self._identify(frame, fresh, timings)
        with timed(timings, "liveness"):
            refused = self._look_for_life(frame, visitors, shown)
            asked = self._ask()
        with timed(timings, "decide"):
            waited_ms = (perf_counter() - started) * 1e3
            ready = [face.track for face in fresh]
            ready += [track for track in refused if track not in ready]
            repeating = {face.track: face for face in fresh if shown[face.track].repeated}
            decisions = [*self._conclude(frame, ready, repeating, waited_ms)]
            decisions += self._farewells(now, waited_ms)
            asked += self._ask()
        self._looked = now
        timings["frame"] = (perf_counter() - started) * 1e3
        views = tuple(self._view_of(face) for face in faces)
        return Step(views, tuple(decisions), timings, asked, len(scenery))

    @property
    def gate(self) -> AccessGate:
        return self._decider.gate

    @property
    def acting(self) -> bool:
        """Whether what this door decides counts; another one acts where it does not."""
        return self._decider.acting

    @property
    def safe(self) -> Sequence[Command]:
        """What leaves the lock shut, by the configuration that runs."""
        return self._decider.settings.safe

    @property
    def visits(self) -> tuple[Visit, ...]:
        """Those whose visitors have not left."""
        return tuple(self._visits.values())

    def hold_off(self, *, on: bool) -> None:
        """Whether somebody is enrolled at this door from the next frame on. Then nothing is decided
        of whoever is there, granted or refused, until they have left; but what was decided for good
        stands, and whoever owes an answer about life is still decided on."""
        self._enrolling = on

    def take_over(self, settings: LiveSettings) -> None:
        """Go on with these parts from the next frame; visits and grants stay as they are. But where
        another proof is asked for, whoever is not decided has to show it, too."""
        if settings.wanted.proofs != self._decider.settings.wanted.proofs:
            # By rules that do not hold any more nothing is decided.
            self._look_anew(Visit.by_other_rules)
        self._use(settings)
        settings.gate.take_over()

    def look_through(self, infrared: InfraredView | None) -> None:
        """Another infrared camera, or none, from the next frame on."""
        self._liveness.infrared = infrared

    def drop_frame(self, captured: float) -> None:
        """The frame of that time could not be looked at: of what it showed nothing counts, and what
        was decided in it stands. Where none could for long, the faces may have changed meanwhile,
        and whoever is not decided is looked at anew."""
        for track, visit in self._visits.items():
            if visit.verdict is None:
                kept = self._decider.acted_on.get(visit.id)
                self._visits[track] = kept or self._before.get(track, visit)
        if not 0 <= captured - self._looked <= JOIN_S:
            self._look_anew(Visit.on_another_track)

    def _look_anew(self, anew: Callable[[Visit], Visit]) -> None:
        """Whatever is to count for whoever is not decided has to be seen anew."""
        for track, visit in self._visits.items():
            if visit.verdict is None:
                self._visits[track] = anew(visit)
                self._decider.forget_shown(visit.id)

    def close(self, now: float) -> list[Decision]:
        """End the visits that are still open, as if everybody had left at `now`."""
        return list(self._farewells(now + 2 * self._setup.leave_after_s, 0.0))

    def _use(self, settings: LiveSettings) -> None:
        self._decider.settings = settings
        self._recorder.use(settings.actions, settings.asking)
        self._liveness.wanted = settings.wanted

    def _recall(self, now: float) -> None:
        for person, seconds in self._granted_before.items():
            self._decider.grants.note(person, now - seconds)
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
        self._granted_before.update(self._setup.on_duty(self._decider.settings))
        for track, visit in self._visits.items():
            self._decider.forget_shown(visit.id)
            self._visits[track] = visit.from_the_beginning()
        self._acted = True

    def _note_scenery(self, faces: Sequence[Face], now: float) -> set[int]:
        """The tracks of faces that are no visitors; the first time that is put on record."""
        visits = self._visits
        scenery = {f.track for f in faces if is_scenery(f, visits[f.track], now)}
        for track in scenery:
            visit = visits[track]
            # Of what stood there before the visit it was put on record then.
            new = visit.verdict is not None or not visit.still_at_first
            if new and not visit.noted_still and self.acting:
                visits[track] = replace(visit, noted_still=True)
                self._recorder.note_scenery(visit.id)
        return scenery

    def _not_held(self, faces: Sequence[Face]) -> list[Face]:
        """Those of these visitors of whom something may be decided; who comes to be held off while
        somebody is enrolled, has shown nothing."""
        for face in faces:
            visit = self._visits[face.track]
            owes = visit.verdict is None and visit.life.owes
            if self._enrolling and not (visit.held or visit.final or owes):
                self._visits[face.track] = visit.held_off()
                self._decider.forget_shown(visit.id)
        return [face for face in faces if not self._visits[face.track].held]

    def _take_back_grants(self, now: float) -> None:
        """Where the lock did not open, whoever still stands there may be let in anew."""
        for failed in self._recorder.failed_entries():
            if failed.person is not None:
                self._decider.grants.take_back(failed.person)
            for track, visit in self._visits.items():
                if visit.id == failed.visit and visit.final:
                    self._visits[track] = self._decider.resting(visit, now)
                elif visit.after is not None and visit.after.id == failed.visit:
                    anew = replace(visit, after=None)
                    self._visits[track] = anew.again() if visit.verdict is not None else anew

    def _look_again(self, faces: Sequence[Face], now: float) -> None:
        """Begin the next attempt of those who were refused for a cause that has passed."""
        for face in faces:
            visit = self._visits[face.track]
            if visit.verdict is not None and not visit.final:
                self._visits[face.track] = self._decider.next_attempt(visit, now)

    def _hear_badge(self, faces: Sequence[Face], now: float) -> None:
        """Whoever is at the door alone is from now on compared with whose badge was read."""
        badge = self.gate.waiting_badge(now) if self.acting else None
        if badge is None:
            return
        if any(_was_let_in(visit, badge.person) for visit in self._visits.values()):
            # Read once more, or late: who comes next has nothing to do with it.
            self.gate.badges.take(badge)
            return
        # Whoever nothing is decided of any more has no use for one.
        face = self.gate.alone_at_door([one for one in faces if not self._visits[one.track].final])
        if face is None:
            return
        visit = self._visits[face.track]
        if visit.verdict is not None and not visit.final:
            visit = self._decider.next_attempt(visit, now, claimed=True)
        if visit.verdict is None and visit.claim is None:
            self.gate.badges.take(badge)
            visit = self._identifier.claimed(visit, badge)
        self._visits[face.track] = visit

    def _undecided(self, face: Face) -> bool:
        return self._visits[face.track].verdict is None

    def _note_viewing(self, frame: Frame, faces: Sequence[Face]) -> None:
        light = brightness(frame.image) if faces else 0.0
        for face in faces:
            visit = self._visits[face.track]
            viewing = visit.viewing.with_frame(light, face.quality, frame.age_s)
            self._visits[face.track] = replace(visit, viewing=viewing)

    def _count(self, frame: Frame, fresh: Sequence[Face]) -> None:
        """Each of these faces has one more usable frame."""
        pictures = self._decider.settings.pictures
        for face in fresh:
            visit = self._visits[face.track].usable(frame.captured)
            picture = pictures.cut(frame.image, face)
            self._visits[face.track] = replace(visit, picture=picture)

    def _identify(
        self, frame: Frame, faces: Sequence[Face], timings: dict[str, float], *, whole: bool = False
    ) -> dict[int, ShownIdentity]:
        """What the frame says of the identity of these usable faces, by their tracks."""
        shown = {}
        found = self._identifier.identify(frame, faces, self._visits, timings, whole=whole)
        for track, one in found.items():
            self._visits[track], shown[track] = one.visit, one.shown
        return shown

    @property
    def _identifier(self) -> Identifier:
        policy = self._decider.settings.policy
        counts = self.gate.badges.counts
        return Identifier(self._setup.recogniser, self.roster, policy, counts)

    def _look_for_life(
        self, frame: Frame, faces: Sequence[Face], shown: Mapping[int, ShownIdentity]
    ) -> list[int]:
        """Look for life in whoever is not decided; the tracks that may be refused for it."""
        self._liveness.hear()
        undecided = [face for face in faces if self._undecided(face)]
        self._liveness.look_beside(frame, faces, {face.track for face in undecided})
        refused = []
        for face in undecided:
            visit = self._visits[face.track]
            rules = self._decider.rules(visit)
            life = self._liveness.see(frame, face, visit, shown.get(face.track), rules)
            self._visits[face.track] = replace(visit, life=life)
            if life.newly_refuses(visit.life):
                refused.append(face.track)
        return refused

    def _ask(self) -> tuple[Asked, ...]:
        asked = (*self._decider.asked, *self._liveness.asked())
        self._decider.asked.clear()
        for one in asked if self.acting else ():
            prompt, time = one.prompt, self._setup.wall_clock()
            self._recorder.ask(
                prompt_payload(one.visit, prompt.text, prompt.ask, prompt.step, prompt.steps, time)
            )
        return asked

    def _conclude(
        self, frame: Frame, tracks: Sequence[int], repeating: Mapping[int, Face], waited_ms: float
    ) -> Iterator[Decision]:
        """Decide on the visits of `tracks`. Of `repeating` faces the frame has not been encoded:
        it is before anybody is granted on it."""
        now = frame.captured
        for track in tracks:
            visit = self._visits[track]
            judged = self._decider.judged(visit, now)
            if track in repeating and judged.grants:
                self._identify(frame, [repeating[track]], {}, whole=True)
                visit = self._visits[track]
                judged = self._decider.judged(visit, now)
            self._visits[track], decision = self._decider.decide(visit, judged, now, waited_ms)
            if decision is not None:
                yield decision

    def _farewells(self, now: float, waited_ms: float) -> Iterator[Decision]:
        leave_after_s = self._setup.leave_after_s
        gone = [t for t, v in self._visits.items() if now - v.last_seen > leave_after_s]
        for track in gone:
            # One by one: where one of them fails, the others are decided with the next frame.
            visit = self._visits.pop(track)
            yield from self._decider.farewell(visit, waited_ms)
            self._decider.over(visit)
            self.gate.left(visit.id)
            self._liveness.left(visit.id)

    def _view_of(self, face: Face) -> FaceView:
        visit = self._visits[face.track]
        claimed = None if visit.claim is None else visit.claim.person
        return FaceView(
            face,
            visit.id,
            visit.pooled,
            visit.verdict,
            visit.prompt,
            visit.gathered,
            claimed,
            visit.held,
        )


def _was_let_in(visit: Visit, person: PersonId) -> bool:
    """Whether the visit of somebody who is still there has ended with a grant to that person."""
    verdict = visit.verdict
    if verdict is None or verdict.outcome is not Outcome.GRANTED or verdict.match is None:
        return False
    return verdict.match.person == person
