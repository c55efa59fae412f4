"""The far tail of strangers' scores, where too few pairs are left to be counted.

The survival function is taken as exponential beyond a start: P(s > x) = P(s > start) *
exp(-(x - start) / scale). Peaks over a threshold tend to a generalised Pareto law
(Pickands 1975), whose exponential case lies between a bounded and a heavy tail; with log
survival measured as bending downwards, the straight line errs on the safe side. What lies
beyond a limit is counted but not measured (right-censored): a set of faces always holds
some people twice, and their scores would otherwise stretch the scale.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Tail:
    """`rate` of all pairs score above `start`; beyond it the rate falls e-fold per `scale`."""

    start: float
    rate: float
    scale: float

    def log10_rate(self, score: float) -> float:
        """For scores from `start` upwards."""
        return math.log10(self.rate) - (score - self.start) / (self.scale * math.log(10))

    def score_at(self, rate: float) -> float:
        """Where the fitted rate has fallen to `rate`, at most that of the start."""
        return self.start + self.scale * math.log(self.rate / rate)


def score_at_rate(descending: NDArray[np.floating], rate: float) -> float:
    """The score that a share of at least `rate` of the descending scores reaches."""
    rank = max(math.ceil(rate * len(descending) - 1e-9), 1)
    return float(descending[rank - 1])


def censored_scale(
    excess: NDArray[np.floating], limit: float, weights: NDArray[np.floating] | None = None
) -> float:
    """Maximum-likelihood scale of exponential excesses (n,), right-censored at `limit`.

    Total time on test over observed failures (Epstein and Sobel 1953): the sum of
    min(excess, limit) divided by the number below the limit, both weighted. ValueError
    when none lies below.
    """
    weights = np.ones(len(excess)) if weights is None else weights
    observed = float(weights[excess < limit].sum())
    if observed <= 0:
        raise ValueError("no excess lies below the limit")
    return float((np.minimum(excess, limit) * weights).sum()) / observed


def fit_tail(descending: NDArray[np.floating], start_rate: float, limit_rate: float) -> Tail:
    """Fit to the descending scores between two rates, `start_rate` the larger one."""
    start = score_at_rate(descending, start_rate)
    limit = score_at_rate(descending, limit_rate)
    excess = descending[descending > start].astype(np.float64) - start
    scale = censored_scale(excess, limit - start)
    return Tail(start, len(excess) / len(descending), scale)
