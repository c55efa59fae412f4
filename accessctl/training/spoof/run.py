"""One run of `accessctl liveness train`: its settings, its folder, from pictures to a card."""

import logging
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import keras
import yaml
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from accessctl.config import VisionConfig
from accessctl.domain import Box, Image
from accessctl.errors import InputError, StoreError
from accessctl.evaluation.presentation import VIDEOS
from accessctl.storage.files import write_atomically
from accessctl.storage.parsing import read_mapping
from accessctl.training.spoof.fit import Checked, FitPlan, fit, living_of, rates
from accessctl.training.spoof.prepare import REAL_ATTACK, Folds, prepare
from accessctl.training.spoof.samples import FacePicture, Samples, film, photos, read_samples
from accessctl.training.spoof.teachers import Teacher, open_teachers
from accessctl.vision.detector import short_range
from accessctl.vision.landmarks import LandmarkModel, mesh_box, region_around, region_of
from accessctl.vision.observer import Observer

logger = logging.getLogger(__name__)

SETTINGS_FILE, SAMPLES_FOLDER = "config.yaml", "samples"
EVERY_S, MOST_FRAMES = 0.25, 60
QUICK_CONFIDENCE, QUICK_PRESENCE = 0.5, 0.8
SOURCE = re.compile(r"(?P<kind>[a-z][a-z0-9_]{0,19})=(?P<place>[^:]+)(:(?P<within>.+))?")


class PictureSource(BaseModel):
    """`place` is a zip file of photographs, of which those in the folder `within` are meant, or a
    folder of films."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: str
    place: Path
    within: str = ""

    @classmethod
    def read(cls, text: str) -> "PictureSource":
        """From KIND=PLACE or KIND=ZIP:FOLDER; raises InputError for anything else."""
        found = SOURCE.fullmatch(text)
        if found is None:
            raise InputError(f"{text!r} names no pictures; write KIND=PLACE or KIND=ZIP:FOLDER.")
        within = found["within"] or ""
        return cls(kind=found["kind"], place=Path(found["place"]), within=within)


class RunSettings(BaseModel):
    """Everything that a run depends on; written into its folder and read back from there.

    `sources` show living people, but for one of the kind `real`, which shows real attacks.
    `check_films` are the films, by name without suffix, that nothing is fitted on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    sources: tuple[PictureSource, ...] = Field(min_length=1)
    teachers: Path
    check_films: tuple[str, ...] = ()
    samples: int = Field(40_000, ge=1, le=1_000_000)
    steps: int = Field(3600, ge=1, le=1_000_000)
    matching: int = Field(1800, ge=0, le=1_000_000)
    seed: int = Field(0, ge=0)


@dataclass(frozen=True, slots=True)
class RunListener:
    """Who hears how far a run has come: pieces of samples made, and each check."""

    prepared: Callable[[int, int], None]
    checked: Callable[[Checked], None]


def samples_of(folder: Path) -> tuple[Samples, Samples]:
    """Those of a run to fit on and those to check with."""
    place = folder / SAMPLES_FOLDER
    return read_samples(place, "fit-"), read_samples(place, "check-")


def begun(folder: Path) -> bool:
    """Whether the folder holds a run, whatever it is worth."""
    return (folder / SETTINGS_FILE).exists()


def settings_of(folder: Path) -> RunSettings:
    """Raises InputError for a folder that is no run's."""
    path = folder / SETTINGS_FILE
    try:
        return RunSettings.model_validate(read_mapping(path))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{folder} holds no run of `accessctl liveness train` ({type(error).__name__})."
        ) from error


def pictures(sources: Iterable[PictureSource]) -> Iterable[FacePicture]:
    """All faces of all sources.

    Raises InputError for a place that is not there, before any is looked at, and for one that
    shows no face.
    """
    vision = VisionConfig()
    sources = tuple(sources)
    for source in sources:
        if not source.place.exists():
            raise InputError(
                f"{source.place} does not exist; name a zip of photographs or a folder of films."
            )
    for source in sources:
        count = 0
        for picture in _of(source, vision):
            count += 1
            yield picture
        logger.info("%s: %d faces of %s", source.place, count, source.kind)
        if not count:
            raise InputError(f"No face was found in {source.place}; name other pictures.")


def _of(source: PictureSource, vision: VisionConfig) -> Iterable[FacePicture]:
    if not source.place.is_dir():
        yield from photos(source.place, quick_look(vision), source.kind, source.within)
        return
    for path in sorted(one for one in source.place.iterdir() if one.suffix.lower() in VIDEOS):
        with closing(Observer(vision)) as observer:
            yield from film(path, observer.observe, source.kind, EVERY_S, MOST_FRAMES)


def quick_look(vision: VisionConfig) -> Callable[[Image], list[Box]]:
    """Boxes of the faces in a photograph; a tenth of the time that enrolment takes."""
    mesh = LandmarkModel(vision.models)
    detector = short_range(vision.models, QUICK_CONFIDENCE, vision.runtime)

    def look(image: Image) -> list[Box]:
        found = []
        for one in detector.detect(image):
            seen = mesh.look(image, region_around(one.box, *one.keypoints[:2]))
            seen = mesh.look(image, region_of(seen.points))
            if seen.presence >= QUICK_PRESENCE:
                found.append(mesh_box(seen.points))
        return found

    return look


def told_of(settings: RunSettings, samples: Samples) -> dict[str, JsonValue]:
    """What the card says of the data: counts by source, and what the attacks were."""
    sources = sorted(set(samples.source))
    return {
        "fitted_on": {name: int((samples.source == name).sum()) for name in sources},
        "people_and_films": {
            name: len(set(samples.group[samples.source == name])) for name in sources
        },
        "attacks": {kind: int((samples.kind == kind).sum()) for kind in sorted(set(samples.kind))},
        "real_attacks_among_them": REAL_ATTACK in set(samples.source),
        "samples": len(samples),
        "steps": [settings.steps, settings.matching],
    }


def measured_of(network: keras.Model, checked: Samples, confirm: float) -> dict[str, JsonValue]:
    """Errors of single answers against `confirm`, on simulated samples of people, films and
    photographs that nothing was fitted on; a door asks for the mean of several answers."""
    figures = rates(living_of(network, checked), checked, confirm)
    told: dict[str, JsonValue] = {"single_answers_at": confirm, "samples": len(checked)}
    told.update({name: round(value, 4) for name, value in figures.items()})
    return told


def films_fitted(samples: Samples) -> list[str]:
    """The names of those films on which something was fitted."""
    return sorted(set(samples.group[samples.film]))


@dataclass(frozen=True, slots=True)
class RunParts:
    """The steps of a run, and where its pictures and teachers come from."""

    pictures: Callable[[Iterable[PictureSource]], Iterable[FacePicture]] = pictures
    teachers: Callable[[Path], Sequence[Teacher]] = open_teachers
    prepare: Callable[..., None] = prepare
    samples: Callable[[Path], tuple[Samples, Samples]] = samples_of
    fit: Callable[..., keras.Model] = fit


USUAL = RunParts()


def run(
    folder: Path,
    settings: RunSettings,
    minutes: float,
    telling: RunListener,
    parts: RunParts = USUAL,
) -> None:
    """Make the samples that are missing, then fit for at most so many minutes.

    Raises InputError where the folder holds a run of other settings, or pictures lack.
    """
    _settle(folder, settings)

    def teachers() -> Sequence[Teacher]:
        return parts.teachers(settings.teachers)

    parts.prepare(
        folder / SAMPLES_FOLDER,
        settings.samples,
        lambda: list(parts.pictures(settings.sources)),
        Folds(frozenset(settings.check_films)),
        teachers,
        seed=settings.seed,
        told=telling.prepared,
    )
    fitted, checked = parts.samples(folder)
    plan = FitPlan(settings.steps, settings.matching, minutes=minutes, seed=settings.seed)
    parts.fit(folder, fitted, checked, plan, teachers=teachers, told=telling.checked)


def _settle(folder: Path, settings: RunSettings) -> None:
    path = folder / SETTINGS_FILE
    if begun(folder):
        if settings_of(folder) != settings:
            raise InputError(f"{folder} holds a run of other settings; name another folder.")
        return
    text = yaml.safe_dump(settings.model_dump(mode="json"), sort_keys=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text.encode(), mode=0o644)
    except OSError as error:
        raise StoreError(
            f"Cannot write to {folder} ({error.strerror}); make room or allow writing there."
        ) from error
