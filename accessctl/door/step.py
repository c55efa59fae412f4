"""What one frame brought, as preview, daemon and library see it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

from accessctl.domain import Decision, Face, Match
from accessctl.door.demands import Asked, Prompt
from accessctl.liveness.cues.table import Lines
from accessctl.policy.decide import Verdict


@dataclass(frozen=True, slots=True, eq=False)
class FaceView:
    """A face as a spectator may see it: who it looks like so far, the visit's verdict, what
    the visitor is asked for, and what the cues of liveness have gathered, in words."""

    face: Face
    visit: str
    match: Match | None
    verdict: Verdict | None
    prompt: Prompt | None = None
    gathered: Lines = ()


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What one frame brought; `timings` in milliseconds by stage, `asked` what is new, `scenery`
    how many of the faces are taken for things that are always there."""

    faces: tuple[FaceView, ...]
    decisions: tuple[Decision, ...]
    timings: dict[str, float]
    asked: tuple[Asked, ...] = ()
    scenery: int = 0


@contextmanager
def timed(timings: dict[str, float], stage: str) -> Iterator[None]:
    """Puts into `timings` how long the block took, in milliseconds."""
    started = perf_counter()
    yield
    timings[stage] = (perf_counter() - started) * 1e3
