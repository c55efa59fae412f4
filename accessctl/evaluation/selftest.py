"""A self-test of liveness, led by an installer: what the door makes of faces and attacks.

Each presentation is shown to a door of its own (`trial_door`): the first frame that is good
enough is enrolled, as if the visitor, or whoever a picture shows, were known here. From then on
the door decides as it always does, and the presentation ends when it has. `run_session` leads
through all of them and keeps what came of each; the errors are counted species by species.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from accessctl.audit.base import LIVENESS_TESTED
from accessctl.camera.reader import Reader
from accessctl.domain import Event, EventKind, Face, Frame
from accessctl.door.demands import UNFINISHED
from accessctl.errors import FaultError
from accessctl.evaluation.presentation import LIVE, SHORTEST_S, ErrorRate, rate
from accessctl.evaluation.trial_door import DoorParts, TrialDoor
from accessctl.liveness.cues.table import evidence_lines
from accessctl.liveness.evidence import CueVerdict
from accessctl.storage.files import write_atomically

WAIT_S = 0.5

GRACE_S = 10.0
"""A camera that gives no frame at all for so long beyond its time shows no face."""

STOPPED, ENDED = "broken off by the installer", "the recording ended"


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


Present: TypeAlias = Callable[
    [Iterable[Frame], SelfTestDoor, Callable[[str], None], str, int], Presented
]
"""As `present`."""


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


@dataclass(frozen=True, slots=True)
class SpeciesTally:
    """One species: APCER of an attack, BPCER of the living (ISO/IEC 30107-3), of those
    presentations in which a face was seen; `rate` is None without any. `no_face` counts the
    others."""

    species: str
    rate: ErrorRate | None
    no_face: int

    @property
    def name(self) -> str:
        return "BPCER" if self.species == LIVE else "APCER"

    def content(self) -> dict[str, Any]:
        """For JSON; without an answered presentation there is no rate."""
        known: dict[str, Any] = {"species": self.species, "rate": self.name}
        if self.rate is not None:
            known |= {
                "errors": self.rate.errors,
                "trials": self.rate.trials,
                "low": self.rate.low,
                "high": self.rate.high,
            }
        return known | {"no_face": self.no_face}


def tally(done: Iterable[Presented]) -> list[SpeciesTally]:
    """Species in the order in which they were presented."""
    by_species: dict[str, list[Result]] = {}
    for one in done:
        by_species.setdefault(one.species, []).append(one.result)
    return [_tally(species, results) for species, results in by_species.items()]


def _tally(species: str, results: list[Result]) -> SpeciesTally:
    no_face = results.count(Result.NO_FACE)
    wrong = Result.REFUSED if species == LIVE else Result.ACCEPTED
    answered = len(results) - no_face
    found = rate(results.count(wrong), answered) if answered else None
    return SpeciesTally(species, found, no_face)


def worst(tallies: Iterable[SpeciesTally]) -> SpeciesTally | None:
    """The attack species with the highest APCER, and of equals the one known least well; None
    when no attack was answered."""
    attacks = [one for one in tallies if one.species != LIVE and one.rate is not None]
    return max(attacks, key=_height, default=None)


def _height(one: SpeciesTally) -> tuple[float, float]:
    return (-1.0, -1.0) if one.rate is None else (one.rate.value, one.rate.high)


@dataclass(frozen=True, slots=True)
class SelfTestPlan:
    """What is to be presented: the living and each of `attacks`, `presentations` times each,
    `seconds` long; `source` is the camera in words, `mode` passive or challenge."""

    began: datetime
    source: str
    mode: str
    attacks: tuple[str, ...]
    presentations: int
    seconds: float

    def order(self) -> Iterator[tuple[str, int]]:
        """(species, number within it) of each presentation."""
        for species in (LIVE, *self.attacks):
            for number in range(1, self.presentations + 1):
                yield species, number


@dataclass(frozen=True, slots=True)
class Installer:
    """Whoever presents: `ready` tells what comes next and waits, False to stop; `told` hears
    a challenge's prompts and the evidence as it gathers; `heard` what each presentation came to."""

    ready: Callable[[str, int], bool]
    told: Callable[[str], None]
    heard: Callable[[Presented], None]


@dataclass(slots=True)
class SelfTestSession:
    """What was presented so far; `broken_off` says why the rest was not, None when all was."""

    plan: SelfTestPlan
    done: list[Presented]
    broken_off: str | None = STOPPED

    def content(self) -> dict[str, Any]:
        """The whole result, as it is kept."""
        tallies = tally(self.done)
        highest = worst(tallies)
        return {
            "selftest": "liveness",
            "began": self.plan.began.isoformat(timespec="seconds"),
            "source": self.plan.source,
            "mode": self.plan.mode,
            "seconds": self.plan.seconds,
            "planned": {
                "species": [LIVE, *self.plan.attacks],
                "presentations": self.plan.presentations,
            },
            "complete": self.broken_off is None,
            "broken_off": self.broken_off,
            "rates": [one.content() for one in tallies],
            "worst_species": None if highest is None else highest.species,
            "presentations": [one.content() for one in self.done],
        }


def session_event(session: SelfTestSession, time: float) -> Event:
    """What the log of the door keeps of it: the dated counts, which its hub shows."""
    return Event(
        time,
        EventKind.SERVICE,
        {
            "state": LIVENESS_TESTED,
            "source": session.plan.source,
            "mode": session.plan.mode,
            "complete": session.broken_off is None,
            "rates": [one.content() for one in tally(session.done)],
        },
    )


def run_session(
    plan: SelfTestPlan,
    reader: Reader,
    looking: SelfTestDoor,
    installer: Installer,
    clock: Callable[[], float],
    keep: Callable[[SelfTestSession], None],
    present: Present = present,
) -> SelfTestSession:
    """Lead through `plan`; `keep` is called after each presentation and at the end, whatever
    ends it. `clock` gives monotonic seconds. Ctrl-C breaks off, as does a recording's end."""
    session = SelfTestSession(plan, [])
    try:
        session.broken_off = _go(session, reader, looking, installer, clock, keep, present)
    except KeyboardInterrupt:
        session.broken_off = STOPPED
    except Exception as error:
        session.broken_off = str(error)
        keep(session)
        raise
    keep(session)
    return session


def _go(
    session: SelfTestSession,
    reader: Reader,
    looking: SelfTestDoor,
    installer: Installer,
    clock: Callable[[], float],
    keep: Callable[[SelfTestSession], None],
    present: Present,
) -> str | None:
    for species, number in session.plan.order():
        if not installer.ready(species, number):
            return STOPPED
        frames = frames_for(reader, session.plan.seconds, clock)
        shown = present(frames, looking, installer.told, species, number)
        if shown.result is Result.NO_FACE and reader.ended:
            return ENDED
        session.done.append(shown)
        installer.heard(shown)
        keep(session)
    return None


def result_path(beside: Path, began: datetime) -> Path:
    """A file of that date in the folder of `beside`, which is made if need be (0700).

    Raises FaultError when nothing can be written there, so that nobody presents in vain.
    """
    folder = beside.parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"liveness-selftest-{began:%Y%m%dT%H%M%S}.json"
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise _unwritable(folder, error) from error
    return path


def write_result(path: Path, content: Mapping[str, Any]) -> None:
    """Put `content` in the place of what `path` held, whole or not at all; 0600."""
    text = json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False)
    try:
        write_atomically(path, f"{text}\n".encode())
    except OSError as error:
        raise _unwritable(path.parent, error) from error


def _unwritable(folder: Path, error: OSError) -> FaultError:
    return FaultError(
        f"The self-test's result cannot be kept in {folder} ({error.strerror}); "
        "make that folder writable, or name another event log in audit.file."
    )
