"""What stands between a recognised face and a grant: the plan, company, lockout, a second factor,
and who went which way last.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from accessctl.administration.crossings import Crossings
from accessctl.config import LockoutConfig, PolicyConfig
from accessctl.config.policy import AccessConfig, Factor
from accessctl.domain import Outcome, PersonId, PersonRules, Reason
from accessctl.door.second_factor import SecondFactor
from accessctl.door.visit import Visit
from accessctl.errors import StoreError
from accessctl.policy.access import AccessPlan, Crossing
from accessctl.policy.admit import asked
from accessctl.policy.circumstances import Circumstances, Proof, place
from accessctl.policy.decide import Verdict

log = logging.getLogger(__name__)


def passage_data(access: AccessConfig, reason: Reason, *, again: bool) -> Mapping[str, Any]:
    """What a decision's event says of it; `again`: granted although nobody saw them go out."""
    if access.direction == "none":
        return {}
    noted = {"passback": True} if again and reason is Reason.MATCHED else {}
    return {"direction": access.direction, "area": access.area, **noted}


class Lockouts(Protocol):
    """What the gate asks of policy.lockout_keeper."""

    def remaining_s(self, person: PersonId | None = None) -> float: ...

    def note(self, verdict: Verdict, person: PersonId | None) -> None: ...

    def reconfigure(self, config: LockoutConfig) -> None: ...


class AccessGate:
    """The circumstances of a visit's decision, and the memory of refused attempts."""

    def __init__(
        self,
        access: AccessConfig,
        policy: PolicyConfig,
        lockouts: Lockouts | None = None,
        *,
        crossings: Crossings | None = None,
        second_factor: SecondFactor | None = None,
    ) -> None:
        """Without `second_factor` nobody can show one; without `crossings` none are known."""
        self._access = access
        self._policy = policy
        self._plan = AccessPlan.of(access)
        self._lockouts = lockouts
        self._crossings = crossings
        self.second_factor = second_factor

    def under(self, access: AccessConfig, policy: PolicyConfig) -> "AccessGate":
        """This gate by another configuration; the two share all that is remembered.

        `take_over` makes it the one that counts.
        """
        return AccessGate(
            access,
            policy,
            self._lockouts,
            crossings=None if self._crossings is None else self._crossings.under(access),
            second_factor=self.second_factor,
        )

    def take_over(self) -> None:
        """From now on refused attempts are counted by this gate's configuration."""
        if self._lockouts is not None:
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
            locked_out=self._lockouts is not None and self._lockouts.remaining_s(person) > 0,
            liveness=visit.life.liveness,
            awaited=self.second_factor is not None and self.second_factor.awaited(visit.id, now),
            place=place(
                visit.widths, visit.index, policy.several_faces, policy.several_faces_ratio
            ),
            last_crossing=crossing,
            crossings_known=known,
            intent=visit.life.intent,
            liveness_doubted=visit.life.doubted,
        )
        factor = asked(it, policy.second_factor)
        return replace(it, factor=factor, second_factor=self._shown(visit, person, factor, now))

    def ask(self, visit: Visit, factor: Factor, now: float) -> None:
        """Nothing but the second factor is missing: from now on the visitor may show it."""
        if self.second_factor is not None and visit.pooled is not None:
            limit_s = self._policy.second_factor_s
            self.second_factor.ask(visit.id, visit.pooled.person, factor, now + limit_s)

    def decided(self, visit: str) -> None:
        """An attempt of that visit is over; the visitor may still stand there."""
        if self.second_factor is not None:
            self.second_factor.stop_waiting(visit)

    def left(self, visit: str) -> None:
        """The visitor has left."""
        if self.second_factor is not None:
            self.second_factor.forget(visit)

    def passage(self, circumstances: Circumstances, verdict: Verdict) -> Mapping[str, Any]:
        """What the decision's event says of the way that the door leads."""
        again = self._plan.passback.noticed(circumstances.last_crossing)
        return passage_data(self._access, verdict.reason, again=again)

    def _shown(self, visit: Visit, person: PersonId | None, factor: Factor, now: float) -> Proof:
        if factor == "off":
            return Proof.NOT_NEEDED
        if self.second_factor is None or person is None:
            return Proof.MISSING
        return self.second_factor.state_of(visit.id, person, factor, now)

    def _crossing(self, person: PersonId | None, time: float) -> tuple[Crossing | None, bool]:
        if self._access.direction != "in" or person is None:
            return None, True
        if self._crossings is None:
            return None, False
        try:
            return self._crossings.last(person, time), True
        except StoreError as error:
            log.error("Who went in cannot be read from the event log: %s", error)
            return None, False

    def note(self, verdict: Verdict) -> None:
        # Each wrong PIN was counted when it was entered.
        if self._lockouts is not None and verdict.reason is not Reason.SECOND_FACTOR_WRONG:
            match = None if verdict.outcome is Outcome.UNKNOWN else verdict.match
            self._lockouts.note(verdict, None if match is None else match.person)
