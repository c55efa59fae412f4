"""What an attempt comes to: its verdict, the record of it, what is counted and acted on, and when
the visitor may try again.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from accessctl.domain import Decision, Outcome, PersonId, PersonRules, Reason
from accessctl.door.access_gate import AccessGate
from accessctl.door.demands import Asked, Prompt, badge_prompt, factor_prompt
from accessctl.door.gallery_watch import GalleryWatch
from accessctl.door.presence import told_before
from accessctl.door.recorder import decision_record, watched_only
from accessctl.door.setup import DoorSetup, LiveSettings
from accessctl.door.visit import Judged, Visit
from accessctl.policy.admit import decide_visit, lacks_second_factor_only
from accessctl.policy.circumstances import Circumstances, ends_visit, still_refuses
from accessctl.policy.decide import DecisionRules, LastGrants, Naming, Verdict


class Decider:
    """Decides on visits by the `settings` that count, which may be replaced at any time.

    `grants` are the last ones of each person; `asked` is what visitors are to be asked for beside
    the signs of life, and `acted_on` are the decided visits whose decision was handed on to be
    recorded and acted on: whatever fails after that, they must not be decided on again. Times are
    capture times in seconds.
    """

    def __init__(self, setup: DoorSetup, gallery: GalleryWatch, settings: LiveSettings) -> None:
        self._setup = setup
        self._gallery = gallery
        self.settings = settings
        self.grants = LastGrants()
        self.asked: list[Asked] = []
        self.acted_on: dict[str, Visit] = {}

    @property
    def gate(self) -> AccessGate:
        return self.settings.gate

    @property
    def acting(self) -> bool:
        """Whether what is decided counts; another door acts where it does not."""
        return self._setup.duty is None or self._setup.duty.acting

    def rules(self, visit: Visit) -> DecisionRules:
        """By what that visit is decided now."""
        policy = self.settings.policy
        searched = self._setup.roster.attempt_fmr
        return DecisionRules.of(policy, searched if visit.claim is None else policy.claimed_fmr)

    def _naming(self, visit: Visit) -> Naming:
        if visit.claim is not None:
            return Naming.CLAIMED
        unclaimed = self._setup.roster.badge_required
        return Naming.UNCLAIMED if unclaimed else Naming.SEARCHED

    @property
    def _people(self) -> int:
        return self._setup.roster.matcher.people

    def next_attempt(self, visit: Visit, now: float, *, claimed: bool = False) -> Visit:
        """A decided visit that is not final, by now: in its pause, in its next attempt, or final
        after all because of what the cues have said since. `claimed`: a badge was read for it;
        where one is required, no attempt is spent before."""
        verdict = visit.verdict
        if verdict is None:
            return visit
        undecided = verdict.reason is Reason.LIVENESS_UNDECIDED
        if undecided and visit.life.attacked:
            # Without a pause: what the cues saw too late is refused as the attack that it is.
            return visit.again()
        if undecided and ends_visit(verdict, doubted=visit.life.doubted):
            return replace(visit, rests_until=math.inf)
        if claimed and verdict.reason is Reason.BADGE_REQUIRED:
            # What they were refused for has passed.
            return visit.again()
        if now < visit.rests_until or (self._setup.roster.badge_required and not claimed):
            return visit
        it = self._circumstances(visit, self._setup.wall_clock(), now)
        if still_refuses(verdict.reason, it, self._people):
            return self.resting(visit, now)
        return visit.again()

    def resting(self, visit: Visit, now: float) -> Visit:
        """The decided visit, which may be looked at again after a pause, unless it was often."""
        policy = self.settings.policy
        spent = visit.attempt >= policy.attempts
        return replace(visit, rests_until=math.inf if spent else now + policy.retry_s)

    def judged(self, visit: Visit, now: float, *, left: bool = False) -> Judged:
        """What the policy says of the visit now; `left`: of one whose visitor is gone."""
        evidence = visit.evidence(left=left, naming=self._naming(visit))
        last_grant = None if visit.pooled is None else self.grants.last(visit.pooled.person)
        it = self._circumstances(visit, self._setup.wall_clock(), now)
        verdict = decide_visit(evidence, self.rules(visit), last_grant, now, it)
        return Judged(evidence, last_grant, it, verdict)

    def decide(
        self, visit: Visit, judged: Judged, now: float, waited_ms: float
    ) -> tuple[Visit, Decision | None]:
        """The visit after one more attempt at a decision, and the decision, if there is one."""
        evidence, circumstances, verdict = judged.evidence, judged.circumstances, judged.verdict
        if verdict is None:
            rules, last_grant = self.rules(visit), judged.last_grant
            lacks = lacks_second_factor_only(evidence, rules, last_grant, now, circumstances)
            if lacks and self.acting:
                self.gate.ask(visit, circumstances.factor, now)
                circumstances = replace(circumstances, awaited=True)
            wanted = factor_prompt(circumstances) or badge_prompt(evidence, rules.min_frames)
            return self._told(visit, wanted), None
        nothing_new = verdict.outcome is Outcome.UNKNOWN and visit.life.unanswered is None
        if evidence.left and visit.attempt > 1 and nothing_new:
            # They were told before, and have shown nothing since.
            return visit, None
        fmr = self.settings.policy.target_fmr
        told = told_before(visit, verdict, self._setup.roster.matcher, fmr)
        if told is not None:
            return self.over(replace(visit, verdict=told)), None
        visit = self._decided(visit, verdict, now)
        named = verdict.match is not None and verdict.outcome is not Outcome.UNKNOWN
        decision = Decision(
            time=circumstances.time,
            visit=visit.id,
            outcome=verdict.outcome,
            reason=verdict.reason,
            person=verdict.match.person if verdict.match is not None and named else None,
            match=verdict.match,
            frames=visit.seen,
            latency_ms=(now - evidence.since) * 1e3 + waited_ms,
            attempt=visit.attempt,
            attempts_left=0 if visit.final else self.settings.policy.attempts - visit.attempt,
        )
        record = decision_record(
            visit,
            verdict,
            evidence,
            circumstances,
            now=now,
            last_grant=judged.last_grant,
            people=self._people,
            gesture=self.settings.policy.intent,
            rules=self.rules(visit),
        )
        record |= {**self.gate.passage(circumstances, verdict), **visit.viewing.to_data()}
        return self._settle(visit, verdict, decision, record, now)

    def farewell(self, visit: Visit, waited_ms: float) -> Iterator[Decision]:
        """What a visit comes to whose visitor has left; nobody is let in by it.

        What was broken off before counts where it was refused to somebody, and for the record
        where the visit comes to nothing else.
        """
        attempt, charged = visit.attempt + (visit.verdict is not None), visit.charged
        for stretch in self._left_over(visit):
            left = replace(stretch, attempt=attempt, charged=charged)
            # As of when they were there: a cooldown that ended since was one.
            judged = self.judged(left, left.last_seen, left=True)
            left, decision = self.decide(left, judged, left.last_seen, waited_ms)
            if decision is not None:
                attempt, charged = attempt + 1, left.charged
                yield decision

    def _left_over(self, visit: Visit) -> list[Visit]:
        """What is to be decided of a visit whose visitor has left, of each person once."""
        is_over = visit.verdict is not None or visit.held
        open_ones = visit.broken_off if is_over else (visit, *visit.broken_off)
        judged = [(one, self.judged(one, one.last_seen, left=True).verdict) for one in open_ones]
        told = [(one, verdict) for one, verdict in judged if verdict is not None]
        refused: dict[PersonId | None, Visit] = {}
        for one, verdict in told:
            if verdict.outcome is Outcome.DENIED:
                refused.setdefault(one.best_match, one)
        if refused or is_over:
            return list(refused.values())
        told.sort(key=lambda one: one[1].reason is Reason.LEFT_EARLY)
        return [one for one, _ in told[:1]]

    def _decided(self, visit: Visit, verdict: Verdict, now: float) -> Visit:
        """The visit whose attempt has come to `verdict`."""
        final = ends_visit(verdict, doubted=visit.life.doubted)
        told = None if verdict.outcome is Outcome.UNKNOWN else visit.best_match
        others = tuple(one for one in visit.broken_off if told is None or one.best_match != told)
        visit = self.over(replace(visit, verdict=verdict, broken_off=others))
        return visit if final else self.resting(visit, now)

    def _known(self, visit: Visit) -> PersonRules:
        """The rules of whom the visit looks like."""
        if visit.pooled is None:
            return PersonRules()
        return self._setup.roster.rules.get(visit.pooled.person, PersonRules())

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
        kept = self.settings.pictures.take(visit.id, decision.time, picture)
        self.acted_on[visit.id] = visit
        recorded = self._setup.recorder.enact(
            decision, self._setup.roster.names, {**record, **kept}
        )
        if verdict.outcome is Outcome.GRANTED:
            if recorded:
                if decision.person is not None:
                    self.grants.note(decision.person, now)
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
            return self.resting(visit, now), decision
        return visit, decision

    def _circumstances(self, visit: Visit, time: float, now: float) -> Circumstances:
        it = self.gate.circumstances(visit, self._known(visit), time, now)
        return replace(it, gallery_doubt=self._gallery.doubt(now))

    def _told(self, visit: Visit, prompt: Prompt | None) -> Visit:
        """The visit whose visitor is now asked for a second factor or a badge, or for nothing."""
        if prompt is not None and prompt.steps and prompt != visit.factor_prompt:
            self.asked.append(Asked(visit.id, prompt))
        return replace(visit, factor_prompt=prompt)

    def over(self, visit: Visit) -> Visit:
        """The attempt is decided, or its visitor has left."""
        self.forget_shown(visit.id)
        return visit.over()

    def forget_shown(self, visit: str) -> None:
        """What that visit has shown does not count any more."""
        self.gate.decided(visit)
        self._setup.liveness.forget(visit)
