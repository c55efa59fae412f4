"""A recording held up to a door that asks for random actions, again and again."""

import random
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from accessctl.camera.video_file import VideoFileSource
from accessctl.domain import Frame
from accessctl.evaluation.presentation import Conditions, frames_at, only_face
from accessctl.liveness.challenge import Challenge, Phase, advance
from accessctl.liveness.evidence import LivenessFrame, gather
from accessctl.liveness.examiner import Examiner
from accessctl.liveness.texture_sampling import TextureSampler
from accessctl.vision.observer import Observer


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """What the door sees at `time` (seconds): the widest face, or None."""

    time: float
    seen: LivenessFrame | None


@dataclass(frozen=True, slots=True)
class Trial:
    """`start` is where in the recording the visit began, seconds; `outcome` is "passed", the
    word of the failure, or "unfinished"; `vetoed` when a passive cue refused meanwhile or doubts
    in the end, which is looked at only where the challenge was passed."""

    start: float
    asked: tuple[str, ...]
    outcome: str
    vetoed: bool = False

    @property
    def passed(self) -> bool:
        return self.outcome == Phase.PASSED


def looped(
    path: Path, observer: Observer, conditions: Conditions, at_least_s: float
) -> tuple[list[Moment], float]:
    """The video `path`, played over and over for `at_least_s` seconds beyond its first end.

    Returns what is seen and how long one round lasts, seconds. Raises CameraError for no
    video.
    """
    moments: list[Moment] = []
    sampler = TextureSampler(conditions.texture)
    length = 0.0
    while not moments or moments[-1].time < length + at_least_s:
        begun = moments[-1].time + 1 / conditions.fps if moments else 0.0
        for frame in frames_at(VideoFileSource(path, fast=True), conditions.fps):
            now = Frame(frame.image, begun + frame.captured, len(moments))
            moments.append(Moment(now.captured, _widest(now, observer, conditions, sampler)))
        length = length or moments[-1].time + 1 / conditions.fps
    return moments, length


def _widest(
    frame: Frame, observer: Observer, conditions: Conditions, sampler: TextureSampler
) -> LivenessFrame | None:
    faces = observer.observe(frame)
    if not faces:
        return None
    face = max(faces, key=lambda one: one.box.w)
    if conditions.only_face:
        frame, face = only_face(frame, face)
    return sampler.sample(frame.image, gather(frame, face))


def trials(
    moments: Sequence[Moment],
    length_s: float,
    count: int,
    chance: random.Random,
    draw: Callable[[random.Random], Challenge],
    conditions: Conditions,
) -> Iterator[Trial]:
    """`count` visits, each begun at a random place of the recording's first `length_s` seconds
    and asked what `draw` draws."""
    times = [moment.time for moment in moments]
    for _ in range(count):
        start = chance.uniform(0, length_s)
        challenge = draw(chance)
        shown = moments[bisect_left(times, start) :]
        state, used = attempt(shown, challenge)
        outcome = str(state.failure or (state.phase if state.over else "unfinished"))
        asked = tuple(step.ask.value for step in challenge.steps)
        passed = state.phase is Phase.PASSED
        vetoed = passed and _vetoed((m.seen for m in shown[:used]), conditions)
        yield Trial(start, asked, outcome, vetoed)


def attempt(moments: Iterable[Moment], state: Challenge) -> tuple[Challenge, int]:
    """How the challenge ends, and after how many moments. The identity is taken to match
    throughout, as it does when one person's recording is played."""
    used = 0
    for moment in moments:
        state = advance(state, moment.seen, moment.time, same_person=True)
        used += 1
        if state.over:
            break
    return state, used


def _vetoed(seen: Iterable[LivenessFrame | None], conditions: Conditions) -> bool:
    examiner = Examiner(
        window_s=conditions.window_s,
        every_s=conditions.every_s,
        min_seen=conditions.min_seen,
    )
    for frame in seen:
        if frame is not None:
            examiner.add(frame)
    verdict = examiner.verdict
    return bool(verdict.vetoes or verdict.doubts)


def outcomes(found: Iterable[Trial]) -> dict[str, int]:
    """How often each outcome, the most frequent first."""
    return dict(Counter(trial.outcome for trial in found).most_common())
