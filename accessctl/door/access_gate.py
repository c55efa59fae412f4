"""What stands between a recognised face and a grant: the plan, company, lockout, a second factor,
and who went which way last.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from accessctl.config import LockoutConfig, PolicyConfig
from accessctl.config.policy import AccessConfig, Factor
from accessctl.domain import Face, Outcome, PersonId, PersonRules, Reason
from accessctl.door.badges import NO_BADGE_DESK, BadgeDesk
from accessctl.door.doorway_gate import NO_DOORWAY, DoorwayDesk
from accessctl.door.second_factor import NO_FACTOR_DESK, FactorDesk
from accessctl.door.staleness import NO_HUB, Staleness
from accessctl.door.visit import Visit
from accessctl.errors import InputError, StoreError
from accessctl.gallery.badges import Badge
from accessctl.policy.access import AccessPlan, Crossing
from accessctl.policy.admit import asked
from accessctl.policy.circumstances import Circumstances, FacePlace, Proof, place
from accessctl.policy.decide import Verdict

log = logging.getLogger(__name__)


class CrossingMemory(Protocol):
    """What the gate asks about who went which way last."""

    @property
    def known(self) -> bool:
        """Whether anything is remembered at all."""

    @property
    def alone(self) -> bool:
        """Whether other doors of the area exist that are not heard of now."""

    def under(self, access: AccessConfig) -> "CrossingMemory": ...

    def last(self, person: PersonId, time: float) -> Crossing | None: ...

    def inside(self, time: float) -> Mapping[PersonId, float]: ...


class NoCrossings:
    """Nobody remembers who went which way."""

    known = alone = False

    def under(self, access: AccessConfig) -> "NoCrossings":
        del access
        return self

    def last(self, person: PersonId, time: float) -> None:
        del person, time

    def inside(self, time: float) -> Mapping[PersonId, float]:
        del time
        raise InputError("This door remembers nobody's way in.")


NO_CROSSINGS = NoCrossings()


def passage_data(
    access: AccessConfig, reason: Reason, *, again: bool, alone: bool = False
) -> Mapping[str, Any]:
    """What a decision's event says of it; `again`: granted although nobody saw them go out,
    `alone`: by what this door knows, for the others of its area were not heard of."""
    if access.direction == "none":
        return {}
    noted = {"passback": True} if again and reason is Reason.MATCHED else {}
    if alone:
        noted["alone"] = True
    return {"direction": access.direction, "area": access.area, **noted}


class Lockouts(Protocol):
    """What the gate asks of policy.lockout_keeper."""

    def remaining_s(self, person: PersonId | None = None) -> float: ...

    def note(self, verdict: Verdict, person: PersonId | None) -> None: ...

    def reconfigure(self, config: LockoutConfig) -> None: ...


class NoLockouts:
    """No attempt is counted, and nobody is locked out."""

    def remaining_s(self, person: PersonId | None = None) -> float:
        del person
        return 0.0

    def note(self, verdict: Verdict, person: PersonId | None) -> None:
        del verdict, person

    def reconfigure(self, config: LockoutConfig) -> None:
        del config


NO_LOCKOUTS = NoLockouts()


class AccessGate:
    """The circumstances of a visit's decision, and the memory of refused attempts."""

    def __init__(
        self,
        access: AccessConfig,
        policy: PolicyConfig,
        lockouts: Lockouts = NO_LOCKOUTS,
        *,
        crossings: CrossingMemory = NO_CROSSINGS,
        second_factor: FactorDesk = NO_FACTOR_DESK,
        doorway: DoorwayDesk = NO_DOORWAY,
        badges: BadgeDesk = NO_BADGE_DESK,
        staleness: Staleness = NO_HUB,
    ) -> None:
        """Without `second_factor` nobody can show one; without `crossings` none are known; without
        `doorway` nothing hangs on the door; without `badges` none are read; without `staleness`
        the people are the door's own."""
        self._access = access
        self._policy = policy
        self._plan = AccessPlan.of(access)
        self._lockouts = lockouts
        self._crossings = crossings
        self.second_factor = second_factor
        self.doorway = doorway
        self.badges = badges
        self._staleness = staleness

    def under(self, access: AccessConfig, policy: PolicyConfig) -> "AccessGate":
        """This gate by another configuration; the two share all that is remembered.

        `take_over` makes it the one that counts.
        """
        return AccessGate(
            access,
            policy,
            self._lockouts,
            crossings=self._crossings.under(access),
            second_factor=self.second_factor,
            doorway=self.doorway,
            badges=self.badges,
            staleness=self._staleness,
        )

    def take_over(self) -> None:
        """From now on refused attempts are counted by this gate's configuration."""
        self._lockouts.reconfigure(self._policy.lockout)

    @property
    def door(self) -> str:
        return self._plan.door

    def circumstances(
        self, visit: Visit, rules: PersonRules, time: float, now: float
    ) -> Circumstances:
        """What counts beside the face at the epoch time, the frame being captured at `now`.

        `rules` are those of the visit's match.
        """
        policy = self._policy
        person = None if visit.pooled is None else visit.pooled.person
        crossing, known = self._crossing(person, time)
        it = Circumstances(
            self._plan,
            time,
            rules,
            locked_out=self._lockouts.remaining_s(person) > 0,
            liveness=visit.life.liveness,
            awaited=self.second_factor.awaited(visit.id, now),
            place=place(
                visit.widths, visit.index, policy.several_faces, policy.several_faces_ratio
            ),
            last_crossing=crossing,
            crossings_known=known,
            intent=visit.life.intent,
            liveness_doubted=visit.life.doubted,
            doorway=self.doorway.objection(rules),
            stale=self._staleness.demand(rules),
        )
        factor = asked(it, policy.second_factor)
        return replace(it, factor=factor, second_factor=self._shown(visit, person, factor, now))

    def inside(self, time: float) -> Mapping[PersonId, float]:
        """Who is inside the door's area at the epoch time, and for how many seconds; from any
        thread. InputError where nobody remembers, StoreError."""
        # One of its own: the loop's follows the log in its thread.
        return self._crossings.under(self._access).inside(time)

    def waiting_badge(self, now: float) -> Badge | None:
        """The badge that waits for a visitor, in a frame captured at `now`."""
        return self.badges.waiting(now, self._policy.badge_s)

    def alone_at_door(self, faces: Sequence[Face]) -> Face | None:
        """The one of the `faces` beside which there are only passers-by; None where there is none,
        or several are at the door."""
        widths, ratio = [face.box.w for face in faces], self._policy.several_faces_ratio
        for index, face in enumerate(faces):
            if place(widths, index, "refuse", ratio) is FacePlace.FREE:
                return face
        return None

    def ask(self, visit: Visit, factor: Factor, now: float) -> None:
        """Nothing but the second factor is missing: from now on the visitor may show it."""
        if visit.pooled is not None:
            limit_s = self._policy.second_factor_s
            self.second_factor.ask(visit.id, visit.pooled.person, factor, now + limit_s)

    def decided(self, visit: str) -> None:
        """An attempt of that visit is over; the visitor may still stand there."""
        self.second_factor.stop_waiting(visit)

    def left(self, visit: str) -> None:
        """The visitor has left."""
        self.second_factor.forget(visit)

    def passage(self, circumstances: Circumstances, verdict: Verdict) -> Mapping[str, Any]:
        """What the decision's event says of the way that the door leads."""
        again = self._plan.passback.noticed(circumstances.last_crossing)
        alone = self._crossings.alone
        return passage_data(self._access, verdict.reason, again=again, alone=alone)

    def _shown(self, visit: Visit, person: PersonId | None, factor: Factor, now: float) -> Proof:
        if factor == "off":
            return Proof.NOT_NEEDED
        if person is None:
            return Proof.MISSING
        return self.second_factor.state_of(visit.id, person, factor, now)

    def _crossing(self, person: PersonId | None, time: float) -> tuple[Crossing | None, bool]:
        if self._access.direction != "in" or person is None:
            return None, True
        if not self._crossings.known:
            return None, False
        try:
            return self._crossings.last(person, time), True
        except StoreError as error:
            log.error("Who went in cannot be read from the event log: %s", error)
            return None, False

    def note(self, verdict: Verdict) -> None:
        # Each wrong PIN was counted when it was entered.
        if verdict.reason is not Reason.SECOND_FACTOR_WRONG:
            match = None if verdict.outcome is Outcome.UNKNOWN else verdict.match
            self._lockouts.note(verdict, None if match is None else match.person)
