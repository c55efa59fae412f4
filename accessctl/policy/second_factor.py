"""What somebody has to show beside their face, and how far that has come."""

from accessctl.config.policy import Factor
from accessctl.domain import PersonRules
from accessctl.policy.access import AccessPlan, admitting, groups_here
from accessctl.policy.admit import by_pin
from accessctl.policy.circumstances import Circumstances, Proof

# From the least to the most that is asked for.
_STRICTNESS: tuple[Factor, ...] = ("off", "button", "pin")


def required(rules: PersonRules, plan: AccessPlan, default: Factor, time: float) -> Factor:
    """What this person must show at the epoch time `time`.

    The groups that let them in here and now may say; where they say different things the
    strictest counts, where none says anything `default` does.
    """
    said = [group.second_factor for group in admitting(rules, plan, time)]
    return max(
        (factor for factor in said if factor is not None),
        key=_STRICTNESS.index,
        default=default,
    )


def may_need_pin(rules: PersonRules, plan: AccessPlan, default: Factor) -> bool:
    """Whether there may be a time at which this person must show a PIN at this door."""
    if not rules.groups:
        return default == "pin"
    return any((group.second_factor or default) == "pin" for group in groups_here(rules, plan))


def asked(it: Circumstances, default: Factor) -> Factor:
    """What this person must show here and now.

    Their PIN where it is to stand in for something; no button does, for anybody can press
    one. It serves as the second factor that is asked for anyway, too.
    """
    return "pin" if by_pin(it) else required(it.person, it.plan, default, it.time)


def as_shown(proof: Proof, asked: Factor, wanted: Factor) -> Proof:
    """What a proof that was given when `asked` was wanted is worth when `wanted` is."""
    if wanted == "off":
        return Proof.NOT_NEEDED
    return proof if asked == wanted else Proof.PENDING
