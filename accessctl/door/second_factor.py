"""The second factor of the visit that waits for it: asked by the loop, shown by other threads.

Wrong PINs are put on record, and counted as refused attempts.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from accessctl.audit.base import Recorder, write_down
from accessctl.config.policy import Factor
from accessctl.domain import Outcome, PersonId, Reason
from accessctl.door.recorder import wrong_pin_event
from accessctl.errors import InputError
from accessctl.gallery.person import PinHash, is_pin, one_lower, pin_matches
from accessctl.policy.circumstances import Proof
from accessctl.policy.decide import Verdict
from accessctl.policy.lockout_store import LockoutKeeper

WRONG_PINS = 3
# Between two PINs that are tried at this door, whoever stands before it.
PIN_INTERVAL_S = 1.0

Handler = Callable[[Mapping[str, Any]], Mapping[str, Any]]

_WRONG = Verdict(Outcome.DENIED, Reason.SECOND_FACTOR_WRONG, None)


class Attempts(Protocol):
    """What is asked of the door's lockout, from the thread that shows the PIN."""

    def locked_out(self, person: PersonId) -> bool: ...

    def wrong_pin(self, visit: str, person: PersonId) -> None:
        """On record and counted when this returns."""


class DuressNotes(Protocol):
    """Who hears of a PIN that was typed under duress."""

    def note(self, visit: str) -> None: ...


@dataclass(frozen=True, slots=True)
class FactorReply:
    """Whether what was shown counts, and a sentence for whoever showed it."""

    accepted: bool
    sentence: str


@dataclass(slots=True, eq=False)
class _Wait:
    """`until` is a capture time."""

    person: PersonId
    factor: Factor
    until: float
    proof: Proof = Proof.PENDING


class FactorDesk(Protocol):
    """Where a visitor shows a second factor; see SecondFactor."""

    def state_of(self, visit: str, person: PersonId, factor: Factor, now: float) -> Proof: ...

    def ask(self, visit: str, person: PersonId, factor: Factor, until: float) -> None: ...

    def awaited(self, visit: str, now: float) -> bool: ...

    def stop_waiting(self, visit: str) -> None: ...

    def forget(self, visit: str) -> None: ...

    def press(self) -> FactorReply: ...

    def offer_pin(self, pin: str) -> FactorReply: ...


class NoFactorDesk:
    """Nobody can show a second factor here: one that is asked for is missing."""

    def state_of(self, visit: str, person: PersonId, factor: Factor, now: float) -> Proof:
        del visit, person, now
        return Proof.NOT_NEEDED if factor == "off" else Proof.MISSING

    def ask(self, visit: str, person: PersonId, factor: Factor, until: float) -> None:
        del visit, person, factor, until

    def awaited(self, visit: str, now: float) -> bool:
        del visit, now
        return False

    def stop_waiting(self, visit: str) -> None:
        del visit

    def forget(self, visit: str) -> None:
        del visit

    def press(self) -> FactorReply:
        return FactorReply(False, "This door takes no second factor.")

    def offer_pin(self, pin: str) -> FactorReply:
        del pin
        return self.press()


NO_FACTOR_DESK = NoFactorDesk()


class SecondFactor:
    """`offer_pin` and `press` belong to other threads than the loop, the rest to the loop.

    Nothing counts before it was asked for, nothing for another person or another visit, and
    nothing while two visits wait: it cannot be known whose it is.
    """

    def __init__(
        self,
        pin_of: Callable[[PersonId], PinHash | None],
        attempts: Attempts,
        clock: Callable[[], float],
        duress: DuressNotes | None = None,
    ) -> None:
        """`clock` gives seconds that never go back. `duress` notes visits whose PIN had its last
        digit one higher; None: that is a wrong PIN."""
        self._duress = duress
        self._pin_of = pin_of
        self._attempts = attempts
        self._clock = clock
        self._lock = threading.Lock()
        self._waits: dict[str, _Wait] = {}
        self._wrong: dict[str, int] = {}
        self._last_pin = float("-inf")

    def state_of(self, visit: str, person: PersonId, factor: Factor, now: float) -> Proof:
        """How far this person's second factor has come in this visit; `now` is a capture time."""
        if factor == "off":
            return Proof.NOT_NEEDED
        if factor == "pin" and self._pin_of(person) is None:
            return Proof.MISSING
        with self._lock:
            wait = self._waits.get(visit)
            if wait is None:
                return Proof.PENDING
            if wait.proof is Proof.REFUTED:
                return Proof.REFUTED
            # Written as "not (a <= b)" so that a NaN is too late.
            if not now <= wait.until:
                wait.proof = Proof.MISSING
            same = (wait.person, wait.factor) == (person, factor)
            return wait.proof if same or wait.proof is Proof.MISSING else Proof.PENDING

    def ask(self, visit: str, person: PersonId, factor: Factor, until: float) -> None:
        """It may be shown until that capture time; asking again changes nothing.

        But where somebody else is recognised it has to be shown again, in the time and with
        the wrong PINs that are left.
        """
        with self._lock:
            wrong = self._wrong.setdefault(visit, 0)
            before = self._waits.get(visit)
            if before is None:
                refuted = factor == "pin" and wrong >= WRONG_PINS
                proof = Proof.REFUTED if refuted else Proof.PENDING
                self._waits[visit] = _Wait(person, factor, until, proof)
            elif (before.person, before.factor) != (person, factor):
                self._waits[visit] = _Wait(person, factor, before.until)

    def awaited(self, visit: str, now: float) -> bool:
        """Whether somebody in this visit may still show it, or has."""
        with self._lock:
            wait = self._waits.get(visit)
            return (
                wait is not None
                and wait.proof in (Proof.PENDING, Proof.SHOWN)
                and now <= wait.until
            )

    def stop_waiting(self, visit: str) -> None:
        """An attempt of the visit is decided; its wrong PINs still count in the next one."""
        with self._lock:
            self._waits.pop(visit, None)

    def forget(self, visit: str) -> None:
        """The visitor has left."""
        with self._lock:
            self._waits.pop(visit, None)
            self._wrong.pop(visit, None)

    def press(self) -> FactorReply:
        """The button was pressed."""
        with self._lock:
            wait = self._waiting("button")
            if isinstance(wait, FactorReply):
                return wait
            wait[1].proof = Proof.SHOWN
        return FactorReply(True, "Accepted.")

    def offer_pin(self, pin: str) -> FactorReply:
        """Somebody typed this; takes tens of ms, and the loop is not kept waiting."""
        with self._lock:
            found = self._waiting("pin")
            if isinstance(found, FactorReply):
                return found
            visit, wait = found
            # What cannot be anybody's PIN is a slip of the hand, not an attempt.
            if not is_pin(pin):
                return FactorReply(False, "A PIN has 4 to 12 digits.")
            if self._clock() - self._last_pin < PIN_INTERVAL_S:
                return FactorReply(False, "Too fast; wait a second and enter it again.")
            self._last_pin = self._clock()
        if self._attempts.locked_out(wait.person):
            return FactorReply(False, "The door is locked out; wait.")
        kept = self._pin_of(wait.person)
        if kept is not None and self._is_right(visit, pin, kept):
            with self._lock:
                if self._waits.get(visit) is not wait or wait.proof is not Proof.PENDING:
                    return FactorReply(False, "Too late; look into the camera again.")
                wait.proof = Proof.SHOWN
            return FactorReply(True, "Accepted.")
        with self._lock:
            # Another person may be recognised by now: the attempt was made in this visit.
            wait = self._waits.get(visit, wait)
            if visit in self._wrong:
                self._wrong[visit] += 1
                if self._wrong[visit] >= WRONG_PINS:
                    wait.proof = Proof.REFUTED
        self._attempts.wrong_pin(visit, wait.person)
        return FactorReply(False, "Wrong PIN.")

    def _is_right(self, visit: str, pin: str, kept: PinHash) -> bool:
        if pin_matches(pin, kept):
            return True
        if self._duress is None or not pin_matches(one_lower(pin), kept):
            return False
        self._duress.note(visit)
        return True

    def _waiting(self, factor: Factor) -> tuple[str, _Wait] | FactorReply:
        waiting = [
            (visit, wait)
            for visit, wait in self._waits.items()
            if wait.proof is Proof.PENDING and wait.factor == factor
        ]
        if not waiting:
            return FactorReply(False, "Nobody is asked for that now; look into the camera first.")
        if len(waiting) > 1:
            return FactorReply(False, "Several people are waiting; one at a time.")
        return waiting[0]


def second_factor_handlers(second_factor: FactorDesk) -> Mapping[str, Handler]:
    """The commands of the control socket: `pin` with the field `pin`, and `press`.

    A refusal is raised as InputError.
    """

    def pin(request: Mapping[str, Any]) -> Mapping[str, Any]:
        typed = request.get("pin")
        if not isinstance(typed, str):
            raise InputError("A PIN is given as text, in the field 'pin'.")
        return _reply(second_factor.offer_pin(typed))

    def press(_: Mapping[str, Any]) -> Mapping[str, Any]:
        return _reply(second_factor.press())

    return {"pin": pin, "press": press}


def _reply(answer: FactorReply) -> Mapping[str, Any]:
    if not answer.accepted:
        raise InputError(answer.sentence)
    return {"message": answer.sentence}


class PinAttempts:
    """See second_factor.Attempts; used from another thread than the loop's."""

    def __init__(
        self, audit: Recorder, lockouts: LockoutKeeper, wall_clock: Callable[[], float]
    ) -> None:
        self._audit = audit
        self._lockouts = lockouts
        self._wall_clock = wall_clock

    def locked_out(self, person: PersonId) -> bool:
        return self._lockouts.remaining_s(person) > 0

    def wrong_pin(self, visit: str, person: PersonId) -> None:
        # Counted first: a log that cannot be written must not give more attempts.
        self._lockouts.note(_WRONG, person)
        write_down(self._audit, wrong_pin_event(visit, person, self._wall_clock()))
