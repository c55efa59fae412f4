"""Who is enrolled, and who comes to the door: galleries drawn from photographs."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from accessctl.errors import SourceError

Rows = NDArray[np.int64]

MATES_SHARE = 2 / 3
"""Of the people with photos enough to be enrolled and to come back, so many may be enrolled;
the others are strangers."""


@dataclass(frozen=True, slots=True, eq=False)
class GalleryDraw:
    """Rows of photos. `enrolled` (G,): one of each enrolled person. `mates` (M, K): others of
    enrolled people, whose place in the gallery is `own` (M,). `strangers` (S, K)."""

    enrolled: Rows
    mates: Rows
    own: Rows
    strangers: Rows

    def first(self, probes: int) -> "GalleryDraw":
        """The same people, everybody with the first `probes` photos only."""
        return replace(self, mates=self.mates[:, :probes], strangers=self.strangers[:, :probes])


def draw_gallery(
    person: NDArray[np.integer],
    size: int,
    probes: int,
    strangers: int,
    random: np.random.Generator,
) -> GalleryDraw:
    """A gallery of `size` people of `person` (N,), and at most `strangers` who are in none.

    Each probe is `probes` photos of somebody. Where too few people have a photo more than
    that, the gallery is filled up with people who do not come back. SourceError when there
    are not enough people, or no mate or no stranger is left.
    """
    of = [np.flatnonzero(person == one) for one in np.unique(person)]
    able = [index for index, photos in enumerate(of) if len(photos) > probes]
    coming = random.permutation(able)[: min(size, int(MATES_SHARE * len(able)))].astype(np.int64)
    rest = np.setdiff1d(np.arange(len(of)), coming)
    outside = random.permutation([i for i in rest if len(of[i]) >= probes]).astype(np.int64)
    left = outside[:strangers]
    filling = np.setdiff1d(rest, left)
    if not len(coming) or not len(left) or len(coming) + len(filling) < size:
        raise SourceError(
            f"A gallery of {size} people with {probes} photos a probe, and strangers, cannot be "
            f"drawn from {len(of)} people of whom {len(able)} have more than {probes}; "
            "name more photos or smaller galleries."
        )
    filled = random.permutation(filling)[: size - len(coming)]
    chosen = [random.choice(of[index], probes + 1, replace=False) for index in coming]
    enrolled = [photos[0] for photos in chosen]
    enrolled += [random.choice(of[index]) for index in filled]
    return GalleryDraw(
        enrolled=np.array(enrolled, np.int64),
        mates=np.array([photos[1:] for photos in chosen], np.int64),
        own=np.arange(len(coming)),
        strangers=np.array([random.choice(of[i], probes, replace=False) for i in left], np.int64),
    )
