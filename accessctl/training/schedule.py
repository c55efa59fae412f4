"""The learning rate over a run: a short warm-up, then half a cosine down."""

import math


def learning_rate(
    peak: float, progress: float, *, warmup: float = 0.03, floor: float = 0.01
) -> float:
    """The rate when the share `progress` in [0, 1] of the budget is spent.

    Rises linearly over the share `warmup`, then falls as (1 + cos) / 2 (Loshchilov and
    Hutter, "SGDR", ICLR 2017, eq. 5, one cycle) to `floor` times the peak.
    """
    if progress < warmup:
        return peak * max(progress / warmup, floor)
    along = min((progress - warmup) / (1 - warmup), 1.0)
    return peak * (floor + (1 - floor) * (1 + math.cos(math.pi * along)) / 2)
