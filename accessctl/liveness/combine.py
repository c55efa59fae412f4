"""From the words of the cues to one verdict: no averaging, a veto refuses, a doubt suspends."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from accessctl.domain import PersonId
from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.result import CueResult, CueVerdict
from accessctl.liveness.roles import ROLES, Role

MIN_SEEN = 0.75
"""A frame may confirm life by shape or movement only when this share of what surrounds the face
is in the picture: a screen whose rim is out of the picture shows nothing but the face."""

NOTHING_DOUBTED: Mapping[str, float] = MappingProxyType({})
SPEAKS_AGAINST = frozenset({CueVerdict.VETO, CueVerdict.DOUBT})


class Liveness(StrEnum):
    LIVE = "live"
    ATTACK = "attack"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class LivenessVerdict:
    """`results` is every cue's word in a fixed order; `vetoes` names the cues that refused,
    `doubts` those that suspend a grant."""

    verdict: Liveness
    results: tuple[CueResult, ...]

    @property
    def vetoes(self) -> tuple[str, ...]:
        return tuple(r.cue for r in self.results if r.verdict is CueVerdict.VETO)

    @property
    def doubts(self) -> tuple[str, ...]:
        return tuple(r.cue for r in self.results if r.verdict is CueVerdict.DOUBT)


def combine(results: Iterable[CueResult]) -> Liveness:
    """The rule of evidence. Any veto is an attack; without one, any doubt that stands leaves it
    undecided; without that, any confirmation is life; otherwise it is undecided."""
    said = {result.verdict for result in results}
    if CueVerdict.VETO in said:
        return Liveness.ATTACK
    if CueVerdict.CONFIRM in said and CueVerdict.DOUBT not in said:
        return Liveness.LIVE
    return Liveness.UNDECIDED


def examine(
    frames: Sequence[LivenessFrame],
    candidate: PersonId | None = None,
    *,
    min_seen: float = MIN_SEEN,
    after: Mapping[str, float] = NOTHING_DOUBTED,
) -> LivenessVerdict:
    """What all cues say of a window of frames of one visit, oldest first.

    All frames may speak of an attack, but only those that show `candidate` by themselves may
    confirm: otherwise somebody alive could lend their life to a picture of somebody else.
    `min_seen` is how much of the surroundings a frame must show for a cue that is bound to
    them; a cue named in `after` is shown only frames captured later than that.
    """
    results = tuple(
        _hear(role, frames, candidate, min_seen, after.get(role.name, float("-inf")))
        for role in ROLES
    )
    return LivenessVerdict(combine(results), results)


def _hear(
    role: Role,
    frames: Sequence[LivenessFrame],
    candidate: PersonId | None,
    min_seen: float,
    after: float,
) -> CueResult:
    later = [frame for frame in frames if frame.captured > after]
    if role.facts and len(later) < len(frames):
        fact = role.look(frames)
        if fact.verdict is CueVerdict.VETO:
            return fact
    said = role.look(later)
    if not role.confirms or said.verdict in SPEAKS_AGAINST:
        return said
    least = min_seen if role.framed else float("-inf")
    shows = [f for f in later if f.person == candidate and f.around.seen >= least]
    if len(shows) == len(later):
        return said
    shown = role.look(shows)
    if shown.verdict is CueVerdict.CONFIRM or shown.verdict in SPEAKS_AGAINST:
        return shown
    # It found no attack in any frame, but life only where that does not count.
    return replace(said, verdict=CueVerdict.CLEAR) if said.verdict is CueVerdict.CONFIRM else said
