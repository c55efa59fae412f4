"""One visit as values: what has happened in it, attempt by attempt, each of which ends in one
decision.

A `Visit` never changes. The door, and nobody else, puts the next one in its place. What a frame
brought of all visits is a `Step`, for preview, daemon and library.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from accessctl.domain import (
    Box,
    Decision,
    Face,
    Image,
    Match,
    Outcome,
    PersonId,
    Reason,
    Sighting,
)
from accessctl.door.demands import Asked, Prompt
from accessctl.door.viewing import Viewing
from accessctl.door.visit_liveness import VisitLiveness
from accessctl.gallery.badges import Badge
from accessctl.liveness.cues.table import Lines
from accessctl.policy.circumstances import Circumstances, Proof
from accessctl.policy.decide import Evidence, Naming, Verdict
from accessctl.policy.evidence_record import NO_CUES, LivenessRecord
from accessctl.policy.lockout import Charge, charge_of
from accessctl.recognition.pooling import Pooled, pool
from accessctl.recognition.repeats import Look

ENROLMENT = "enrolment"
"""What is told of a visit that is held off because somebody is enrolled at the door."""

# At 15 frames a second, eight seconds of evidence; bounds memory whatever the window says.
MAX_SIGHTINGS = 120

MOST_STRETCHES = 4
"""Of so many people what was broken off is kept."""

FINAL = frozenset({Proof.REFUTED, Proof.MISSING})


@dataclass(frozen=True, slots=True, eq=False)
class LifeShown:
    """What a visitor has shown of being alive and of wanting to come in, as of the last frame
    that was looked at; `prompt` is what they are asked for.

    `source` knows what the cues have gathered since; None where nobody asks for life or a gesture.
    """

    liveness: Proof = Proof.NOT_NEEDED
    intent: Proof = Proof.NOT_NEEDED
    prompt: Prompt | None = None
    source: VisitLiveness | None = None

    def newly_refuses(self, before: "LifeShown") -> bool:
        """Whether the visitor may now be refused for want of proof, and might not be `before`."""
        now = (self.liveness, self.intent)
        return now != (before.liveness, before.intent) and not FINAL.isdisjoint(now)

    @property
    def doubted(self) -> bool:
        """Whether more speaks against life than that it was not shown."""
        return self.source is not None and self.source.doubted

    @property
    def attacked(self) -> bool:
        """Whether a cue has seen an attack, be it after the attempt was over."""
        return self.source is not None and self.source.attacked

    @property
    def owes(self) -> bool:
        """Whether the attempt must not be given up for nothing: a challenge is not answered, or
        something speaks against life."""
        return self.unanswered is not None or self.doubted or self.liveness is Proof.REFUTED

    @property
    def unanswered(self) -> PersonId | None:
        """Whom a challenge was asked of that is not answered, if anybody."""
        return None if self.source is None else self.source.unanswered

    @property
    def gathered(self) -> Lines:
        """What the cues of liveness have gathered, in words."""
        return () if self.source is None else self.source.gathered

    @property
    def record(self) -> LivenessRecord:
        """What is written down of it."""
        return NO_CUES if self.source is None else self.source.record()

    def passes_over(self, captured: float) -> bool:
        """Whether the cues will not look at a frame of that time, so soon after the last one."""
        return self.source is not None and not self.source.is_due(captured)

    def looked_at(self, sightings: tuple[Sighting, ...]) -> tuple[bool, ...] | None:
        """Which of these the cues have looked at; None where nobody asks for life."""
        if self.source is None or self.liveness is Proof.NOT_NEEDED:
            return None
        return tuple(self.source.looked_at(one.captured) for one in sightings)


NOTHING_SHOWN = LifeShown()
NOTHING_VIEWED = Viewing()


@dataclass(frozen=True, slots=True, eq=False)
class Visit:
    """A tracked face from first sight until it leaves.

    `last_seen` is a capture time in seconds, and so is `since`, that of the first usable frame;
    `seen` counts the usable ones, `sightings` are those within the window and `pooled` the search
    with all of them. `widths` are those of all faces in the last frame that showed it, in pixels,
    `index` its own; `picture` is what would be kept of the last usable one. `factor_prompt` is
    there while a second factor is asked for. Once there is a `verdict`, the attempt is decided, of
    which `attempt` is the number; the next one may begin at `rests_until` (capture time), which is
    infinite where nothing changes the verdict any more. `charged` is what has been counted of the
    visit as a refused attempt, and whose. `box` is the face's last one. `still_at_first`: the visit
    began in a place where a face had long stood still; `noted_still`: that it does is on record.
    `after` is the decided visit whose face may be this one. `look` is how the face looked in the
    last of the `encoded` frames, those that the whole encoder has seen. `broken_off` is what was
    seen along tracks that broke before anything was decided, of each person once. `claim` is the
    badge that was read for this attempt: whatever was seen is compared with its person alone.
    `held`: somebody was enrolled at this door while the visitor stood there, and nothing is decided
    of them before they have left. `viewing` is how the attempt was seen.
    """

    id: str
    last_seen: float
    sightings: tuple[Sighting, ...] = ()
    pooled: Match | None = None
    seen: int = 0
    since: float | None = None
    widths: tuple[float, ...] = (1.0,)
    index: int = 0
    picture: Image | None = None
    life: LifeShown = NOTHING_SHOWN
    factor_prompt: Prompt | None = None
    verdict: Verdict | None = None
    attempt: int = 1
    rests_until: float = math.inf
    charged: frozenset[tuple[Charge, PersonId | None]] = frozenset()
    box: Box | None = None
    still_at_first: bool = False
    noted_still: bool = False
    after: "Visit | None" = None
    look: Look | None = None
    encoded: int = 0
    broken_off: "tuple[Visit, ...]" = ()
    claim: Badge | None = None
    held: bool = False
    viewing: Viewing = NOTHING_VIEWED

    @property
    def final(self) -> bool:
        """Whether nothing more is decided in this visit."""
        return self.verdict is not None and math.isinf(self.rests_until)

    def again(self) -> "Visit":
        """The next attempt: whatever is to count for it has to be seen anew, a badge too."""
        return replace(self._anew(), attempt=self.attempt + 1, claim=None)

    def from_the_beginning(self) -> "Visit":
        """The same visitor, of whom nothing has been decided."""
        anew = self._anew()
        return replace(anew, attempt=1, charged=frozenset(), after=None, broken_off=(), claim=None)

    def on_another_track(self) -> "Visit":
        """The same attempt, or the same pause, of a face that may not be the same any more. What
        was seen until now is kept for the case that nothing else comes of it."""
        if self.verdict is not None:
            return self
        return replace(self._anew(), broken_off=self._stretches())

    def by_other_rules(self) -> "Visit":
        """The same attempt, of which nothing that was seen counts."""
        return replace(self._anew(), broken_off=())

    def held_off(self) -> "Visit":
        """The same visitor, of whom nothing more is decided until they have left; but what was seen
        by now and would be refused to somebody is told then."""
        anew = self.on_another_track() if self.verdict is None else self.again()
        return replace(anew, claim=None, held=True)

    @property
    def best_match(self) -> PersonId | None:
        """Whom the visit looks like, sure or not."""
        return None if self.pooled is None else self.pooled.person

    def _stretches(self) -> "tuple[Visit, ...]":
        """All that was seen along one track, of each person the longest, the longest first."""
        seen = [one for one in (replace(self, broken_off=()), *self.broken_off) if one.seen]
        longest: dict[PersonId | None, Visit] = {}
        for one in sorted(seen, key=lambda one: -one.seen):
            longest.setdefault(one.best_match, one)
        return tuple(longest.values())[:MOST_STRETCHES]

    def _anew(self) -> "Visit":
        return Visit(
            self.id,
            self.last_seen,
            widths=self.widths,
            index=self.index,
            attempt=self.attempt,
            charged=self.charged,
            box=self.box,
            still_at_first=self.still_at_first,
            noted_still=self.noted_still,
            after=self.after,
            broken_off=self.broken_off,
            claim=self.claim,
            held=self.held,
        )

    def charge(self, verdict: Verdict) -> tuple["Visit", Verdict | None]:
        """The visit, and what counts as a refused attempt once `verdict` was given, if anything.

        A row of refusals of one kind counts once. But a challenge that was not answered counts
        each time, also where company, another face or another's badge was told of instead:
        otherwise to wait for an easy one would cost nothing. So does each badge that was shown
        with another face.
        """
        mismatch = verdict.reason is Reason.BADGE_MISMATCH
        verdict = self._as_counted(verdict)
        kind = charge_of(verdict)
        if kind is None:
            return self, None
        one = kind, None if verdict.match is None else verdict.match.person
        if kind is Charge.STRANGER:
            one = kind, None
        posed = verdict.reason is Reason.LIVENESS_UNDECIDED and bool(self.life.record.asked)
        counts = posed or mismatch or one not in self.charged
        return replace(self, charged=self.charged | {one}), verdict if counts else None

    def _as_counted(self, verdict: Verdict) -> Verdict:
        person = self.life.unanswered
        others = (Reason.TWO_FACES, Reason.BADGE_MISMATCH)
        avoided = verdict.outcome is Outcome.UNKNOWN or verdict.reason in others
        if person is None or self.pooled is None or not avoided:
            return verdict
        match = replace(self.pooled, person=person)
        return Verdict(Outcome.DENIED, Reason.LIVENESS_UNDECIDED, match)

    def usable(self, captured: float) -> "Visit":
        """After one more usable frame."""
        since = captured if self.since is None else self.since
        return replace(self, seen=self.seen + 1, since=since)

    def window_with(self, sighting: Sighting, window_s: float) -> tuple[Sighting, ...]:
        """The sightings that count once `sighting` has come: those within the window before it."""
        kept = (*self.sightings, sighting)[-MAX_SIGHTINGS:]
        recent = next(n for n, one in enumerate(kept) if not _older(one, sighting, window_s))
        return kept[recent:]

    def with_sightings(
        self, sightings: tuple[Sighting, ...], pooled: Match | None, look: Look | None = None
    ) -> "Visit":
        """After the whole encoder has seen a frame: those of `window_with`, the search with all of
        them, and how the face looked."""
        return replace(
            self, sightings=sightings, pooled=pooled, look=look, encoded=self.encoded + 1
        )

    @property
    def prompt(self) -> Prompt | None:
        """What the visitor is asked for; the second factor comes first."""
        return self.factor_prompt or self.life.prompt

    @property
    def gathered(self) -> Lines:
        """What the cues of liveness have gathered, in words, until the attempt is decided."""
        return () if self.verdict is not None else self.life.gathered

    def evidence(self, *, left: bool = False, naming: Naming = Naming.SEARCHED) -> Evidence:
        """What the policy decides by; `left` once the face has gone."""
        since = self.last_seen if self.since is None else self.since
        live = self.life.looked_at(self.sightings)
        return Evidence(self.sightings, self.pooled, self.seen, since, left, live, naming)

    def over(self) -> "Visit":
        """Nothing is asked of the visitor any more."""
        return replace(self, factor_prompt=None, life=replace(self.life, prompt=None))


def pooled(sightings: Sequence[Sighting]) -> Pooled:
    """Their embeddings in one, by quality; ValueError for none."""
    embeddings = np.stack([one.embedding for one in sightings])
    return pool(embeddings, np.array([one.quality for one in sightings], np.float32))


def _older(sighting: Sighting, newest: Sighting, window_s: float) -> bool:
    return newest.captured - sighting.captured > window_s


@dataclass(frozen=True, slots=True, eq=False)
class FaceView:
    """A face as a spectator may see it: who it looks like so far, the visit's verdict, what
    the visitor is asked for, what the cues of liveness have gathered, in words, whose badge it is
    compared by, if by any, and whether nothing is decided of it because somebody is enrolled."""

    face: Face
    visit: str
    match: Match | None
    verdict: Verdict | None
    prompt: Prompt | None = None
    gathered: Lines = ()
    claimed: PersonId | None = None
    held: bool = False

    @property
    def told(self) -> str:
        """What the visitor is told while nothing is decided: what is asked of them, else what
        keeps the face from being looked at."""
        if self.held:
            return ENROLMENT
        if self.prompt is not None:
            return self.prompt.text
        reasons = self.face.quality.reasons
        return reasons[0] if reasons else "looking ..."


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What one frame brought; `timings` in milliseconds by stage, `asked` what is new, `scenery`
    how many of the faces are taken for things that are always there."""

    faces: tuple[FaceView, ...]
    decisions: tuple[Decision, ...]
    timings: dict[str, float]
    asked: tuple[Asked, ...] = ()
    scenery: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What the policy says of a visit now, and by what."""

    evidence: Evidence
    last_grant: float | None
    circumstances: Circumstances
    verdict: Verdict | None

    @property
    def grants(self) -> bool:
        return self.verdict is not None and self.verdict.outcome is Outcome.GRANTED


@contextmanager
def timed(timings: dict[str, float], stage: str) -> Iterator[None]:
    """Adds to `timings` how long the block took, in milliseconds."""
    started = perf_counter()
    yield
    timings[stage] = timings.get(stage, 0.0) + (perf_counter() - started) * 1e3
