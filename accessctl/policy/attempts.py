"""What a decision ends: an attempt, not the visit.

Who was refused for a cause that passes is looked at again while they stand there: poor frames, no
sign of life in time, a lockout, hours, company, an action that failed. What was refused as an
attack stays refused until the visitor has left.
"""

from accessctl.domain import Outcome, Reason
from accessctl.policy.circumstances import REFUSALS, Circumstances
from accessctl.policy.decide import Verdict

ATTACKS = frozenset({Reason.NOT_LIVE, Reason.SECOND_FACTOR_WRONG})
"""What speaks of an attack by itself."""


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
