"""What a cue says of some frames, how sure it is, and on what that rests."""

from dataclasses import dataclass

from accessctl.domain import CueVerdict

__all__ = ["NAN", "CueResult", "CueVerdict", "undecided"]

NAN = float("nan")


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
