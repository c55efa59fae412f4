"""What a cue says."""

from dataclasses import dataclass
from enum import StrEnum


class CueVerdict(StrEnum):
    """A veto speaks of an attack, a confirmation of life; undecided says nothing."""

    VETO = "veto"
    CONFIRM = "confirm"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class CueResult:
    """One cue's word on a window of frames: its `figure`, and the `threshold` it met or missed.

    A figure that could not be measured is NaN, and the verdict undecided.
    """

    cue: str
    verdict: CueVerdict
    figure: float
    threshold: float


def undecided(cue: str, threshold: float, figure: float = float("nan")) -> CueResult:
    return CueResult(cue, CueVerdict.UNDECIDED, figure, threshold)
