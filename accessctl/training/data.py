"""Read what a run trains and validates on."""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from accessctl.config import VisionConfig
from accessctl.encoder.card import Card
from accessctl.errors import InputError
from accessctl.training.augment.recipe import Augmentation
from accessctl.training.batches import plain_crops
from accessctl.training.faces import UNLABELLED, FaceSet
from accessctl.training.folder import aligner, already_aligned, read_folder
from accessctl.training.order import Order, PeopleByPhotos, Shuffled
from accessctl.training.pack import read_pack
from accessctl.training.settings import Settings
from accessctl.training.split import capped, held_out, some_people, with_exemplars
from accessctl.training.teachers import descriptors, targets_from
from accessctl.training.validation import Validation

logger = logging.getLogger(__name__)


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
