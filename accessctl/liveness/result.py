"""What a cue says of some frames, how sure it is, and on what that rests."""

from dataclasses import dataclass
from enum import StrEnum

NAN = float("nan")


class CueVerdict(StrEnum):
    """One cue's word.

    `DOUBT` speaks of an attack and suspends a grant; `VETO` refuses for good, and comes of two
    doubts that share no frame, or of what leaves no doubt at all. `CLEAR` means that the cue had
    what it needs to speak of an attack and found nothing; `CONFIRM` shows life, and is clear
    too; `UNDECIDED` means that the cue had not enough to go by and says nothing.
    """

    VETO = "veto"
    DOUBT = "doubt"
    CONFIRM = "confirm"
    CLEAR = "clear"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class CueResult:
    """One cue's word: its `figure`, and the `threshold` it met or missed.

    A figure that could not be measured is NaN. `frames` counts the frames, or independent pairs
    of frames, that the word rests on; `since` and `until` are the capture times of the first
    and the last of them, NaN where there are none. Two results whose spans do not overlap
    share no frame.
    """

    cue: str
    verdict: CueVerdict
    figure: float
    threshold: float
    frames: int = 0
    since: float = NAN
    until: float = NAN


def undecided(cue: str, threshold: float, figure: float = NAN) -> CueResult:
    return CueResult(cue, CueVerdict.UNDECIDED, figure, threshold)
