"""A set of aligned faces to train on, whatever it was read from."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Image

UNLABELLED = -1
ANONYMOUS = 0
"""The family of sources whose people have numbers and no names."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceSet:
    """`person` int32 (N,) numbers people from 0, UNLABELLED where nobody said who it is.

    `family` int32 (N,) says which family of sources a face comes from: two numbers of
    `person` in different families may be the same human being. `canvas` reads the canvas of
    a row, RGB uint8 (128, 128, 3); `rows` int64 (N,) is where each face stood in the set as
    it was read, so that teachers' descriptors can be looked up after a selection.
    """

    person: NDArray[np.int32]
    family: NDArray[np.int32]
    rows: NDArray[np.int64]
    canvas: Callable[[int], Image]

    def __len__(self) -> int:
        return len(self.rows)

    def select(self, keep: NDArray[np.intp]) -> Self:
        """The faces at positions `keep`; people keep their numbers."""
        return replace(
            self, person=self.person[keep], family=self.family[keep], rows=self.rows[keep]
        )

    def image(self, position: int) -> Image:
        """The canvas of the face at `position` of this selection."""
        return self.canvas(int(self.rows[position]))
