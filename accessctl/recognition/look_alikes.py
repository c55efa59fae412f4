"""How often somebody would pass for somebody else, from the photos that are stored of both.

What one photo of B scores with those of A says how another look at B will: about
0.80 times as high, less 0.92, give or take 1.41 (a straight line fitted by least squares to LFW's
photos of different people that score above 1, with the default encoder; the spread is the same
along the line). So of a pair that was found because one photo of each happens to be near, other
looks come less near.
"""

import math
from collections.abc import Iterable

SLOPE, OFFSET, SPREAD = 0.80, -0.92, 1.41
"""Of the score of another look, against the score of a stored photo."""

SELDOM, MOST = 1e-4, 0.5
"""Below the one share of looks, and above the other, no number is told."""


def passing_share(scores: Iterable[float], threshold: float) -> float:
    """The share of looks at somebody, in [0, 1], that would reach `threshold` with somebody else,
    where their stored photos, at least one, reach these normalised `scores` with them.

    Nobody passes an infinite threshold. ValueError for no score.
    """
    shares = [_normal_tail((threshold - OFFSET - SLOPE * score) / SPREAD) for score in scores]
    if not shares:
        raise ValueError("no photo to go by")
    return math.fsum(shares) / len(shares)


def looks_in_words(share: float) -> str:
    """ "about 1 look in 40", or that it is hardly ever."""
    if not share >= SELDOM:
        return f"fewer than 1 look in {round(1 / SELDOM):,}"
    if share > MOST:
        return "most looks"
    return f"about 1 look in {one_look_in(share):,}"


def one_look_in(share: float) -> int:
    """Of how many looks one is such a share, above 0, to two digits."""
    return round(float(f"{1 / share:.2g}"))


def _normal_tail(deviations: float) -> float:
    return math.erfc(deviations / math.sqrt(2)) / 2
