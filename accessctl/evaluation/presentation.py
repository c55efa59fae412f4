"""Recordings of people and of attacks, shown to the door: APCER and BPCER, cue by cue.

Each face that a recording shows for long enough is a presentation: it stands alone before a door
of its own (`trial_door`), where the best frame of it is enrolled. The door decides once, as it
does for a visitor; what the recording shows after that counts no more.

The rates are those of a passive door (ISO/IEC 30107-3). An error is counted by the door's own
decision, so that somebody alive who was not recognised is one as well. Whoever is in the recording
is enrolled from it: of strangers' faces nothing is said.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from accessctl.camera.source import Source
from accessctl.camera.stream import VideoFileSource
from accessctl.domain import Box, Face, Frame, Image
from accessctl.errors import InputError
from accessctl.evaluation.plots import save_figure
from accessctl.evaluation.statistics import clopper_pearson
from accessctl.evaluation.trial_door import DoorParts, TrialDoor
from accessctl.liveness.evidence import CueVerdict
from accessctl.liveness.examiner import Liveness

VIDEOS = {".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v"}

SLACK_S = 0.005

SHORTEST_S = 1.0
"""A face seen for less long is no presentation."""

ONLY_FACE = 1.35
"""With `only_face`, so many face sizes around the face are left of the picture."""

LIVE = "live"


COLOURS = {
    CueVerdict.VETO: "#b3452c",
    CueVerdict.DOUBT: "#e0a458",
    CueVerdict.CONFIRM: "#1a7f5a",
    CueVerdict.CLEAR: "#9fd3be",
    CueVerdict.UNDECIDED: "#d0d0d0",
}

PLOT_NAME = "liveness_cues.png"


@dataclass(frozen=True, slots=True)
class Conditions:
    """How recordings are shown: at most so many frames a second, as the door's camera gives
    them; `only_face` cuts away all that surrounds the face."""

    fps: float = 15.0
    only_face: bool = False

    def shown(self, frame: Frame, face: Face) -> tuple[Frame, Face]:
        return only_face(frame, face) if self.only_face else (frame, face)


@dataclass(frozen=True, slots=True)
class Presentation:
    """One followed face of one recording, seen for `seconds`.

    `accepted` when the door let it in, `verdict` what the door's decision says of life, and
    `cues` the last word of every cue when it decided.
    """

    recording: str
    track: int
    seconds: float
    accepted: bool
    verdict: Liveness
    cues: dict[str, CueVerdict]


@dataclass(frozen=True, slots=True, eq=False)
class BestFrame:
    """The frame that shows a face best."""

    image: Image
    face: Face


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """What was seen in a film: the faces of each frame, and of each track that is ever fit to
    be enrolled the frame that shows it best."""

    faces: list[list[Face]]
    best: dict[int, BestFrame]


def recordings(place: Path) -> list[Path]:
    """The video `place`, or all videos in that folder, by name; raises InputError without any."""
    if place.is_dir():
        found = sorted(path for path in place.iterdir() if path.suffix.lower() in VIDEOS)
    else:
        found = [place] if place.is_file() else []
    if not found:
        raise InputError(f"{place} is no video and holds none; name a video or a folder of videos.")
    return found


def watched(frames: Iterable[Frame], observe: Callable[[Frame], list[Face]]) -> Watched:
    """Look through a film once; its frames are not kept, but for the best ones."""
    seen = Watched([], {})
    for frame in frames:
        faces = observe(frame)
        seen.faces.append(faces)
        for face in faces:
            before = seen.best.get(face.track)
            better = before is None or face.quality.score > before.face.quality.score
            if face.quality.usable and better:
                seen.best[face.track] = BestFrame(frame.image, face)
    return seen


def presentations(
    path: Path,
    observe: Callable[[Frame], list[Face]],
    parts: DoorParts,
    conditions: Conditions,
) -> list[Presentation]:
    """Every face that one video shows for long enough; raises CameraError for no video.

    `observe` follows the faces from frame to frame, as `vision.observer.Observer.observe` does.
    """

    def film() -> Iterator[Frame]:
        return frames_at(VideoFileSource(path, fast=True), conditions.fps)

    seen = watched(film(), observe)
    trials: dict[int, _RecordedTrack] = {}
    for frame, faces in zip(film(), seen.faces, strict=True):
        for face in faces:
            if face.track not in trials:
                trials[face.track] = _RecordedTrack(
                    parts, frame.captured, seen.best.get(face.track)
                )
            trials[face.track].show(*conditions.shown(frame, face))
    return [
        trial.outcome(path.name, track)
        for track, trial in trials.items()
        if trial.seconds >= SHORTEST_S
    ]


class _RecordedTrack:
    """One track at a door of its own. Who is never fit to be enrolled is known to nobody."""

    def __init__(self, parts: DoorParts, since: float, best: BestFrame | None) -> None:
        self._door = TrialDoor(parts)
        self._since = self._last = since
        if best is not None:
            self._door.enrol(best.image, best.face)

    @property
    def seconds(self) -> float:
        return self._last - self._since

    def show(self, frame: Frame, face: Face) -> None:
        self._last = frame.captured
        if self._door.decision is None:
            self._door.step(frame, face)

    def outcome(self, recording: str, track: int) -> Presentation:
        door = self._door
        door.close(self._last)
        cues = {result.cue: result.verdict for result in door.results}
        return Presentation(recording, track, self.seconds, door.accepted, door.liveness, cues)


def only_face(frame: Frame, face: Face) -> tuple[Frame, Face]:
    """The picture cut down to the face, and the face in it."""
    height, width = frame.image.shape[:2]
    side = ONLY_FACE * max(face.box.w, face.box.h)
    x, y = face.box.centre
    left, top = int(np.clip(x - side / 2, 0, width - 2)), int(np.clip(y - side / 2, 0, height - 2))
    right = int(np.clip(x + side / 2, left + 2, width))
    bottom = int(np.clip(y + side / 2, top + 2, height))
    part = frame.image[top:bottom, left:right]
    box = Box(face.box.x - left, face.box.y - top, face.box.w, face.box.h)
    landmarks = face.landmarks - np.array([left, top, 0], np.float32)
    return Frame(part, frame.captured, frame.sequence), replace(face, box=box, landmarks=landmarks)


def frames_at(source: Source, fps: float) -> Iterator[Frame]:
    """The frames of a recording, at most `fps` a second."""
    feed = source.open()
    try:
        due, sequence = 0.0, 0
        while (shot := feed.read()) is not None:
            media = shot.media or 0.0
            if media < due - SLACK_S:
                continue
            due = max(due + 1 / fps, media)
            yield Frame(shot.image, media, sequence)
            sequence += 1
    finally:
        feed.close()


@dataclass(frozen=True, slots=True)
class ErrorRate:
    """`errors` of `trials`, with the exact 95 % interval of the rate."""

    errors: int
    trials: int
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.errors / self.trials


@dataclass(frozen=True, slots=True)
class CueCount:
    """Of the presentations of one species: in how many the cue had said each word in the end."""

    species: str
    cue: str
    said: Mapping[CueVerdict, int]


def rate(errors: int, trials: int) -> ErrorRate:
    """ValueError unless 0 <= errors <= trials and trials > 0."""
    return ErrorRate(errors, trials, *clopper_pearson(errors, trials))


def apcer(attacks: Sequence[Presentation]) -> ErrorRate:
    """Share of the attacks of one species that were let in."""
    return rate(sum(one.accepted for one in attacks), len(attacks))


def bpcer(live: Sequence[Presentation]) -> ErrorRate:
    """Share of the living that were not let in."""
    return rate(sum(not one.accepted for one in live), len(live))


def cue_counts(found: Mapping[str, Sequence[Presentation]]) -> list[CueCount]:
    """Species in the order given, cues in the order in which they were first heard."""
    return [
        _count(species, cue, presentations)
        for species, presentations in found.items()
        for cue in _cues(presentations)
    ]


def _cues(presentations: Iterable[Presentation]) -> list[str]:
    return list(dict.fromkeys(cue for one in presentations for cue in one.cues))


def _count(species: str, cue: str, presentations: Sequence[Presentation]) -> CueCount:
    said = [one.cues.get(cue, CueVerdict.UNDECIDED) for one in presentations]
    return CueCount(species, cue, {word: said.count(word) for word in CueVerdict})


def plot_cues(counts: Sequence[CueCount], rates: Mapping[str, ErrorRate], folder: Path) -> Path:
    """Bars for every cue, one panel a species: the shares of presentations of which the cue
    said each word. Writes `liveness_cues.png` into `folder` and returns it.

    A panel's title holds its species' error rate (BPCER of the living, APCER of an attack) with
    the 95 % interval. ValueError without a count.
    """
    if not counts:
        raise ValueError("there is nothing to draw")
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    species = list(dict.fromkeys(count.species for count in counts))
    cues = list(dict.fromkeys(count.cue for count in counts))
    figure, panels = pyplot.subplots(
        1,
        len(species),
        figsize=(2.2 + 2.9 * len(species), 1.6 + 0.42 * len(cues)),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for axes, name in zip(panels[0], species, strict=True):
        found = {count.cue: count for count in counts if count.species == name}
        for place, cue in enumerate(cues):
            begun = 0.0
            for label, share, colour in shares(found.get(cue)):
                axes.barh(place, share, left=begun, color=colour, label=label if not place else "")
                begun += share
        axes.set(title=_title(name, rates.get(name)), xlim=(0, 100), xlabel="% of presentations")
        axes.set_yticks(range(len(cues)), cues)
    panels[0][0].invert_yaxis()
    panels[0][-1].legend(fontsize="small", loc="lower right")
    folder.mkdir(parents=True, exist_ok=True)
    save_figure(figure, folder / PLOT_NAME)
    pyplot.close(figure)
    return folder / PLOT_NAME


def shares(count: CueCount | None) -> list[tuple[str, float, str]]:
    """(word, percent, colour) of each word a cue can say; none where it was not asked."""
    if count is None:
        return []
    total = sum(count.said.values())
    return [(str(word), 100 * n / total, COLOURS[word]) for word, n in count.said.items()]


def _title(species: str, rate: ErrorRate | None) -> str:
    if rate is None:
        return species
    name = "BPCER" if species == LIVE else "APCER"
    interval = f"{rate.low:.1%} to {rate.high:.1%}"
    return f"{species}: {name} {rate.errors} of {rate.trials}\n({interval})"
