"""Wrong PINs on record, and counted as refused attempts."""

from collections.abc import Callable

from accessctl.audit.recorder import Recorder, write_down
from accessctl.domain import Outcome, PersonId, Reason
from accessctl.door.events import wrong_pin_event
from accessctl.policy.decide import Verdict
from accessctl.policy.lockout_store import LockoutKeeper

_WRONG = Verdict(Outcome.DENIED, Reason.SECOND_FACTOR_WRONG, None)


class PinAttempts:
    """See second_factor.Attempts; used from another thread than the loop's."""

    def __init__(
        self, audit: Recorder, lockouts: LockoutKeeper, wall_clock: Callable[[], float]
    ) -> None:
        self._audit = audit
        self._lockouts = lockouts
        self._wall_clock = wall_clock

    def locked_out(self) -> bool:
        return self._lockouts.remaining_s() > 0

    def wrong_pin(self, visit: str, person: PersonId) -> None:
        # Counted first: a log that cannot be written must not give more attempts.
        self._lockouts.note(_WRONG)
        write_down(self._audit, wrong_pin_event(visit, person, self._wall_clock()))
