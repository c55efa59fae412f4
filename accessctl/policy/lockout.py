"""Lockout of a door after refused attempts in a row: a pure state machine.

It counts time on the machine's uptime, which nobody can set back, never on the wall clock, so
setting the clock changes nothing. Uptime starts again with each boot; then a lockout that had not
ended starts again too: a restart may lengthen it, by at most its own length, never shorten it.
"""

from dataclasses import dataclass, replace

from accessctl.clock import Uptime
from accessctl.config import LockoutConfig
from accessctl.domain import Outcome, Reason
from accessctl.policy.decide import Verdict

# A complete visit with usable frames that the door refused. Not among them: who was let in
# a moment ago (cooldown) or is inside already, who left early or made no gesture, whom nobody
# could have been taken for, and what the door refused for its own sake.
COUNTED = frozenset(
    {
        Reason.NO_MATCH,
        Reason.AMBIGUOUS,
        Reason.DISAGREEMENT,
        Reason.DISABLED,
        Reason.NOT_YET_VALID,
        Reason.EXPIRED,
        Reason.OUTSIDE_SCHEDULE,
        Reason.WRONG_DOOR,
        Reason.NOT_LIVE,
        Reason.LIVENESS_UNDECIDED,
        Reason.SECOND_FACTOR_MISSING,
        Reason.SECOND_FACTOR_WRONG,
    }
)


@dataclass(frozen=True, slots=True)
class Lockout:
    """`refused` attempts in a row; a lockout of `lasts_s` began at `since` (None: none did)."""

    refused: int = 0
    since: Uptime | None = None
    lasts_s: float = 0.0
    off: bool = False

    def remaining_s(self, now: Uptime) -> float:
        """Seconds until faces count again; infinite once face entry is off."""
        if self.off:
            return float("inf")
        if self.since is None:
            return 0.0
        if self.since.boot != now.boot:
            return self.lasts_s
        return max(0.0, self.lasts_s - max(0.0, now.seconds - self.since.seconds))

    def locked(self, now: Uptime) -> bool:
        return self.remaining_s(now) > 0

    def settled(self, now: Uptime) -> "Lockout":
        """The same, on this boot's uptime, a lockout that is over forgotten."""
        if self.since is None or self.off:
            return self
        if not self.locked(now):
            return replace(self, since=None, lasts_s=0.0)
        return self if self.since.boot == now.boot else replace(self, since=now)


def after(state: Lockout, verdict: Verdict, now: Uptime, config: LockoutConfig) -> Lockout:
    """The state once `verdict` was given; attempts during a lockout do not count."""
    state = state.settled(now)
    if state.locked(now):
        return state
    if verdict.outcome is Outcome.GRANTED:
        return Lockout()
    if verdict.reason not in COUNTED:
        return state
    refused = state.refused + 1
    if config.off_after and refused >= config.off_after:
        return Lockout(refused, off=True)
    if not config.attempts or refused % config.attempts:
        return replace(state, refused=refused)
    # A float's exponent would overflow long after the bound is reached.
    doublings = min(refused // config.attempts - 1, 64)
    return Lockout(refused, now, min(config.first_s * 2.0**doublings, config.longest_s))
