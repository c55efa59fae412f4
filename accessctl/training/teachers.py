"""What teachers say of the faces: descriptors read from a file, or computed by an encoder."""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from accessctl.config import EncoderConfig
from accessctl.encoder.card import CARD_NAME
from accessctl.encoder.choose import load_encoder
from accessctl.errors import InputError, StoreError
from accessctl.training.augment.recipe import Augmentation
from accessctl.training.batches import plain_crops
from accessctl.training.faces import FaceSet
from accessctl.training.settings import TeacherSetting

logger = logging.getLogger(__name__)

MODELS = Path("models")
AT_ONCE = 256


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


def descriptors(teacher: TeacherSetting, faces: FaceSet, cache: Path) -> NDArray[np.float32]:
    """float32 (N, T) for all `faces` as they were read; InputError when a file does not go
    with them, ModelError when the encoder named cannot be used."""
    folder = encoder_folder(teacher.file)
    return (
        _read_descriptors(teacher.file, len(faces))
        if folder is None
        else _computed(folder, faces, cache)
    )


def encoder_folder(named: Path) -> Path | None:
    """The encoder that a teacher's name stands for: its folder, or the name of one in models/;
    None for anything else."""
    return next((f for f in (named, MODELS / named) if (f / CARD_NAME).exists()), None)


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


def _computed(folder: Path, faces: FaceSet, cache: Path) -> NDArray[np.float32]:
    """Kept in `cache` by the encoder's fingerprint, so that a resumed run has the same."""
    encoder = load_encoder(EncoderConfig(folder=folder))
    kept = cache / f"teacher_{encoder.card.fingerprint[:12]}.npy"
    if kept.exists():
        return _read_descriptors(kept, len(faces))
    logger.info("Computing the descriptors that %s gives %d faces.", encoder.card.name, len(faces))
    recipe = Augmentation(encoder.card.crop_geometry, "none")
    parts = [
        encoder.embed(plain_crops(faces.select(some), recipe))
        for some in np.array_split(np.arange(len(faces)), -(-len(faces) // AT_ONCE))
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
