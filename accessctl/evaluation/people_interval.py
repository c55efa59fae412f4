"""How sure a rate is whose trials share people.

The same person's photos fail together, and are counted again in every gallery that is drawn:
trials are not independent, people are. So people are resampled, with all of their trials
(Bolle, Ratha and Pankanti, "Error analysis of pattern recognition systems: the subsets
bootstrap", CVIU 93, 2004).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accessctl.evaluation.intervals import clopper_pearson

PEOPLE_REPLICATES = 1000


@dataclass(frozen=True, slots=True)
class PeopleRate:
    """`events` of `trials`, all of `people` people, and the 95 % interval of their share."""

    events: int
    trials: int
    people: int
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.events / self.trials


def rate_over_people(
    event: NDArray[np.bool_], person: NDArray[np.integer], random: np.random.Generator
) -> PeopleRate:
    """The share of `event` (T,) among trials whose people are `person` (T,).

    Where all trials or none are events there is nothing to resample: the interval is then the
    exact one of so many people. ValueError for no trial.
    """
    if not len(event):
        raise ValueError("no trial")
    known, member = np.unique(person, return_inverse=True)
    events = np.bincount(member, event)
    trials = np.bincount(member).astype(np.float64)
    total, people = int(events.sum()), len(known)
    if total in (0, len(event)):
        low, high = clopper_pearson(people if total else 0, people)
    else:
        drawn = random.multinomial(people, np.full(people, 1 / people), PEOPLE_REPLICATES)
        low, high = np.percentile((drawn @ events) / (drawn @ trials), [2.5, 97.5])
    return PeopleRate(total, len(event), people, float(low), float(high))
