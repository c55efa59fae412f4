"""All that counts for a grant beside the face itself, what of it refuses somebody who was
recognised, and whether a refusal ends the attempt only or the visit.

Which refusal comes before which is written down here and nowhere else: whoever would be refused
for several reasons is refused for the first of `REFUSALS`.

Who was refused for a cause that passes is looked at again while they stand there: poor frames, no
sign of life in time, a lockout, hours, company, an action that failed. What was refused as an
attack stays refused until the visitor has left.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from accessctl.config.policy import Factor
from accessctl.domain import Outcome, PersonRules, Reason
from accessctl.policy.access import AccessPlan, Crossing, objection
from accessctl.policy.decide import Verdict
from accessctl.policy.stale import StaleDemand

UNRESTRICTED = PersonRules()
ATTACKS = frozenset({Reason.NOT_LIVE, Reason.SECOND_FACTOR_WRONG})
"""What speaks of an attack by itself."""


class FacePlace(StrEnum):
    """`FREE`: may be decided; `WAITS`: somebody is nearer; `REFUSED`: not with others there."""

    FREE = "free"
    WAITS = "waits"
    REFUSED = "refused"


def place(
    widths: Sequence[float], index: int, mode: Literal["each", "nearest", "refuse"], ratio: float
) -> FacePlace:
    """The place of face `index` among all faces in view.

    `widths` are the faces' widths in pixels, usable or not; only those of at least `ratio`
    of the widest count as being at the door. The first of several widest is the nearest.
    """
    widest = max(widths)
    if mode == "each":
        return FacePlace.FREE
    if mode == "nearest":
        return FacePlace.FREE if index == list(widths).index(widest) else FacePlace.WAITS
    at_door = sum(width >= ratio * widest for width in widths)
    return FacePlace.FREE if at_door == 1 and widths[index] == widest else FacePlace.REFUSED


class Proof(StrEnum):
    """How far something that must be shown beside the face has come.

    `PENDING` may still be shown; `MISSING` was not, in the time there was; `REFUTED`
    means that what was shown speaks against it.
    """

    NOT_NEEDED = "not_needed"
    PENDING = "pending"
    SHOWN = "shown"
    MISSING = "missing"
    REFUTED = "refuted"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """All that counts for a grant beside the face itself; `time` is epoch seconds.

    `person` are the rules of the person whom the evidence points to, `factor` is what they
    must show beside the face and `last_crossing` theirs; `crossings_known` is false while
    the log that tells of it cannot be read. `intent` is the gesture that is asked for.
    `awaited` is true while somebody who was recognised in this visit may show the second
    factor, or has. `liveness_doubted` is true where more speaks against life than that it was
    not shown: no PIN makes up for that. `gallery_doubt` is why the people known may not be the
    people enrolled, None where nothing speaks against it. `doorway` is why what the door is set to
    keeps this person out, None where it does not. `stale` is what is asked because the hub has not
    been heard of for long.
    """

    plan: AccessPlan
    time: float
    person: PersonRules = UNRESTRICTED
    locked_out: bool = False
    liveness: Proof = Proof.NOT_NEEDED
    second_factor: Proof = Proof.NOT_NEEDED
    factor: Factor = "off"
    awaited: bool = False
    place: FacePlace = FacePlace.FREE
    last_crossing: Crossing | None = None
    crossings_known: bool = True
    intent: Proof = Proof.NOT_NEEDED
    liveness_doubted: bool = False
    gallery_doubt: Reason | None = None
    doorway: Reason | None = None
    stale: StaleDemand = "none"


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
    # Before all else: nothing that follows is known to be true of anybody.
    Refusal(lambda it: it.gallery_doubt),
    Refusal(_where(lambda it: it.locked_out, Reason.LOCKED_OUT)),
    Refusal(_where(lambda it: it.place is FacePlace.REFUSED, Reason.TWO_FACES)),
    # Before the person's rules: what is no living face is nobody's visit.
    Refusal(_where(lambda it: it.liveness is Proof.REFUTED, Reason.NOT_LIVE), for_proof=True),
    Refusal(lambda it: it.doorway),
    Refusal(lambda it: objection(it.person, it.plan, it.time)),
    Refusal(_where(lambda it: it.stale == "nothing", Reason.RULES_STALE)),
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


def ends_visit(verdict: Verdict, *, doubted: bool) -> bool:
    """Whether nothing that may still be seen in this visit changes `verdict`.

    `doubted`: more spoke against life than that it was not shown. A grant ends the visit unless
    its action fails, which is not known yet.
    """
    if verdict.outcome is Outcome.GRANTED or verdict.reason in ATTACKS:
        return True
    # A new attempt would forget the doubt, and be one more try for a picture.
    return verdict.reason is Reason.LIVENESS_UNDECIDED and doubted


def still_refuses(reason: Reason, it: Circumstances, people: int) -> bool:
    """Whether the cause that was told still keeps the visitor out, whatever they show.

    `people` are enrolled. Of causes that only another look can tell, such as poor frames, False.
    """
    if reason is Reason.EMPTY_GALLERY:
        return people == 0
    grounds = (refusal for refusal in REFUSALS if not refusal.for_proof)
    return any(ground.reason_in(it) is reason for ground in grounds)
