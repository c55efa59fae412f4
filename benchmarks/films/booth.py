"""The real door with one person enrolled, put up anew for each film."""

import logging
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Any, TypeAlias

from accessctl.administration.changes import Administration
from accessctl.audit.log import EventLog
from accessctl.camera.reader import Reader
from accessctl.camera.source import Source
from accessctl.config import Config, load_config
from accessctl.domain import EventKind, Image, Outcome, Reason
from accessctl.door.assembly import open_audit, open_door
from accessctl.door.session import Session
from accessctl.door.visit import Step
from accessctl.encoder.card import load_card
from accessctl.errors import FaceError
from accessctl.gallery.store import open_gallery
from accessctl.recognition.calibration import scoring_of
from accessctl.recognition.engine import Engine, one_thread_each, open_engine
from accessctl.recognition.enrolment import Candidate
from accessctl.recognition.matcher import Roster
from accessctl.vision.observer import Observer

Photo: TypeAlias = Candidate

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0
UNDECIDED = {Reason.LIVENESS_UNDECIDED, Reason.LEFT_EARLY}


@dataclass(slots=True)
class Seen:
    """What the door made of one film. Times are seconds of the film.

    `outcome` is granted, attack (refused as one), undecided, other (refused for another
    reason) or none (no visit). `attack` tells whether any visit was refused as one, `seconds`
    how long a grant took from the first usable frame of the film on; `cues` is what each cue
    said in the record of the decision that `outcome` rests on, with its figure.
    """

    outcome: str = "none"
    attack: bool = False
    seconds: float | None = None
    reasons: list[str] = field(default_factory=list)
    cues: dict[str, list[Any]] = field(default_factory=dict)
    frames: int = 0
    usable: int = 0
    face_s: float = 0.0
    face_px: float = 0.0
    film_s: float = 0.0
    tracks: int = 0


class Booth:
    """One encoder for all films; observer, gallery, log and lockouts are each film's own."""

    def __init__(self, engine: Engine, config: Config) -> None:
        self._engine = engine
        self._config = config
        self._enrolment = engine.enrolment()
        self.observer = engine.observer

    @property
    def config(self) -> Config:
        return self._config

    def examine(self, image: Image) -> Photo | None:
        """The face of one picture as the product enrols it; None where it refuses it."""
        try:
            return self._enrolment.examine(image, "the frame")
        except FaceError:
            return None

    def fresh_observer(self) -> Observer:
        return Observer(self._config.vision)

    def present(self, source: Source, photo: Photo) -> Seen:
        """Play `source`, a recording, to a door where only the person of `photo` is enrolled,
        until somebody is granted or it ends."""
        with tempfile.TemporaryDirectory() as scratch:
            config = _placed(self._config, Path(scratch))
            with open_audit(config) as audit, self._engine_of(config) as engine:
                Administration(engine.gallery, audit, time.time).enrol("visitor", [photo])
                engine.roster.refresh()
                return _played(engine, audit, source)

    @contextmanager
    def _engine_of(self, config: Config) -> Iterator[Engine]:
        recogniser = self._engine.recogniser
        normaliser, calibration = scoring_of(load_card(config.encoder.folder))
        gallery = open_gallery(config.gallery, os.environ)
        observer = self.fresh_observer()
        roster = Roster(gallery, recogniser.fingerprint, normaliser, calibration, config.policy)
        try:
            yield replace(
                self._engine, config=config, observer=observer, gallery=gallery, roster=roster
            )
        finally:
            observer.close()
            gallery.close()


@contextmanager
def open_booth(encoder: Path) -> Iterator[Booth]:
    """A booth with the configuration that the product ships, but for places."""
    # Each film's door makes keys of its own, and says so.
    logging.getLogger("accessctl").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as scratch:
        base = load_config(ROOT / "config.yaml")
        encoders = base.encoder.model_copy(update={"folder": encoder.resolve(), "device": "cpu"})
        actions = base.actions.model_copy(update={"granted": ()})
        base = base.model_copy(update={"encoder": encoders, "actions": actions})
        config = _placed(base, Path(scratch))
        one_thread_each()
        with open_engine(config, lambda photos, _: iter(photos)) as engine:
            yield Booth(engine, config)


def _placed(config: Config, folder: Path) -> Config:
    # Drawing a film may take long beside other work: no camera is lost by it.
    patient = {"open_timeout_s": PATIENCE_S, "read_timeout_s": PATIENCE_S}
    update: dict[str, Any] = {
        "camera": config.camera.model_copy(update=patient),
        "gallery": config.gallery.model_copy(update={"folder": folder / "enrolled"}),
        "audit": config.audit.model_copy(update={"file": folder / "events.sqlite"}),
    }
    return config.model_copy(update=update)


def _played(engine: Engine, audit: EventLog, source: Source) -> Seen:
    """As `accessctl run --source` with every frame looked at, up to the first grant."""
    seen = Seen()
    with (
        open_door(engine, audit, every_frame=not source.live) as door,
        Reader(source, engine.config.camera) as reader,
    ):
        session = Session(engine, reader, door, engine.config)
        watch = _Watch(seen)
        for frame, step in session.steps(Event(), time.monotonic, None):
            if watch.granted(frame.captured, step):
                break
        else:
            session.finish()
        watch.close()
    _read_decisions(seen, audit)
    return seen


class _Watch:
    """Counts what is seen while a film is played."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self._began: float | None = None
        self._first_usable: float | None = None
        self._face: tuple[float, float] | None = None
        self._tracks: set[int] = set()
        self._widths: list[float] = []

    def granted(self, now: float, step: Step) -> bool:
        seen = self._seen
        self._began = now if self._began is None else self._began
        seen.film_s = now - self._began
        seen.frames += 1
        faces = [view.face for view in step.faces]
        if faces:
            self._face = (now if self._face is None else self._face[0], now)
            self._tracks |= {face.track for face in faces}
            self._widths.append(max(face.box.w for face in faces))
        if any(face.quality.usable for face in faces):
            seen.usable += 1
            self._first_usable = now if self._first_usable is None else self._first_usable
        if any(decision.outcome is Outcome.GRANTED for decision in step.decisions):
            assert self._first_usable is not None
            seen.seconds = round(now - self._first_usable, 3)
            return True
        return False

    def close(self) -> None:
        seen = self._seen
        seen.film_s = round(seen.film_s, 3)
        seen.tracks = len(self._tracks)
        if self._face is not None:
            seen.face_s = round(self._face[1] - self._face[0], 3)
            seen.face_px = round(sorted(self._widths)[len(self._widths) // 2], 1)


def _read_decisions(seen: Seen, audit: EventLog) -> None:
    """What the door wrote down, and which of its decisions the film is remembered for."""
    decisions = [event.data for _, event in audit.query(kind=EventKind.DECISION)]
    seen.reasons = [data["reason"] for data in decisions]
    ranked = {"granted": 0, "attack": 1, "undecided": 2, "other": 3}
    words = [(ranked[outcome_of(data)], -data["frames"], i) for i, data in enumerate(decisions)]
    seen.attack = Reason.NOT_LIVE in seen.reasons
    if words:
        data = decisions[min(words)[2]]
        seen.outcome = outcome_of(data)
        cues = data["evidence"]["cues"]["cues"]
        seen.cues = {cue: [word, figure] for cue, word, figure, *_ in cues}


def outcome_of(decision: Mapping[str, Any]) -> str:
    """A decision's event in one word."""
    if decision["decision"] == Outcome.GRANTED:
        return "granted"
    if decision["reason"] == Reason.NOT_LIVE:
        return "attack"
    return "undecided" if decision["reason"] in UNDECIDED else "other"
