"""What refuses somebody who was recognised, and which refusal comes before which.

The order is written down here and nowhere else: whoever would be refused for several reasons
is refused for the first of `REFUSALS`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from accessctl.domain import Reason
from accessctl.policy.access import objection
from accessctl.policy.circumstances import Circumstances, Proof
from accessctl.policy.crowd import Place


@dataclass(frozen=True, slots=True)
class Refusal:
    """One ground: `reason_in` names its reason where it holds, None where it does not.

    `for_proof`: it is for want of something that the visitor had to show, or for what they
    showed.
    """

    reason_in: Callable[[Circumstances], Reason | None]
    for_proof: bool = False


def refusal_of(it: Circumstances) -> Reason | None:
    """Why a grant becomes a refusal here and now; None: nothing refuses it."""
    return _first(REFUSALS, it)


def refusal_of_leaver(it: Circumstances) -> Reason | None:
    """The same for somebody who has left: what they could still have shown, they did not.

    Only proof counts, because nothing else was decided about them while they were there.
    """
    gone = replace(
        it,
        liveness=_given_up(it.liveness),
        intent=_given_up(it.intent),
        second_factor=_given_up(it.second_factor),
    )
    return _first((refusal for refusal in REFUSALS if refusal.for_proof), gone)


def _first(refusals: Iterable[Refusal], it: Circumstances) -> Reason | None:
    reasons = (refusal.reason_in(it) for refusal in refusals)
    return next((reason for reason in reasons if reason is not None), None)


def _given_up(proof: Proof) -> Proof:
    return Proof.MISSING if proof is Proof.PENDING else proof


def _where(holds: Callable[[Circumstances], bool], reason: Reason) -> Callable[..., Reason | None]:
    return lambda it: reason if holds(it) else None


def _unknown_crossings(it: Circumstances) -> bool:
    return it.plan.passback.mode == "hard" and not it.crossings_known


REFUSALS = (
    Refusal(_where(lambda it: it.locked_out, Reason.LOCKED_OUT)),
    Refusal(_where(lambda it: it.place is Place.REFUSED, Reason.TWO_FACES)),
    # Before the person's rules: what is no living face is nobody's visit.
    Refusal(_where(lambda it: it.liveness is Proof.REFUTED, Reason.NOT_LIVE), for_proof=True),
    Refusal(lambda it: objection(it.person, it.plan, it.time)),
    Refusal(_where(_unknown_crossings, Reason.NO_RECORD)),
    Refusal(_where(lambda it: it.plan.passback.refuses(it.last_crossing), Reason.PASSBACK)),
    Refusal(
        _where(lambda it: it.liveness is Proof.MISSING, Reason.LIVENESS_UNDECIDED),
        for_proof=True,
    ),
    Refusal(
        _where(lambda it: it.intent in (Proof.MISSING, Proof.REFUTED), Reason.NO_GESTURE),
        for_proof=True,
    ),
    Refusal(
        _where(lambda it: it.second_factor is Proof.REFUTED, Reason.SECOND_FACTOR_WRONG),
        for_proof=True,
    ),
    Refusal(
        _where(lambda it: it.second_factor is Proof.MISSING, Reason.SECOND_FACTOR_MISSING),
        for_proof=True,
    ),
)
"""First things first."""
