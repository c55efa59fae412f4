"""ArcFace's margin: add a constant to the angle to the true person."""

import math
from typing import Any

from keras import ops

ARCFACE_MARGIN = 0.5


class ArcFace:
    """cos t -> cos(t + m). Deng et al., "ArcFace", CVPR 2019, eq. 3.

    Where t + m would pass pi the cosine rises again; there cos t - m sin m goes on falling,
    as in the authors' code.
    """

    def __init__(self, margin: float = ARCFACE_MARGIN) -> None:
        self._margin = margin

    def __call__(self, cosines: Any, lengths: Any) -> Any:  # noqa: ARG002 the protocol's
        sines = ops.sqrt(1 - ops.square(cosines))
        turned = cosines * math.cos(self._margin) - sines * math.sin(self._margin)
        past = cosines < math.cos(math.pi - self._margin)
        return ops.where(past, cosines - self._margin * math.sin(self._margin), turned)
