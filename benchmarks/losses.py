"""Compare the training losses: same faces, same network, same number of steps.

Each row is one `accessctl train`, whose command is printed under the table; a run that was
stopped goes on, one that is complete is only read. Everything is measured on people held
out of training, but for the first column, pairs of people trained on: what that one says
and what the others say are not the same.

    python -m benchmarks.losses --runs DIR [--data DIR] [--steps N] [--only NAME ...]
"""

import argparse
import datetime
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

from accessctl.cli.evaluate_common import markdown, put_section
from accessctl.training.losses.registry import NEEDS_PAIRS, NEEDS_TEACHER
from benchmarks.training_runs import trained

ROOT = Path(__file__).resolve().parents[1]
VARIANTS: Mapping[str, tuple[str, ...]] = {
    "triplet, random": ("--loss", "triplet", "--mining", "random"),
    "triplet, semi-hard": ("--loss", "triplet", "--mining", "semi-hard"),
    "triplet, batch-hard": ("--loss", "triplet", "--mining", "batch-hard"),
    "contrastive": ("--loss", "contrastive"),
    "binary Siamese": ("--loss", "siamese"),
    "CosFace": ("--loss", "cosface"),
    "ArcFace": ("--loss", "arcface"),
    "AdaFace": ("--loss", "adaface"),
    "regression": ("--loss", "regression", "--teacher", "{teacher}"),
    "cosine": ("--loss", "cosine", "--teacher", "{teacher}"),
    "relational": ("--loss", "relational", "--teacher", "{teacher}"),
    "pairwise": ("--loss", "pairwise", "--teacher", "{teacher}"),
}
COLUMNS: Mapping[str, str] = {
    "val_seen_pair_accuracy": "pairs, trained on",
    "val_pair_accuracy": "pairs, held out",
    "val_one_shot_20": "20-way one-shot",
    "val_tar_1e2": "TAR at FMR 1e-2",
    "val_tar_1e3": "TAR at FMR 1e-3",
}
DRAWN = ("val_pair_accuracy", "val_tar_1e2")
STYLES: Mapping[str, Mapping[str, str]] = {
    "pairs": {"ls": "-", "marker": "o"},
    "identities": {"ls": "--", "marker": "s"},
    "a teacher": {"ls": ":", "marker": "^"},
}
COLOURS = ("#000000", "#0072b2", "#d55e00", "#009e73", "#cc79a7")
"""Told apart by people who are colour-blind, too (Okabe and Ito)."""


def command(name: str, args: argparse.Namespace) -> list[str]:
    """The `accessctl train` of a row, as it can be typed."""
    teacher = str(args.teacher)
    own = [word.format(teacher=teacher) for word in VARIANTS[name]]
    return [
        *("accessctl", "train", "--run", str(folder_of(name, args.runs))),
        *(
            "--data",
            str(args.data),
            "--init",
            str(args.init),
            "--outputs",
            "128",
            "--head",
            "random",
        ),
        *(("--size", str(args.size)) if args.size else ()),
        *(("--region", *map("{:g}".format, args.region)) if args.region else ()),
        *("--freeze", args.freeze, "--augment", "light", "--batch", "64", "--seen", "200"),
        *("--steps", str(args.steps), "--round-steps", str(args.round_steps)),
        *own,
    ]


def folder_of(name: str, runs: Path) -> Path:
    return runs / name.lower().replace(", ", "-").replace(" ", "-")


def history_of(name: str, args: argparse.Namespace) -> list[dict[str, Any]]:
    """The history of the row's run, trained as far as it is not yet."""
    return trained(folder_of(name, args.runs), command(name, args)[4:])


def table(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Markdown; percentages, and what the network was worth before."""
    first = next(iter(rows.values()))[0]
    cells = [("before training", "", *(_percent(first, column) for column in COLUMNS))]
    for name, told in rows.items():
        last = told[-1]
        label = f"{name} (collapsed)" if last["collapsed"] else name
        cells.append((label, taught_by(name), *(_percent(last, column) for column in COLUMNS)))
    return markdown(("loss", "learns from", *COLUMNS.values()), cells)


def taught_by(name: str) -> str:
    loss = VARIANTS[name][1]
    if loss in NEEDS_TEACHER:
        return "a teacher"
    return "pairs" if loss in NEEDS_PAIRS else "identities"


def draw(rows: Mapping[str, Sequence[Mapping[str, Any]]], path: Path) -> None:
    """A line style for each kind of lesson, a colour for each loss of it."""
    mpl.use("Agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, 2, figsize=(14, 5.5), layout="constrained")
    used = dict.fromkeys(STYLES, 0)
    for name, told in rows.items():
        kind = taught_by(name)
        look = STYLES[kind] | {"color": COLOURS[used[kind]], "label": f"{name} ({kind})"}
        used[kind] += 1
        steps = [line["step"] for line in told]
        for axes, column in zip(panels, DRAWN, strict=True):
            axes.plot(steps, [100 * line[column] for line in told], **look)
    for axes, column in zip(panels, DRAWN, strict=True):
        axes.set(xlabel="step of 64 faces", ylabel=f"{COLUMNS[column]} (%)")
        axes.grid(alpha=0.3)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center")
    figure.savefig(path, dpi=110)


def main() -> None:
    args = _arguments()
    names = args.only or list(VARIANTS)
    rows = {name: history_of(name, args) for name in names}
    args.out.mkdir(parents=True, exist_ok=True)
    draw(rows, args.out / "losses.png")
    commands = "\n".join(shlex.join(command(name, args)) for name in names)
    text = (
        f"{datetime.datetime.now(tz=datetime.UTC):%Y-%m-%d}; "
        f"`{shlex.join(['python', '-m', 'benchmarks.losses', *sys.argv[1:]])}`; "
        f"{args.steps} steps of 64 faces each, warm start from {args.init} with a random "
        f"last layer, crops of {args.size or 'its own'} pixels, layers frozen: {args.freeze}. "
        "Percent; held-out people never trained on.\n\n"
        f"{table(rows)}\n\n![Validation by step](losses.png)\n\n"
        f"Each row by itself:\n\n```\n{commands}\n```"
    )
    put_section(args.out / "losses.md", "Figures", text)
    print(table(rows))


def _percent(line: Mapping[str, Any], column: str) -> str:
    value = line.get(column)
    return "-" if value is None else f"{100 * value:.1f}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, required=True, help="where the runs' folders lie")
    parser.add_argument("--data", type=Path, default=Path("../shared/data/train"))
    parser.add_argument(
        "--teacher",
        type=Path,
        default=Path("models/faceres"),
        help="an encoder, or descriptors row for row with the data (models/faceres)",
    )
    parser.add_argument("--init", type=Path, default=Path("models/dlib"))
    parser.add_argument("--size", type=int, help="of the crops, pixels (default: the encoder's)")
    parser.add_argument("--region", type=float, nargs=4, help="of the canvas, as for `train`")
    parser.add_argument("--freeze", default="low", choices=("none", "low", "backbone"))
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--round-steps", type=int, default=100)
    parser.add_argument("--only", nargs="+", choices=tuple(VARIANTS), metavar="NAME")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results")
    return parser.parse_args()


if __name__ == "__main__":
    main()
