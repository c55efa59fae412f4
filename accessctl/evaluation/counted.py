"""Events among independent trials, with how sure their share is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accessctl.evaluation.intervals import clopper_pearson


@dataclass(frozen=True, slots=True)
class Count:
    """`events` of `trials`, and the exact 95 % interval of their share."""

    events: int
    trials: int
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.events / self.trials


def count(event: NDArray[np.bool_]) -> Count:
    """Of trials (T,), at least one."""
    events = int(event.sum())
    return Count(events, len(event), *clopper_pearson(events, len(event)))
