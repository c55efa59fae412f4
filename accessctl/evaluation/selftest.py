"""What a door makes of the faces and attacks that its installer presents to it.

Each presentation is shown to a door of its own (`trial_door`): the first frame that is good
enough is enrolled, as if the visitor, or whoever a picture shows, were known here. From then on
the door decides as it always does, and the presentation ends when it has.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from accessctl.camera.reader import Reader
from accessctl.domain import Face, Frame
from accessctl.door.posed import UNFINISHED
from accessctl.evaluation.presentation import SHORTEST_S
from accessctl.evaluation.trial_door import DoorParts, TrialDoor
from accessctl.liveness.result import CueVerdict
from accessctl.liveness.words import evidence_lines

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
class SelfTestDoor:
    """Who looks, and what the door is made of that is looked through."""

    observer: Observes
    parts: DoorParts


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
    looking: SelfTestDoor,
    say: Callable[[str], None],
    species: str,
    number: int,
) -> Presented:
    """Show `frames` to the door, the widest face of each, one visit for each track.

    Ends early when the door has decided. `say` is told each new prompt of a challenge, and what
    each cue has gathered whenever that changes.
    """
    trials: dict[int, _PresentedTrack] = {}
    for frame in frames:
        faces = looking.observer.observe(frame)
        if not faces:
            continue
        face = max(faces, key=lambda one: one.box.w)
        if face.track not in trials:
            trials[face.track] = _PresentedTrack(looking.parts, frame.captured)
        trial = trials[face.track]
        for line in trial.show(frame, face):
            say(line)
        if trial.door.decision is not None:
            break
    for trial in trials.values():
        trial.close()
    challenge_mode = looking.parts.wanted.liveness.mode == "challenge"
    enough = [one for one in trials.values() if one.seconds >= SHORTEST_S or one.ended_early]
    if not enough:
        return Presented(species, number, Result.NO_FACE)
    longest = max(enough, key=lambda trial: trial.seconds)
    accepted = any(trial.door.accepted for trial in enough)
    return Presented(
        species,
        number,
        Result.ACCEPTED if accepted else Result.REFUSED,
        {result.cue: result.verdict for result in longest.door.results},
        (longest.door.challenge or UNFINISHED) if challenge_mode else None,
        tuple(line for line, _ in evidence_lines(longest.door.results)),
    )


class _PresentedTrack:
    """One track at a door of its own, and what of it was told."""

    def __init__(self, parts: DoorParts, since: float) -> None:
        self.door = TrialDoor(parts)
        self.ended_early = False
        self._since = self._last = since
        self._enrolled = False
        self._prompt = ""
        self._told: frozenset[str] = frozenset()

    @property
    def seconds(self) -> float:
        return self._last - self._since

    def show(self, frame: Frame, face: Face) -> list[str]:
        """What is to be said now that was not said before."""
        self._last = frame.captured
        if face.quality.usable and not self._enrolled:
            self.door.enrol(frame.image, face)
            self._enrolled = True
        view = self.door.step(frame, face)
        self.ended_early = self.door.decision is not None
        results = self.door.results
        lines = evidence_lines(results) if self.ended_early else view.gathered
        prompt = view.prompt
        asked = prompt.text if prompt is not None and prompt.steps else ""
        news = [asked] if asked not in {"", self._prompt} else []
        before, self._told = self._told, frozenset(line for line, _ in lines)
        self._prompt = asked or self._prompt
        return news + [line for line, _ in lines if line not in before]

    def close(self) -> None:
        self.door.close(self._last)
