"""A run's state on disk: there whole or not at all, and enough to go on as if never stopped."""

import io
import json
import os
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from accessctl.errors import ModelError, StoreError

CHECKPOINT_NAME = "checkpoint.npz"
PROGRESS = "progress"


@dataclass(frozen=True, slots=True)
class Progress:
    """Steps done, seconds of training spent, and rounds finished, over all sessions."""

    step: int = 0
    seconds: float = 0.0
    rounds: int = 0


def save_checkpoint(folder: Path, variables: Sequence[Any], progress: Progress) -> None:
    """Write all variables and the progress; raises StoreError."""
    arrays = {
        f"v{i:04d}": np.asarray(keras.ops.convert_to_numpy(v)) for i, v in enumerate(variables)
    }
    buffer = io.BytesIO()
    arrays[PROGRESS] = np.array(json.dumps(asdict(progress)))
    np.savez(buffer, allow_pickle=False, **arrays)
    path, scratch = folder / CHECKPOINT_NAME, folder / f".{CHECKPOINT_NAME}.new"
    try:
        with scratch.open("wb") as file:
            file.write(buffer.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
    except OSError as error:
        raise StoreError(
            f"Cannot write {path} ({error.strerror}); make room or allow writing there."
        ) from error


def load_checkpoint(folder: Path, variables: Sequence[Any]) -> Progress:
    """Set all variables from the checkpoint; raises ModelError when it does not fit."""
    progress, arrays = _read_checkpoint(folder / CHECKPOINT_NAME)
    wanted = [tuple(variable.shape) for variable in variables]
    if [array.shape for array in arrays] != wanted:
        raise ModelError(
            f"{folder / CHECKPOINT_NAME} belongs to another network or other losses; "
            "resume with the settings that the run was started with."
        )
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
    return progress


def has_checkpoint(folder: Path) -> bool:
    return (folder / CHECKPOINT_NAME).exists()


def _read_checkpoint(path: Path) -> tuple[Progress, list[NDArray[Any]]]:
    try:
        # numpy leaves a file that it opens by name open when the content is no archive.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
            progress = Progress(**json.loads(str(data[PROGRESS])))
            return progress, [data[name] for name in sorted(data.files) if name != PROGRESS]
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise ModelError(
            f"Cannot read the checkpoint {path} ({error}); start the run anew in another folder."
        ) from error
