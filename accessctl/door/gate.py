"""What stands between a recognised face and a grant: the plan, company, lockout."""

from typing import Literal, Protocol

from accessctl.config import LockoutConfig, PolicyConfig
from accessctl.config_access import AccessConfig
from accessctl.domain import PersonRules
from accessctl.door.visit import Visit
from accessctl.policy.access import AccessPlan
from accessctl.policy.admit import Circumstances
from accessctl.policy.crowd import place
from accessctl.policy.evidence import Verdict


class Lockouts(Protocol):
    """What the gate asks of policy.lockout_keeper."""

    def remaining_s(self) -> float: ...

    def note(self, verdict: Verdict) -> None: ...

    def under(self, config: LockoutConfig) -> "Lockouts": ...


class Gate:
    """The circumstances of a visit's decision, and the memory of refused attempts."""

    def __init__(
        self,
        plan: AccessPlan,
        several_faces: Literal["each", "nearest", "refuse"],
        several_faces_ratio: float,
        lockouts: Lockouts | None,
    ) -> None:
        self._plan = plan
        self._several_faces = several_faces
        self._ratio = several_faces_ratio
        self._lockouts = lockouts

    @classmethod
    def of(
        cls, access: AccessConfig, policy: PolicyConfig, lockouts: Lockouts | None = None
    ) -> "Gate":
        return cls(
            AccessPlan.of(access), policy.several_faces, policy.several_faces_ratio, lockouts
        )

    def under(self, access: AccessConfig, policy: PolicyConfig) -> "Gate":
        """This gate by another configuration; it remembers the same refused attempts."""
        lockouts = None if self._lockouts is None else self._lockouts.under(policy.lockout)
        return Gate.of(access, policy, lockouts)

    @property
    def door(self) -> str:
        return self._plan.door

    def circumstances(self, visit: Visit, person: PersonRules, time: float) -> Circumstances:
        """What counts beside the face at the epoch time; `person` are the match's rules."""
        return Circumstances(
            self._plan,
            time,
            person,
            locked_out=self._lockouts is not None and self._lockouts.remaining_s() > 0,
            liveness=visit.liveness,
            second_factor=visit.second_factor,
            place=place(visit.widths, visit.index, self._several_faces, self._ratio),
        )

    def note(self, verdict: Verdict) -> None:
        if self._lockouts is not None:
            self._lockouts.note(verdict)
