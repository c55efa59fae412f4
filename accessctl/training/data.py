"""What a run trains and validates on: faces, and what teachers say of them.

A teacher's descriptors are read from a file, or computed by an encoder and kept.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from accessctl.config import EncoderConfig, VisionConfig
from accessctl.encoder.base import Encoder
from accessctl.encoder.card import CARD_NAME, Card
from accessctl.encoder.choose import load_encoder
from accessctl.errors import InputError, StoreError
from accessctl.training.augment import Augmentation
from accessctl.training.batches import Order, PeopleByPhotos, Shuffled, plain_crops
from accessctl.training.faces import (
    UNLABELLED,
    FaceSet,
    aligner,
    already_aligned,
    capped,
    held_out,
    read_folder,
    read_pack,
    some_people,
    with_exemplars,
)
from accessctl.training.settings import Settings, TeacherSetting
from accessctl.training.validation import Validation

logger = logging.getLogger(__name__)

MODELS = Path("models")

AT_ONCE = 256


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """Training faces in their order, the teachers' targets (rows of the set as read, T),
    people held out to validate on (None: fewer than two), and, when asked for, some of
    those trained on."""

    faces: FaceSet
    order: Order
    teacher: NDArray[np.float32] | None
    validation: Validation | None
    seen: Validation | None


def read_data(
    settings: Settings, card: Card, folder: Path, vision: VisionConfig, *, needs_pairs: bool
) -> Data:
    """A pack, or a folder of photos per person that is aligned into the run's `folder`.

    Raises SourceError, InputError or StoreError for data that cannot be used.
    """
    everyone = _read_faces(settings, folder, vision)
    train, strangers, seen = divided(everyone, settings)
    teacher = targets_from(settings.teachers, everyone, folder)
    beside = descriptors(settings.beside, everyone, folder) if settings.beside else None

    def validation(faces: FaceSet) -> Validation | None:
        if len(np.unique(faces.person)) < 2:
            return None
        return Validation(
            plain_crops(faces, Augmentation(card.crop_geometry, "none")),
            faces.person,
            None if teacher is None else teacher[faces.rows],
            None if beside is None else beside[faces.rows],
            settings.beside.weight if settings.beside else 1.0,
            any(loss.name == "regression" for loss in settings.losses),
        )

    if len(np.unique(strangers.person)) < 2:
        logger.warning("Fewer than two people are held out: nothing is measured on strangers.")
    return Data(
        train,
        _order(settings, train, needs_pairs),
        teacher,
        validation(strangers),
        validation(seen),
    )


def divided(everyone: FaceSet, settings: Settings) -> tuple[FaceSet, FaceSet, FaceSet]:
    """Who is trained on, who is held out, and some of the first to measure as well; of the last
    two at most `validation_photos` faces a person."""
    train, strangers = held_out(everyone, settings.held_out, settings.seed)
    if settings.people is not None:
        train = some_people(train, settings.people, settings.seed)
    if settings.exemplars:
        train = with_exemplars(train, settings.exemplars, settings.seed)
    # The same rule, applied to those who stay, picks as many people that are trained on.
    _, seen = held_out(train, settings.seen, settings.seed)
    most = settings.validation_photos
    return train, capped(strangers, most, settings.seed), capped(seen, most, settings.seed)


def _read_faces(settings: Settings, folder: Path, vision: VisionConfig) -> FaceSet:
    if (settings.data / "faces.csv").exists():
        return read_pack(settings.data)
    align = already_aligned if settings.aligned else aligner(vision)
    return read_folder(settings.data, folder, align)


def _order(settings: Settings, faces: FaceSet, needs_pairs: bool) -> Order:
    if not needs_pairs:
        return Shuffled(len(faces), settings.batch, settings.seed)
    people = settings.batch // settings.photos
    if people < 2 or len(np.unique(faces.person[faces.person != UNLABELLED])) < 2:
        raise InputError(
            "Losses on pairs need at least two people in a batch; use a larger --batch, fewer "
            "--photos or data with more people."
        )
    return PeopleByPhotos(faces.person, people, settings.photos, settings.cap, settings.seed)


def targets_from(
    teachers: Sequence[TeacherSetting], faces: FaceSet, cache: Path
) -> NDArray[np.float32] | None:
    """The teachers' descriptors side by side, each scaled to unit mean variance, times the
    root of its weight, so that a squared error counts by the weights."""
    if not teachers:
        return None
    parts = []
    for teacher in teachers:
        values = descriptors(teacher, faces, cache)
        spread = np.sqrt(values.var(axis=0, dtype=np.float64).mean())
        parts.append(values * np.float32(np.sqrt(teacher.weight) / spread))
    return np.concatenate(parts, axis=1)


def descriptors(
    teacher: TeacherSetting,
    faces: FaceSet,
    cache: Path,
    *,
    load: Callable[[EncoderConfig], Encoder] = load_encoder,
    at_once: int = AT_ONCE,
) -> NDArray[np.float32]:
    """float32 (N, T) for all `faces` as they were read, of which an encoder is shown at most
    `at_once` together; InputError when a file does not go with them, ModelError when the encoder
    named cannot be used."""
    folder = encoder_folder(teacher.file)
    return (
        _read_descriptors(teacher.file, len(faces))
        if folder is None
        else _computed(load(EncoderConfig(folder=folder)), faces, cache, at_once)
    )


def encoder_folder(named: Path, models: Path = MODELS) -> Path | None:
    """The encoder that a teacher's name stands for: its folder, or the name of one in `models`;
    None for anything else."""
    return next((f for f in (named, models / named) if (f / CARD_NAME).exists()), None)


def _read_descriptors(file: Path, count: int) -> NDArray[np.float32]:
    try:
        values: NDArray[np.float32] = np.load(file, allow_pickle=False).astype(np.float32)
    except (OSError, ValueError) as error:
        raise InputError(
            f"Cannot read {file} ({error}); name an encoder or a .npy file of descriptors."
        ) from error
    if values.ndim != 2 or len(values) != count or not np.isfinite(values).all():
        raise InputError(
            f"{file} holds {values.shape} values where one finite row for each of "
            f"{count} faces is needed; name the descriptors of these faces."
        )
    return values


def _computed(encoder: Encoder, faces: FaceSet, cache: Path, at_once: int) -> NDArray[np.float32]:
    """Kept in `cache` by the encoder's fingerprint, so that a resumed run has the same."""
    kept = cache / f"teacher_{encoder.card.fingerprint[:12]}.npy"
    if kept.exists():
        return _read_descriptors(kept, len(faces))
    logger.info("Computing the descriptors that %s gives %d faces.", encoder.card.name, len(faces))
    recipe = Augmentation(encoder.card.crop_geometry, "none")
    parts = [
        encoder.embed(plain_crops(faces.select(some), recipe))
        for some in np.array_split(np.arange(len(faces)), -(-len(faces) // at_once))
    ]
    values = np.concatenate(parts)
    partial = kept.with_suffix(".partial.npy")
    try:
        np.save(partial, values, allow_pickle=False)
        partial.replace(kept)
    except OSError as error:
        raise StoreError(
            f"Cannot write to {cache} ({error.strerror}); make room or allow writing there."
        ) from error
    return values
