"""From the words of the cues to one verdict on a visit, which is looked at now and again.

Nothing is averaged: a veto refuses, a doubt suspends. What a cue said stands until it is undone,
and is kept for each cue by itself: a doubt, a second one, a release.
"""

import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from accessctl.domain import PersonId
from accessctl.liveness.cues.table import ROLES, CueRole, breaks, is_awaited, may_veto
from accessctl.liveness.evidence import CueResult, CueVerdict, LivenessFrame

MIN_SEEN = 0.75
"""A frame may confirm life by shape or movement only when this share of what surrounds the face
is in the picture: a screen whose rim is out of the picture shows nothing but the face."""

NOTHING_DOUBTED: Mapping[str, float] = MappingProxyType({})
SPEAKS_AGAINST = frozenset({CueVerdict.VETO, CueVerdict.DOUBT})

MAX_FRAMES = 90
FEWEST = 6
REMEMBERED = 256
"""Of so many frames it is known that they were looked at."""


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
    undecided, and so does a cue that is awaited; without that, any confirmation is life; otherwise
    it is undecided."""
    words = tuple(results)
    said = {result.verdict for result in words}
    if CueVerdict.VETO in said:
        return Liveness.ATTACK
    waits = any(is_awaited(result) for result in words)
    if CueVerdict.CONFIRM in said and CueVerdict.DOUBT not in said and not waits:
        return Liveness.LIVE
    return Liveness.UNDECIDED


def examine(
    frames: Sequence[LivenessFrame],
    candidate: PersonId | None = None,
    *,
    min_seen: float = MIN_SEEN,
    after: Mapping[str, float] = NOTHING_DOUBTED,
    roles: Sequence[CueRole] = ROLES,
) -> LivenessVerdict:
    """What the cues in `roles` say of a window of frames of one visit, oldest first.

    All frames may speak of an attack, but only those that show `candidate` by themselves may
    confirm: otherwise somebody alive could lend their life to a picture of somebody else.
    `min_seen` is how much of the surroundings a frame must show for a cue that is bound to
    them; a cue named in `after` is shown only frames captured later than that.
    """
    results = tuple(
        _hear(role, frames, candidate, min_seen, after.get(role.name, float("-inf")))
        for role in roles
    )
    return LivenessVerdict(combine(results), results)


def _hear(
    role: CueRole,
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


@dataclass(frozen=True, slots=True)
class CueStanding:
    """What there is to remember of one cue.

    `latest` is its last word; `veto` and `doubt` are what stands against a grant, if anything
    does; frames captured up to `after` are not shown to it any more; `doubts` counts them all.
    """

    latest: CueResult | None = None
    veto: CueResult | None = None
    doubt: CueResult | None = None
    after: float = float("-inf")
    doubts: int = 0

    @property
    def against(self) -> CueResult | None:
        """What speaks against a grant now."""
        return self.veto or self.doubt


NEW = CueStanding()
NOTHING_SUSPECTED: Mapping[str, CueStanding] = MappingProxyType({})


def hear(
    before: CueStanding, result: CueResult, *, shown_after: float, vetoes: bool
) -> CueStanding:
    """The standing after one more word.

    `shown_after`: the cue was shown only frames captured later; `vetoes`: it may refuse. A veto
    holds. A doubt suspends; the next one makes a veto of it, or, where the cue may not veto,
    suspends anew. Only a word that the cue is clear releases. A word that rests on frames which
    were doubted before is out of date: it neither makes a veto of a doubt nor releases; but a
    doubt that comes late puts off from when on frames may release.
    """
    if before.veto is not None:
        return before
    if result.verdict is CueVerdict.VETO:
        return replace(before, latest=result, veto=result)
    late = shown_after < before.after
    if late and result.verdict is not CueVerdict.DOUBT:
        return before
    if late and before.doubt is not None:
        return replace(before, after=max(before.after, result.until))
    if result.verdict is CueVerdict.DOUBT:
        if before.doubt is not None and vetoes:
            veto = replace(result, verdict=CueVerdict.VETO)
            return replace(before, latest=veto, veto=veto, doubts=before.doubts + 1)
        return CueStanding(result, None, result, max(before.after, result.until), before.doubts + 1)
    released = result.verdict in (CueVerdict.CLEAR, CueVerdict.CONFIRM)
    return replace(before, latest=result, doubt=None if released else before.doubt)


def cut_off(before: CueStanding, at: float) -> CueStanding:
    """The standing where nothing that was captured up to `at` counts any more."""
    return replace(before, after=max(before.after, at))


@dataclass(frozen=True, slots=True, eq=False)
class CueWindow:
    """Frames of a visit, oldest first, that are to be looked at as frames of `candidate`.

    A cue named in `after` is shown only those captured later than that.
    """

    frames: tuple[LivenessFrame, ...]
    candidate: PersonId | None
    min_seen: float
    after: Mapping[str, float]
    roles: Sequence[CueRole] = ROLES

    def results(self) -> tuple[CueResult, ...]:
        """What each cue says, in a fixed order; some tenth of a second of one core."""
        return examine(
            self.frames,
            self.candidate,
            min_seen=self.min_seen,
            after=self.after,
            roles=self.roles,
        ).results


class VisitCues:
    """Takes in the frames of one visit in order and knows its verdict so far.

    A veto holds for the rest of the visit: a phone that is moved so close that its rim leaves
    the picture stays a phone. A doubt stands until the cue, shown later frames only, says that
    it is clear; if it doubts again instead, that is a veto. A confirmation holds unless the
    same cue doubts, but only for the person whom the frames showed that it came from.
    """

    def __init__(
        self,
        *,
        window_s: float,
        every_s: float,
        min_seen: float = MIN_SEEN,
        roles: Sequence[CueRole] = ROLES,
        suspected: Mapping[str, CueStanding] = NOTHING_SUSPECTED,
    ) -> None:
        """`roles` are the cues that look at the visit; the times are in seconds. `suspected` is
        what spoke against life before, and has not been cleared up."""
        self._roles = roles
        self._window_s = window_s
        self._every_s = every_s
        self._min_seen = min_seen
        self._frames: deque[LivenessFrame] = deque(maxlen=MAX_FRAMES)
        self._due_from: float | None = None
        self._standing: dict[str, CueStanding] = dict(suspected)
        self._confirmed: dict[tuple[PersonId | None, str], CueResult] = {}
        self._looked: dict[float, None] = {}

    @property
    def verdict(self) -> LivenessVerdict:
        """The verdict where nobody asks whom the frames show."""
        return self.verdict_on(None)

    def verdict_on(self, candidate: PersonId | None) -> LivenessVerdict:
        """Of each cue its veto or standing doubt, or else its confirmation for `candidate`, or
        else its latest word."""
        words = (self._word(cue, of, candidate) for cue, of in self._standing.items())
        results = tuple(word for word in words if word is not None)
        return LivenessVerdict(combine(results), results)

    @property
    def suspected(self) -> Mapping[str, CueStanding]:
        """The standing of each cue that speaks against a grant now."""
        return {cue: of for cue, of in self._standing.items() if of.against is not None}

    @property
    def doubts(self) -> Mapping[str, int]:
        """How often each cue has doubted, of those that did."""
        return {cue: of.doubts for cue, of in self._standing.items() if of.doubts}

    def looked_at(self, captured: float) -> bool:
        """Whether the cues have seen the frame that was captured then."""
        return captured in self._looked

    def add(self, frame: LivenessFrame) -> bool:
        """Whether the cues looked at the visit on this occasion (a tenth of a second)."""
        look = self.collect(frame)
        if look is None:
            return False
        self.take(look, look.results())
        return True

    def collect(self, frame: LivenessFrame, candidate: PersonId | None = None) -> CueWindow | None:
        """Take in a frame; what is to be looked at now, if a look is due.

        What it comes to is to be given to `take`. A look that never comes to anything only
        delays: the next one shows most of the same frames.
        """
        backwards = bool(self._frames) and frame.captured < self._frames[-1].captured
        self._frames.append(frame)
        while frame.captured - self._frames[0].captured > self._window_s:
            self._frames.popleft()
        # A clock that ran backwards is looked at at once, so that `continuity` sees it.
        waited = self._due_from is None or frame.captured - self._due_from >= self._every_s
        if len(self._frames) < FEWEST or not (backwards or waited):
            return None
        self._due_from = frame.captured
        return self.aware(
            CueWindow(tuple(self._frames), candidate, self._min_seen, {}, self._roles)
        )

    def aware(self, look: CueWindow) -> CueWindow:
        """The same look, told of the doubts that have been heard since it was collected."""
        after = {cue: of.after for cue, of in self._standing.items() if of.after > -math.inf}
        return replace(look, after=after)

    def take(self, look: CueWindow, results: tuple[CueResult, ...]) -> None:
        """Take over what the cues said of a look."""
        for frame in look.frames:
            self._looked[frame.captured] = None
        while len(self._looked) > REMEMBERED:
            del self._looked[next(iter(self._looked))]
        for result in results:
            self._standing.setdefault(result.cue, NEW)
        # What breaks a visit in two comes last, so that it undoes what was said beside it.
        for result in sorted(results, key=lambda one: breaks(one.cue, self._roles)):
            self._hear(look, _spanned(result, look))

    def suspect(self, look: CueWindow, results: tuple[CueResult, ...]) -> None:
        """Take over what speaks against life in a look of an earlier attempt, and nothing else."""
        for result in results:
            if result.verdict in SPEAKS_AGAINST:
                self._standing.setdefault(result.cue, NEW)
                self._hear(look, _spanned(result, look))

    def _hear(self, look: CueWindow, result: CueResult) -> None:
        cue, before = result.cue, self._standing[result.cue]
        shown_after = look.after.get(cue, -math.inf)
        now = hear(before, result, shown_after=shown_after, vetoes=may_veto(cue, self._roles))
        self._standing[cue] = now
        if now is before:
            return
        if result.verdict is CueVerdict.CONFIRM:
            self._confirmed[look.candidate, cue] = result
        elif result.verdict is CueVerdict.DOUBT:
            self._take_back(cue, result.until)

    def _take_back(self, cue: str, until: float) -> None:
        """Forget the life that a doubt of `cue` speaks against."""
        everything = breaks(cue, self._roles)
        if everything:
            self._standing = {name: cut_off(of, until) for name, of in self._standing.items()}
        self._confirmed = {
            key: word for key, word in self._confirmed.items() if not (everything or key[1] == cue)
        }

    def _word(self, cue: str, of: CueStanding, candidate: PersonId | None) -> CueResult | None:
        kept = of.against or self._confirmed.get((candidate, cue))
        if kept is not None:
            return kept
        # What is left of a confirmation that was for somebody else.
        if of.latest is not None and of.latest.verdict is CueVerdict.CONFIRM:
            return replace(of.latest, verdict=CueVerdict.CLEAR)
        return of.latest


def _spanned(result: CueResult, look: CueWindow) -> CueResult:
    """A doubt that does not say on which frames it rests rests on all that it was shown."""
    if result.verdict is not CueVerdict.DOUBT or math.isfinite(result.until):
        return result
    return replace(result, until=look.frames[-1].captured)
