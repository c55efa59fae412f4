"""APCER and BPCER of a passive door, as a whole and cue by cue (ISO/IEC 30107-3).

An error is counted by the door's own decision, so that somebody alive who was not recognised is
one as well. Whoever is in the recording is enrolled from it: of strangers' faces nothing is said.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from accessctl.evaluation.intervals import clopper_pearson
from accessctl.evaluation.presentation import Presentation
from accessctl.liveness.result import CueVerdict

LIVE = "live"


@dataclass(frozen=True, slots=True)
class ErrorRate:
    """`errors` of `trials`, with the exact 95 % interval of the rate."""

    errors: int
    trials: int
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.errors / self.trials


@dataclass(frozen=True, slots=True)
class CueCount:
    """Of the presentations of one species: in how many the cue had said each word in the end."""

    species: str
    cue: str
    said: Mapping[CueVerdict, int]


def rate(errors: int, trials: int) -> ErrorRate:
    """ValueError unless 0 <= errors <= trials and trials > 0."""
    return ErrorRate(errors, trials, *clopper_pearson(errors, trials))


def apcer(attacks: Sequence[Presentation]) -> ErrorRate:
    """Share of the attacks of one species that were let in."""
    return rate(sum(one.accepted for one in attacks), len(attacks))


def bpcer(live: Sequence[Presentation]) -> ErrorRate:
    """Share of the living that were not let in."""
    return rate(sum(not one.accepted for one in live), len(live))


def cue_counts(found: Mapping[str, Sequence[Presentation]]) -> list[CueCount]:
    """Species in the order given, cues in the order in which they were first heard."""
    return [
        _count(species, cue, presentations)
        for species, presentations in found.items()
        for cue in _cues(presentations)
    ]


def _cues(presentations: Iterable[Presentation]) -> list[str]:
    return list(dict.fromkeys(cue for one in presentations for cue in one.cues))


def _count(species: str, cue: str, presentations: Sequence[Presentation]) -> CueCount:
    said = [one.cues.get(cue, CueVerdict.UNDECIDED) for one in presentations]
    return CueCount(species, cue, {word: said.count(word) for word in CueVerdict})
