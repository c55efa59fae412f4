"""From "this is somebody enrolled" to "and they may enter here, now": what they have to show beside
their face, and what becomes of a grant while they have not.
"""

from dataclasses import replace

from accessctl.config.policy import FACTORS, Factor
from accessctl.domain import Outcome, PersonRules, Reason
from accessctl.policy.access import AccessPlan, admitting, groups_here
from accessctl.policy.circumstances import (
    Circumstances,
    FacePlace,
    Proof,
    refusal_of,
    refusal_of_leaver,
)
from accessctl.policy.decide import (
    DecisionRules,
    Evidence,
    Naming,
    Verdict,
    decide,
    find_doubt,
    live_frames,
)

# What a PIN that was wrong too often comes to is told by the second factor itself.
_WORTH = {
    Proof.NOT_NEEDED: Proof.MISSING,
    Proof.PENDING: Proof.PENDING,
    Proof.SHOWN: Proof.NOT_NEEDED,
    Proof.MISSING: Proof.MISSING,
    Proof.REFUTED: Proof.NOT_NEEDED,
}


def by_pin(it: Circumstances) -> tuple[str, ...]:
    """What this person's PIN is asked for in place of: `life`, `gesture`, both or nothing.

    Only where the owner allowed it, for what was not shown in its time; what was refuted stays
    so. A typed PIN is a sign of will as well, so that no gesture is waited for beside it.
    """
    if not it.person.life_by_pin or Proof.MISSING not in (it.liveness, it.intent):
        return ()
    life = it.liveness is Proof.MISSING
    gesture = it.intent in (Proof.PENDING, Proof.MISSING)
    return ("life",) * life + ("gesture",) * gesture


def decide_visit(
    evidence: Evidence,
    rules: DecisionRules,
    last_grant: float | None,
    now: float,
    circumstances: Circumstances,
) -> Verdict | None:
    """The verdict on a visit, or None while it is too early for one; see decide.decide."""
    looked = live_frames(evidence, rules.frame_fmr) >= rules.min_frames
    it = _with_pin(_as_far_as_looked(circumstances, looked=looked), looked=looked)
    verdict = admit(decide(evidence, rules, last_grant, now), it)
    if it.awaited and not evidence.left and verdict and _shows_nobody(verdict):
        # They were known, and look at the keypad: wait until they look up, or time is over.
        return None
    return _abandoned(evidence, rules, it) or verdict


def _shows_nobody(verdict: Verdict) -> bool:
    """Whether it is for want of a face that can be recognised."""
    return verdict.outcome is Outcome.UNKNOWN or verdict.reason is Reason.BADGE_MISMATCH


def _as_far_as_looked(it: Circumstances, *, looked: bool) -> Circumstances:
    """Life that was shown counts once as many agreeing frames were looked at as a grant needs:
    otherwise somebody could show life first and a picture afterwards."""
    if it.liveness is not Proof.SHOWN or looked:
        return it
    return replace(it, liveness=Proof.PENDING)


def _with_pin(it: Circumstances, *, looked: bool) -> Circumstances:
    """`it`, with the PIN in place of what it stands in for.

    From then on life and gesture are as far as the PIN is. That, too, counts for frames only
    that the cues have looked at: a veto must be able to come before it.
    """
    instead = by_pin(it)
    if not instead:
        return it
    worth = life = _WORTH[it.second_factor] if it.factor == "pin" else Proof.MISSING
    if it.second_factor is Proof.SHOWN and not looked:
        life = Proof.PENDING
    if it.liveness_doubted and it.second_factor is not Proof.REFUTED:
        # Whoever may still enter the PIN can be cleared of the doubt meanwhile.
        life = Proof.PENDING if it.awaited else Proof.MISSING
    return replace(
        it,
        liveness=life if "life" in instead else it.liveness,
        intent=worth if "gesture" in instead else it.intent,
    )


def lacks_second_factor_only(
    evidence: Evidence,
    rules: DecisionRules,
    last_grant: float | None,
    now: float,
    circumstances: Circumstances,
) -> bool:
    """Whether a second factor, shown now, would bring a grant: the moment to ask for it."""
    if circumstances.second_factor is not Proof.PENDING:
        return False
    shown = replace(circumstances, second_factor=Proof.SHOWN)
    verdict = decide_visit(evidence, rules, last_grant, now, shown)
    return verdict is not None and verdict.outcome is Outcome.GRANTED


def _abandoned(evidence: Evidence, rules: DecisionRules, it: Circumstances) -> Verdict | None:
    """Whoever matched and left while proof was due was refused for want of it.

    Otherwise leaving at once would be a way to try challenges until an easy one comes,
    without a lockout.
    """
    if not evidence.left or not evidence.sightings or evidence.pooled is None:
        return None
    if evidence.naming is Naming.UNCLAIMED:
        return None
    if find_doubt(evidence.pooled, evidence.sightings, rules) is not None:
        return None
    reason = refusal_of_leaver(it)
    return None if reason is None else Verdict(Outcome.DENIED, reason, evidence.pooled)


def admit(verdict: Verdict | None, circumstances: Circumstances) -> Verdict | None:
    """What becomes of `verdict` here and now: a grant may be refused or put off, never made."""
    if verdict is None or verdict.outcome is not Outcome.GRANTED:
        return verdict
    reason = refusal_of(circumstances)
    if reason is not None:
        return Verdict(Outcome.DENIED, reason, verdict.match)
    return None if _must_wait(circumstances) else verdict


def _must_wait(it: Circumstances) -> bool:
    return it.place is FacePlace.WAITS or Proof.PENDING in (
        it.liveness,
        it.intent,
        it.second_factor,
    )


def required(rules: PersonRules, plan: AccessPlan, default: Factor, time: float) -> Factor:
    """What this person must show at the epoch time `time`.

    The groups that let them in here and now may say; where they say different things the
    strictest counts, where none says anything `default` does.
    """
    said = [group.second_factor for group in admitting(rules, plan, time)]
    return max(
        (factor for factor in said if factor is not None),
        key=FACTORS.index,
        default=default,
    )


def may_need_pin(rules: PersonRules, plan: AccessPlan, default: Factor) -> bool:
    """Whether there may be a time at which this person must show a PIN at this door."""
    if not rules.groups:
        return default == "pin"
    return any((group.second_factor or default) == "pin" for group in groups_here(rules, plan))


def asked(it: Circumstances, default: Factor) -> Factor:
    """What this person must show here and now.

    Their PIN where it is to stand in for something, or where the hub has not been heard of for
    long; no button does, for anybody can press one. It serves as the second factor that is asked
    for anyway, too.
    """
    if by_pin(it) or it.stale == "second_factor":
        return "pin"
    return required(it.person, it.plan, default, it.time)
