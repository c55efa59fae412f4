"""A recording held up to a door that asks for random actions, again and again.

What is the door's own: the challenge with its rule of whose face must be seen meanwhile, the
looks for life and what they may say, which frames are passed over, how long it is patient, and
whom a frame shows by itself. What is not: the recording is watched once, with the texture network
asked along it and not anew in each visit, and whoever it shows best is enrolled and taken for
recognised from the first frame of a visit on. A face that is lost and found again as another ends
the try; at a door it would begin another visit.
"""

import random
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from accessctl.camera.stream import VideoFileSource
from accessctl.domain import Face, Frame, PersonId
from accessctl.door.demands import UNFINISHED, Wanted
from accessctl.door.visit_liveness import VisitLiveness
from accessctl.evaluation.presentation import BestFrame, Conditions, frames_at, watched
from accessctl.evaluation.trial_door import DoorParts
from accessctl.gallery.people import Template
from accessctl.liveness.challenge import Phase
from accessctl.liveness.evidence import LivenessFrame, gather
from accessctl.liveness.examiner import CueWindow
from accessctl.liveness.texture_network import TextureSampler
from accessctl.liveness.worker import Examine
from accessctl.policy.circumstances import Proof
from accessctl.policy.decide import shown_by
from accessctl.recognition.matcher import Matcher

VISITOR = PersonId("visitor")


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """What the door sees at `time` (seconds): the widest face, or None."""

    time: float
    seen: LivenessFrame | None


@dataclass(frozen=True, slots=True)
class Trial:
    """`start` is where in the recording the visit began, seconds; `asked` what was asked of it;
    `outcome` is "passed", the word of the failure, or "unfinished"; `vetoed` when the door keeps
    the visitor out although the challenge was passed, because a cue refuses or still doubts when
    its patience is over. That is looked at only where the challenge was passed."""

    start: float
    asked: tuple[str, ...]
    outcome: str
    vetoed: bool = False

    @property
    def passed(self) -> bool:
        return self.outcome == Phase.PASSED


def looped(
    path: Path,
    observe: Callable[[Frame], list[Face]],
    parts: DoorParts,
    conditions: Conditions,
    at_least_s: float,
) -> tuple[list[Moment], float]:
    """The video `path`, played over and over for `at_least_s` seconds beyond its first end.

    Returns what is seen and how long one round lasts, seconds. `observe` follows the faces from
    frame to frame. Raises CameraError for no video.
    """
    widest = watched(
        (frame for frame, _ in _rounds(path, conditions.fps, at_least_s)),
        lambda frame: sorted(observe(frame), key=lambda face: face.box.w)[-1:],
    )
    gatherer = _Gatherer(parts, conditions, widest.best.values())
    moments: list[Moment] = []
    length = 0.0
    rounds = _rounds(path, conditions.fps, at_least_s)
    for (frame, so_far), faces in zip(rounds, widest.faces, strict=True):
        seen = gatherer.seen(frame, faces[0]) if faces else None
        moments.append(Moment(frame.captured, seen))
        length = so_far
    return moments, length


def _rounds(path: Path, fps: float, at_least_s: float) -> Iterator[tuple[Frame, float]]:
    """The frames of the film over and over, each with how long one round lasts as far as that is
    known by then."""
    count, last, length = 0, 0.0, 0.0
    while last < length + at_least_s or not count:
        begun = last + 1 / fps if count else 0.0
        first_round = not count
        for frame in frames_at(VideoFileSource(path, fast=True), fps):
            last = begun + frame.captured
            if first_round:
                length = last + 1 / fps
            yield Frame(frame.image, last, count), length
            count += 1
        if not count:
            return


class _Gatherer:
    """What each frame tells the cues, where whoever is shown best is enrolled."""

    def __init__(
        self, parts: DoorParts, conditions: Conditions, portraits: Iterable[BestFrame]
    ) -> None:
        self._parts = parts
        self._conditions = conditions
        self._sampler = TextureSampler(parts.wanted.texture)
        best = max(portraits, key=lambda one: one.face.quality.score, default=None)
        templates = []
        if best is not None:
            embedding = parts.recogniser.embed(best.image, [best.face])[0]
            templates.append(Template(VISITOR, embedding, best.face.quality.score))
        self._matcher = Matcher(templates, parts.normaliser, parts.calibration)

    def seen(self, frame: Frame, face: Face) -> LivenessFrame:
        embedding = person = None
        if face.quality.usable:
            embedding = self._parts.recogniser.embed(frame.image, [face])[0]
            match = self._matcher.search(embedding)
            person = shown_by(match, self._parts.policy.frame_fmr)
        frame, face = self._conditions.shown(frame, face)
        return self._sampler.sample(frame.image, gather(frame, face, embedding, person))


def trials(
    moments: Sequence[Moment],
    length_s: float,
    count: int,
    chance: random.Random,
    parts: DoorParts,
) -> Iterator[Trial]:
    """`count` visits, each begun at a random place of the recording's first `length_s` seconds
    and asked what the door draws from `chance`."""
    times = [moment.time for moment in moments]
    for _ in range(count):
        start, seed = chance.uniform(0, length_s), chance.getrandbits(64)
        shown = moments[bisect_left(times, start) :]
        # The challenge does not depend on the looks, which take most of the time.
        visit = attempt(shown, _drawing(parts.wanted, seed), parts.leave_after_s, _unseen)
        vetoed = False
        if visit.challenge == Phase.PASSED:
            full = attempt(shown, _drawing(parts.wanted, seed), parts.leave_after_s, parts.examine)
            vetoed = full.liveness is not Proof.SHOWN
        yield Trial(start, visit.record().asked, visit.challenge or UNFINISHED, vetoed)


@dataclass(frozen=True, slots=True)
class Playing:
    """What plays a recording over and over, and what tries visits to it."""

    looped: Callable[..., tuple[list[Moment], float]] = looped
    trials: Callable[..., Iterable[Trial]] = trials


def attempt(
    moments: Iterable[Moment], wanted: Wanted, leave_after_s: float, examine: Examine
) -> VisitLiveness:
    """One visit to the door, up to where its liveness is settled, the visitor has left or the
    moments end; `examine` looks with the cues."""
    inspection = VisitLiveness(wanted)
    last: float | None = None
    for moment in moments:
        if last is not None and moment.time - last > leave_after_s:
            break
        if moment.seen is None:
            continue
        last = moment.time
        if not inspection.is_due(moment.time):
            continue
        look = inspection.watch(moment.seen, VISITOR, matched=True)
        while look is not None:
            look = inspection.take(look, examine(look))
        if inspection.liveness is not Proof.PENDING:
            break
    return inspection


def _drawing(wanted: Wanted, seed: int) -> Wanted:
    return replace(wanted, chance=random.Random(seed))  # noqa: S311 - repeatable on purpose


def _unseen(look: CueWindow) -> tuple[()]:
    del look
    return ()


def outcomes(found: Iterable[Trial]) -> dict[str, int]:
    """How often each outcome, the most frequent first."""
    return dict(Counter(trial.outcome for trial in found).most_common())
