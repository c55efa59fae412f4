"""What a run keeps in its folder: its history, its checkpoint, and the history as one picture.

The history is what a run saw of itself: one JSON object a line, a line a round. The checkpoint is
its state: there whole or not at all, and enough to go on as if never stopped. The picture shows
losses and validation by epoch.
"""

import io
import json
import math
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accessctl.errors import ModelError, StoreError
from accessctl.evaluation.plots import save_figure
from accessctl.storage.files import atomic_file, write_atomically

HISTORY_NAME = "history.jsonl"

CHECKPOINT_NAME = "checkpoint.npz"

PROGRESS = "progress"

PLOT_NAME = "history.png"

# Told on every line, but no loss.
NOT_LOSSES = frozenset(
    {"round", "step", "epoch", "minutes", "images_per_s", "rate", "collapsed", "spread"}
)

SHOWN = ("one_shot_20", "pair_accuracy", "tar_1e3", "explained")

LABELS = {
    "one_shot_20": "20-way one-shot accuracy",
    "pair_accuracy": "pair accuracy (half genuine)",
    "tar_1e3": "TAR at FMR 1e-3",
    "explained": "teacher's variance explained",
}


def append_history(folder: Path, line: Mapping[str, Any]) -> None:
    """Add one line; what is not a number becomes null."""
    clean = {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in line.items()
    }
    with (folder / HISTORY_NAME).open("a", encoding="utf-8") as file:
        file.write(json.dumps(clean, allow_nan=False) + "\n")


def read_history(folder: Path) -> list[dict[str, Any]]:
    """All lines; raises ModelError when one is not JSON."""
    path = folder / HISTORY_NAME
    if not path.exists():
        return []
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise ModelError(f"Cannot read {path} ({error}); restore it.") from error


def cut_history(folder: Path, rounds: int) -> None:
    """Keep the lines up to round `rounds`, the checkpoint's: later ones will be run again.

    A kill between the history's line and the checkpoint leaves one such line, perhaps half
    a one.
    """
    path = folder / HISTORY_NAME
    if not path.exists():
        return
    lines = [
        line
        for line in path.read_text(encoding="utf-8").splitlines()
        if 0 <= _round_of(line) <= rounds
    ]
    write_atomically(path, "".join(f"{line}\n" for line in lines).encode(), mode=0o644)


def _round_of(line: str) -> int:
    """-1 for a line that was cut off in the middle."""
    try:
        return int(json.loads(line)["round"])
    except (ValueError, KeyError, TypeError):
        return -1


@dataclass(frozen=True, slots=True)
class Progress:
    """Steps done, seconds of training spent, and rounds finished, over all sessions."""

    step: int = 0
    seconds: float = 0.0
    rounds: int = 0


def save_checkpoint(folder: Path, variables: Sequence[Any], progress: Progress) -> None:
    """Write all variables and the progress; raises StoreError."""
    import keras

    arrays = {
        f"v{i:04d}": np.asarray(keras.ops.convert_to_numpy(v)) for i, v in enumerate(variables)
    }
    buffer = io.BytesIO()
    arrays[PROGRESS] = np.array(json.dumps(asdict(progress)))
    np.savez(buffer, allow_pickle=False, **arrays)
    path = folder / CHECKPOINT_NAME
    try:
        with atomic_file(path, mode=0o644) as file:
            file.write(buffer.getbuffer())
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


def losses_in(lines: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of the losses that a history tells of; the total only if there are several."""
    names = [
        name
        for name in (lines[-1] if lines else {})
        if name not in NOT_LOSSES and not name.startswith("val_")
    ]
    return [name for name in names if name != "loss" or len(names) > 2]


def plot_history(lines: Sequence[Mapping[str, Any]], folder: Path) -> Path | None:
    """Write the picture into `folder`; None when there is nothing to draw."""
    if not lines:
        return None
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(12, 4.5), layout="constrained")
    epochs = [line["epoch"] for line in lines]
    for name in losses_in(lines):
        left.plot(epochs, _column(lines, name), marker=".", label=name)
    left.set(xlabel="epoch", ylabel="training loss (mean of the round)", title="Loss")
    for name in SHOWN:
        if any(f"val_{name}" in line for line in lines):
            right.plot(epochs, _column(lines, f"val_{name}"), marker=".", label=LABELS[name])
        if any(f"val_seen_{name}" in line for line in lines):
            values = _column(lines, f"val_seen_{name}")
            right.plot(epochs, values, ls="--", label=f"{LABELS[name]}, people trained on")
    right.set(xlabel="epoch", ylabel="share", title="Validation on people held out", ylim=(None, 1))
    for axes in (left, right):
        axes.grid(alpha=0.3)
        if axes.lines:
            axes.legend(fontsize="small")
    save_figure(figure, folder / PLOT_NAME)
    pyplot.close(figure)
    return folder / PLOT_NAME


def _column(lines: Sequence[Mapping[str, Any]], name: str) -> list[float]:
    """NaN, which is a gap in the curve, where a line tells nothing."""
    values = (line.get(name) for line in lines)
    return [float("nan") if value is None else float(value) for value in values]
