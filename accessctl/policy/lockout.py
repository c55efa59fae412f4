"""Lockouts after refused attempts, of one person and of a whole door: pure state machines.

What was refused to a person for want of proof is counted for that person first: every few in a row
lock that person's face entry, so that an attack on one keeps nobody else out. The door has a budget
besides, which such refusals use up too, the first few of each person's row; refusals of people who
match nobody use up less of it, and it fills again with time. So showing the photographs of many
people in turn locks the door, and passers-by do not.

It counts time on the machine's uptime, which nobody can set back, never on the wall clock, so
setting the clock changes nothing. Uptime starts again with each boot; then a lockout that had not
ended starts again too: a restart may lengthen it, by at most its own length, never shorten it.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from accessctl.clock import Uptime
from accessctl.config import LockoutConfig
from accessctl.domain import Outcome, Reason
from accessctl.policy.decide import Verdict


class Charge(StrEnum):
    """What kind of refused attempt a refusal is: of somebody whom nobody knows, of somebody known
    by a rule, or for the proof that somebody known had to show."""

    STRANGER = "stranger"
    RULE = "rule"
    PROOF = "proof"


# Not among them: who was let in a moment ago (cooldown) or is inside already, who left early,
# made no gesture or showed no badge, whom nobody could have been taken for, and what the door
# refused for its own sake.
_CHARGES = {
    Reason.NO_MATCH: Charge.STRANGER,
    Reason.AMBIGUOUS: Charge.STRANGER,
    Reason.DISAGREEMENT: Charge.STRANGER,
    Reason.DISABLED: Charge.RULE,
    Reason.NOT_YET_VALID: Charge.RULE,
    Reason.EXPIRED: Charge.RULE,
    Reason.OUTSIDE_SCHEDULE: Charge.RULE,
    Reason.WRONG_DOOR: Charge.RULE,
    Reason.NOT_LIVE: Charge.PROOF,
    Reason.LIVENESS_UNDECIDED: Charge.PROOF,
    Reason.SECOND_FACTOR_MISSING: Charge.PROOF,
    Reason.SECOND_FACTOR_WRONG: Charge.PROOF,
    Reason.BADGE_MISMATCH: Charge.PROOF,
}


def charge_of(verdict: Verdict) -> Charge | None:
    """What is counted of a verdict; None: nothing is."""
    return None if verdict.outcome is Outcome.GRANTED else _CHARGES.get(verdict.reason)


@dataclass(frozen=True, slots=True)
class Lockout:
    """One person's row of refused attempts, or what is used up of a door's budget.

    `refused` attempts count, as of `at` (None: they do not fade); a lockout of `lasts_s` began at
    `since` (None: none did), the `times`-th without a rest; `attacks` were refused for proof.
    """

    refused: float = 0
    since: Uptime | None = None
    lasts_s: float = 0.0
    off: bool = False
    times: int = 0
    attacks: int = 0
    at: Uptime | None = None

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
        state = self
        if self.at is not None and self.at.boot != now.boot:
            state = replace(state, at=now)
        if state.since is None or state.off:
            return state
        if not state.locked(now):
            return replace(state, since=None, lasts_s=0.0)
        return state if state.since.boot == now.boot else replace(state, since=now)

    def faded(self, now: Uptime, fade_s: float) -> "Lockout":
        """One refused attempt less for every `fade_s` seconds; begun anew once none is left."""
        state = self.settled(now)
        if state.at is None or state.off:
            return state
        left = state.refused - max(0.0, now.seconds - state.at.seconds) / fade_s
        if left > 0 or state.locked(now):
            return replace(state, refused=max(0.0, left), at=now)
        return Lockout()


@dataclass(frozen=True, slots=True)
class LockoutStanding:
    """What stands against faces: the `door`'s budget and the row of one `person`."""

    door: Lockout = Lockout()
    person: Lockout = Lockout()

    def remaining_s(self, now: Uptime) -> float:
        return max(self.door.remaining_s(now), self.person.remaining_s(now))


def after(
    state: LockoutStanding, verdict: Verdict, now: Uptime, config: LockoutConfig
) -> LockoutStanding:
    """The state once `verdict` was given on that person; while locked nothing counts.

    Whoever is granted ends their own row. What others used up of the door's budget stays.
    """
    door, person = state.door.faded(now, config.fade_s), state.person.settled(now)
    if door.locked(now) or person.locked(now):
        return LockoutStanding(door, person)
    if verdict.outcome is Outcome.GRANTED:
        return LockoutStanding(door, Lockout())
    charge = charge_of(verdict)
    if charge is None:
        return LockoutStanding(door, person)
    if charge is Charge.STRANGER:
        return LockoutStanding(_spent(door, config.stranger_weight, now, config), person)
    # Beyond the lockout of one person, an attack on them is nobody else's matter.
    spends = charge is Charge.PROOF and not (config.attempts and person.refused >= config.attempts)
    door = _spent(door, 1.0, now, config) if spends else door
    return LockoutStanding(door, _next_in_row(person, now, config))


def _next_in_row(state: Lockout, now: Uptime, config: LockoutConfig) -> Lockout:
    refused = state.refused + 1
    if config.off_after and refused >= config.off_after:
        return Lockout(refused, off=True)
    if not config.attempts or refused % config.attempts:
        return replace(state, refused=refused)
    times = round(refused / config.attempts)
    return Lockout(refused, now, _length(times, config), times=times)


def _spent(state: Lockout, weight: float, now: Uptime, config: LockoutConfig) -> Lockout:
    attack = weight >= 1
    used = replace(state, refused=state.refused + weight, attacks=state.attacks + attack, at=now)
    if attack and config.off_after and used.attacks >= config.off_after:
        return replace(used, off=True)
    if not config.door_attempts or used.refused < config.door_attempts:
        return used
    # Only attacks make lockouts longer and longer.
    times = state.times + 1 if attack else state.times
    length = _length(times if attack else 1, config)
    return replace(
        used, refused=float(config.door_attempts), since=now, lasts_s=length, times=times
    )


def _length(times: int, config: LockoutConfig) -> float:
    # A float's exponent would overflow long after the bound is reached.
    return min(config.first_s * 2.0 ** min(times - 1, 64), config.longest_s)
