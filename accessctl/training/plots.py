"""A run's story in one picture: losses and validation by epoch."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

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
    figure.savefig(folder / PLOT_NAME, dpi=120)
    pyplot.close(figure)
    return folder / PLOT_NAME


def _column(lines: Sequence[Mapping[str, Any]], name: str) -> list[float]:
    """NaN, which is a gap in the curve, where a line tells nothing."""
    values = (line.get(name) for line in lines)
    return [float("nan") if value is None else float(value) for value in values]
