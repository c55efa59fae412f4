"""What a door makes of the faces and attacks that its installer presents to it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import numpy as np

from accessctl.camera.reader import Reader
from accessctl.domain import Embedding, Face, Frame
from accessctl.encoder.base import Encoder
from accessctl.evaluation.presentation import SHORTEST_S
from accessctl.liveness.challenge import Challenge, Phase, advance
from accessctl.liveness.combine import Liveness
from accessctl.liveness.evidence import gather
from accessctl.liveness.examiner import Examiner
from accessctl.liveness.result import CueVerdict
from accessctl.liveness.texture_network import TextureScorer
from accessctl.liveness.texture_sampling import TextureSampler
from accessctl.liveness.words import evidence_lines
from accessctl.vision.alignment import cut

WAIT_S = 0.5
GRACE_S = 10.0
"""A camera that gives no frame at all for so long beyond its time shows no face."""


class Result(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"
    NO_FACE = "no_face"


@dataclass(frozen=True, slots=True)
class Presented:
    """One presentation: `species` is "live" or an attack's name, `number` counts from 1 within
    it. `cues` holds the strongest word of each cue, of the face that was seen longest, and
    `evidence` tells it in words; `challenge` how the challenge ended, None in passive mode and
    where none was begun."""

    species: str
    number: int
    result: Result
    cues: Mapping[str, CueVerdict] = field(default_factory=dict)
    challenge: str | None = None
    evidence: tuple[str, ...] = ()

    def content(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "species": self.species,
            "number": self.number,
            "result": str(self.result),
            "cues": {cue: str(said) for cue, said in self.cues.items()},
            "challenge": self.challenge,
            "evidence": list(self.evidence),
        }


class Observes(Protocol):
    """What is asked of `vision`: the faces of a frame, followed from frame to frame."""

    def observe(self, frame: Frame) -> list[Face]: ...


@dataclass(frozen=True, slots=True)
class Looking:
    """How the door looks: what makes an examiner and, in challenge mode, a challenge; `texture`
    is the network that is asked about the pictures, if one is."""

    observer: Observes
    encoder: Encoder | None
    examiner: Callable[[], Examiner]
    challenge: Callable[[], Challenge] | None = None
    texture: TextureScorer | None = None


def frames_for(reader: Reader, seconds: float, clock: Callable[[], float]) -> Iterator[Frame]:
    """The frames of the next `seconds`, by their own times; `clock` gives monotonic seconds."""
    begun: float | None = None
    give_up = clock() + seconds + GRACE_S
    while not reader.ended:
        frame = reader.next(WAIT_S)
        if frame is None:
            if clock() >= give_up:
                return
            continue
        begun = frame.captured if begun is None else begun
        yield frame
        if frame.captured - begun >= seconds:
            return


def present(
    frames: Iterable[Frame],
    looking: Looking,
    say: Callable[[str], None],
    species: str,
    number: int,
) -> Presented:
    """Look at `frames` as the door would, the widest face of each, one visit for each track.

    Ends early when a challenge is passed or failed. `say` is told each new prompt, and what
    each cue has gathered whenever that changes.
    """
    visits: dict[int, _Visit] = {}
    said = ""
    for frame in frames:
        faces = looking.observer.observe(frame)
        if not faces:
            continue
        face = max(faces, key=lambda one: one.box.w)
        if face.track not in visits:
            visits[face.track] = _Visit(looking, frame.captured)
        visit = visits[face.track]
        visit.see(frame, face)
        if visit.prompt not in {"", said}:
            said = visit.prompt
            say(said)
        for line in visit.news():
            say(line)
        if visit.over:
            break
    long_enough = [visit for visit in visits.values() if visit.seconds >= SHORTEST_S or visit.over]
    if not long_enough:
        return Presented(species, number, Result.NO_FACE)
    accepted = any(visit.accepted for visit in long_enough)
    longest = max(long_enough, key=lambda visit: visit.seconds)
    result = Result.ACCEPTED if accepted else Result.REFUSED
    return Presented(species, number, result, longest.cues, longest.ended, longest.evidence)


class _Visit:
    def __init__(self, looking: Looking, since: float) -> None:
        self._looking = looking
        self._examiner = looking.examiner()
        self._challenge = None if looking.challenge is None else looking.challenge()
        self._sampler = TextureSampler(looking.texture)
        self._told: frozenset[str] = frozenset()
        self._since = self._last = since
        self._taken_for_live = False

    @property
    def seconds(self) -> float:
        return self._last - self._since

    @property
    def over(self) -> bool:
        return self._challenge is not None and self._challenge.over

    @property
    def prompt(self) -> str:
        return "" if self._challenge is None else self._challenge.prompt

    @property
    def accepted(self) -> bool:
        if self._challenge is None:
            return self._taken_for_live
        passed = self._challenge.phase is Phase.PASSED
        verdict = self._examiner.verdict
        return passed and not (verdict.vetoes or verdict.doubts)

    @property
    def cues(self) -> dict[str, CueVerdict]:
        return {result.cue: result.verdict for result in self._examiner.verdict.results}

    @property
    def evidence(self) -> tuple[str, ...]:
        return tuple(line for line, _ in evidence_lines(self._examiner.verdict.results))

    def news(self) -> list[str]:
        """The lines of evidence that have changed since the last call."""
        before, now = self._told, self.evidence
        self._told = frozenset(now)
        return [line for line in now if line not in before]

    @property
    def ended(self) -> str | None:
        if self._challenge is None:
            return None
        if not self.over:
            return "unfinished"
        return str(self._challenge.failure or self._challenge.phase)

    def see(self, frame: Frame, face: Face) -> None:
        self._last = frame.captured
        seen = gather(frame, face, self._embedding(frame, face))
        seen = self._sampler.sample(frame.image, seen)
        self._examiner.add(seen)
        verdict = self._examiner.verdict
        self._taken_for_live |= verdict.verdict is Liveness.LIVE
        if self._challenge is not None:
            # Who the visitor is, is not asked here; a swapped face is the continuity cue's.
            same = "continuity" not in verdict.vetoes
            self._challenge = advance(self._challenge, seen, frame.captured, same_person=same)

    def _embedding(self, frame: Frame, face: Face) -> Embedding | None:
        encoder = self._looking.encoder
        if encoder is None or not face.quality.usable:
            return None
        crop = cut(frame.image, face.landmarks, encoder.card.crop_geometry)
        return np.asarray(encoder.embed(crop[None])[0], np.float32)
