"""From the words of the cues to one verdict: no averaging, a veto refuses."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from accessctl.domain import PersonId
from accessctl.liveness.blink import blink
from accessctl.liveness.continuity import continuity
from accessctl.liveness.depth import depth
from accessctl.liveness.edges import edges
from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.result import CueResult, CueVerdict
from accessctl.liveness.stillness import stillness
from accessctl.liveness.surroundings import surroundings

MIN_SEEN = 0.75
"""A frame may confirm life only when this share of what surrounds the face is in the picture:
a screen whose rim is out of the picture shows nothing but the face."""


class Liveness(StrEnum):
    LIVE = "live"
    ATTACK = "attack"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class LivenessVerdict:
    """`vetoes` names the cues that refused, `results` is every cue's word in a fixed order."""

    verdict: Liveness
    results: tuple[CueResult, ...]

    @property
    def vetoes(self) -> tuple[str, ...]:
        return tuple(r.cue for r in self.results if r.verdict is CueVerdict.VETO)


def examine(
    frames: Sequence[LivenessFrame],
    candidate: PersonId | None = None,
    *,
    still_camera: bool = True,
    min_seen: float = MIN_SEEN,
) -> LivenessVerdict:
    """What all cues say of a window of frames of one visit, oldest first.

    All frames may veto, but only those that show `candidate` by themselves may confirm:
    otherwise somebody alive could lend their life to a picture of somebody else.
    `still_camera` False leaves out the cue that a hand-held camera would mislead;
    `min_seen` is how much of the surroundings a frame must show to confirm anything.
    """
    clear = [
        frame for frame in frames if frame.around.seen >= min_seen and frame.person == candidate
    ]
    results = [
        continuity(frames),
        stillness(frames),
        edges(frames),
        *([surroundings(frames)] if still_camera else []),
        depth(clear),
        blink(clear),
    ]
    return LivenessVerdict(combine(results), tuple(results))


def combine(results: Iterable[CueResult]) -> Liveness:
    """Any veto is an attack, whatever else was said; without one, any confirmation is life."""
    said = {result.verdict for result in results}
    if CueVerdict.VETO in said:
        return Liveness.ATTACK
    if CueVerdict.CONFIRM in said:
        return Liveness.LIVE
    return Liveness.UNDECIDED
