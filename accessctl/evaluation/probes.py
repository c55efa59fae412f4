"""What the protocols of identification know of photographs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from accessctl.evaluation.embedded import Bench
from accessctl.evaluation.photos import Photos
from accessctl.evaluation.sightings import Alter

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Probes:
    """N photos. `found` (N,): there is a face. `usable` (N,): the product would recognise from
    it, or enrol it. `embeddings` are unit rows (N, D) and `quality` (N,) their weights, both
    NaN where there is no face."""

    embeddings: Floats
    quality: NDArray[np.floating]
    found: NDArray[np.bool_]
    usable: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.found)

    def wide(self, dimension: int) -> "Probes":
        """The same with embeddings (N, dimension): where no photo at all shows a face, nobody
        could tell how long they are."""
        if self.found.any():
            return self
        return replace(self, embeddings=np.full((len(self), dimension), np.nan, np.float32))

    def then(self, others: "Probes") -> "Probes":
        """These and the others below them."""
        return Probes(
            np.concatenate([self.embeddings, others.embeddings]),
            np.concatenate([self.quality, others.quality]),
            np.concatenate([self.found, others.found]),
            np.concatenate([self.usable, others.usable]),
        )


def probes_of(
    bench: Bench,
    photos: Photos,
    names: Sequence[str],
    *,
    alter: Alter | None = None,
    variant: str = "",
) -> Probes:
    """These photos on the product's path, altered first; see Bench.embed."""
    seen = bench.sight(photos, names, alter=alter, variant=variant)
    embedded = bench.embed(photos, names, alter=alter, variant=variant)
    return Probes(embedded.embeddings, seen.quality, seen.found, seen.usable)
