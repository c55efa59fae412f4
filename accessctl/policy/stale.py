"""What a door may still do by people and rules that its hub has long not confirmed.

Tiers say for each group after how long; a tier without groups is for whoever is in no group that
another one names. Of several that have come the strictest counts.
"""

from collections.abc import Collection, Sequence
from typing import Literal

from accessctl.config.site import StaleThen, StaleTier

StaleDemand = Literal["none", "second_factor", "nothing"]

_STRICTNESS: tuple[StaleDemand, ...] = ("none", "second_factor", "nothing")


def stale_demand(
    age_s: float | None, groups: Collection[str], tiers: Sequence[StaleTier]
) -> StaleDemand:
    """What is asked of somebody in these groups where the hub's last word is `age_s` seconds old,
    infinite where nobody knows; None: no hub ever said anything, so that nothing can be old.

    `second_factor`: their PIN beside the face; `nothing`: they are not let in.
    """
    if age_s is None:
        return "none"
    # Written as "not (a < b)" so that a NaN is too old.
    come: list[StaleThen] = [
        tier.then for tier in tiers_for(groups, tiers) if not age_s < tier.after_h * 3600
    ]
    return max(come, key=_STRICTNESS.index, default="none")


def tiers_for(groups: Collection[str], tiers: Sequence[StaleTier]) -> list[StaleTier]:
    """Those for somebody in these groups."""
    named = {group for tier in tiers for group in tier.groups}
    is_named = not named.isdisjoint(groups)
    return [
        tier
        for tier in tiers
        if (not is_named if not tier.groups else not set(tier.groups).isdisjoint(groups))
    ]
