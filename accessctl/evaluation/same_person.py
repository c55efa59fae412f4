"""Pairs of photos that are suspected to show one person, in a set that does not say who is in it.

Such a set (UTKFace) holds some people several times: about two of ten thousand pairs of its
photos of one group. Counted as strangers they would be most of what passes at a rate of 1e-4.

The rule: within a group the cosine of each part of the embedding is normalised by each photo's own
nearest tenth of that group (at least LEAST of them, itself and the other photo left out), the mean
of both sides and of the parts is the score, and an exponential tail is fitted to the group's own
scores between two rates. A pair is suspected when of all pairs that score as high at most a
third are expected by that tail. It is a rule of its own, so that no score is judged by itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accessctl.evaluation.calibration_table import FALSE_TWINS, fit_tail

Floats = NDArray[np.float32]

LEAST = 10
NEAREST = 0.1

FEW = 50
"""In a smaller group no tail can be fitted, and nobody is suspected."""

START, LIMIT = 1e-2, 1e-3


@dataclass(frozen=True, slots=True)
class Suspect:
    """Two places of a group whose photos may show one person, and how high they score."""

    first: int
    second: int
    score: float


def suspects(parts: Sequence[Floats]) -> list[Suspect]:
    """Of one group: `parts` are the unit rows (N, D) of each part of its N embeddings."""
    people = len(parts[0])
    if people < FEW:
        return []
    neighbours = max(LEAST, int(people * NEAREST))
    rows, columns = np.triu_indices(people, 1)
    scores = np.mean([_peculiar(part, neighbours)[rows, columns] for part in parts], axis=0)
    descending = np.sort(scores)[::-1]
    tail = fit_tail(descending, START, LIMIT)
    far = descending[descending > tail.start].astype(np.float64)
    expected = len(descending) * tail.rate * np.exp(-(far - tail.start) / tail.scale)
    found = np.flatnonzero(expected <= FALSE_TWINS * np.arange(1, len(far) + 1))
    if not len(found):
        return []
    return [
        Suspect(int(rows[place]), int(columns[place]), float(scores[place]))
        for place in np.flatnonzero(scores >= far[found[-1]])
    ]


def once_each(pairs: Iterable[Suspect]) -> set[int]:
    """Places to leave out so that no suspected pair is left, those in most pairs first."""
    others: dict[int, set[int]] = defaultdict(set)
    for pair in pairs:
        others[pair.first].add(pair.second)
        others[pair.second].add(pair.first)
    out: set[int] = set()
    while any(others.values()):
        worst = max(others, key=lambda place: (len(others[place]), place))
        out.add(worst)
        for place in others.pop(worst):
            others[place].discard(worst)
    return out


def _peculiar(rows: Floats, neighbours: int) -> NDArray[np.float64]:
    """The cosine of each pair (N, N), normalised by the nearest others of both sides."""
    cosines = (rows @ rows.T).astype(np.float64)
    np.fill_diagonal(cosines, -2)
    nearest = np.sort(np.partition(cosines, -(neighbours + 1), axis=1)[:, -(neighbours + 1) :])
    one_more, nearest = nearest[:, :1], nearest[:, 1:]
    mean, square = nearest.mean(axis=1)[:, None], (nearest**2).mean(axis=1)[:, None]
    # Where the other photo is itself among the nearest the next one takes its place.
    among = cosines >= nearest[:, :1]
    mean = np.where(among, mean + (one_more - cosines) / neighbours, mean)
    square = np.where(among, square + (one_more**2 - cosines**2) / neighbours, square)
    side = (cosines - mean) / np.sqrt(np.maximum(square - mean**2, 1e-8))
    both: NDArray[np.float64] = (side + side.T) / 2
    return both
