"""What training accuracy says, and what the same network does at a door.

A small network is trained twice from random weights for as many steps, on a few people and
on all; both, and the encoders that are named, are then measured in four ways: pairs of people
trained on, pairs and one-shot tasks of people held out, open-set identification on LFW's
photographs, and the demo's three visits through the door's own loop. A run that was stopped
goes on, one that is complete is only read.

    python -m benchmarks.live_use --runs DIR [--data DIR] [--encoders DIR ...]
"""

import argparse
import datetime
import json
import shlex
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import yaml

from accessctl.cli.evaluate_common import markdown, put_section
from accessctl.config import EncoderConfig
from accessctl.encoder.card import load_card
from accessctl.encoder.choose import load_encoder
from accessctl.evaluation.calibrate_encoder import embed_pack
from accessctl.evaluation.data import read_rows
from accessctl.training import settings, validation
from accessctl.training.data import divided
from accessctl.training.faces import FaceSet, read_pack
from accessctl.training.settings import Settings
from accessctl.training.validation import ONE_SHOT_TRIALS
from benchmarks import small_network
from benchmarks.training_runs import accessctl, trained

ROOT = Path(__file__).resolve().parents[1]
EPOCHS = (5, 50)
GALLERY, FPIR, WAYS = 200, 0.01, 20
HEAD = (
    "network",
    "pairs, trained on",
    "pairs, held out",
    f"{WAYS}-way one-shot, held out",
    "FNIR",
    "observed FPIR",
    "the demo's three visits",
)


@dataclass(frozen=True)
class Row:
    """Shares in [0, 1]; `seen` None where the people trained on are not in the pack. `fnir` and
    `fpir` are records of `evaluate identify`: rate and interval_95. `visits` are decisions."""

    name: str
    seen: float | None
    held_out: float
    one_shot: float
    fnir: Mapping[str, Any]
    fpir: Mapping[str, Any]
    visits: Sequence[str]


def common(args: argparse.Namespace) -> list[str]:
    """Of both runs."""
    return [
        *("--data", str(args.data / "train"), "--init", str(args.runs / "small")),
        *("--loss", "contrastive", "--augment", "none", "--rate", "1e-3", "--ema", "0.97"),
        *("--seen", "200"),
    ]


def run_both(args: argparse.Namespace) -> dict[str, list[dict[str, Any]]]:
    """Histories by name; the second run gets as many steps as the first had."""
    small_network.provide(args.runs / "small")
    few = [*common(args), "--people", str(args.people), "--epochs", str(EPOCHS[-1])]
    first = trained(args.runs / "few", [*few, "--round-steps", "20"])
    steps = first[-1]["step"]
    every = [*common(args), "--steps", str(steps), "--round-steps", str(steps)]
    return {"few": first, "all": trained(args.runs / "all", every)}


def exported(run: Path, faces: Path) -> Path:
    """The run as an encoder that a door can use."""
    folder = run.with_name(f"{run.name}-encoder")
    if not (folder / "card.yaml").exists():
        accessctl(["train", "--run", str(run), "--resume", "--export", str(folder),
                   "--name", run.name])  # fmt: skip
    if load_card(folder).calibration is None:
        accessctl(["models", "calibrate", str(folder), "--faces", str(faces)])
    return folder


def measured(name: str, folder: Path, chosen: Settings, data: Path, *, own: bool) -> Row:
    """`chosen` says who is held out and, when the network is its `own`, who was trained on."""
    _, strangers, seen = divided(read_pack(data / "train"), chosen)
    known = vectors(folder, data / "train", seen) if own else None
    unknown = vectors(folder, data / "train", strangers)
    draw = np.random.default_rng(0)
    found = json.loads(
        accessctl(
            [
                "evaluate",
                "identify",
                "--data",
                str(data / "lfw"),
                "--sizes",
                str(GALLERY),
                "--pool",
                "1",
                "--target-fpir",
                str(FPIR),
                "--encoder",
                str(folder),
                "--json",
            ]
        )
    )["galleries"][0]
    return Row(
        name,
        None if known is None else pair_accuracy(known, seen),
        pair_accuracy(unknown, strangers),
        validation.one_shot_accuracy(unknown, strangers.person, WAYS, ONE_SHOT_TRIALS, draw),
        found["fnir"],
        found["fpir"],
        demo_visits(folder),
    )


def pair_accuracy(embeddings: np.ndarray, faces: FaceSet) -> float:
    return validation.pair_accuracy(*validation.pair_scores(embeddings, faces.person))


def vectors(folder: Path, pack: Path, faces: FaceSet) -> np.ndarray:
    """Unit embeddings (N, D) as the product makes them."""
    encoder = load_encoder(EncoderConfig(folder=folder, device="cpu"))
    rows = read_rows(pack)
    return embed_pack(encoder, pack, [rows[row].file for row in faces.rows], iter)


def demo_visits(encoder: Path) -> list[str]:
    """What a door with this encoder, as it comes, decides of the demo's visitors, in order."""
    with tempfile.TemporaryDirectory() as scratch:
        config = Path(scratch) / "config.yaml"
        config.write_text(yaml.safe_dump({
            "encoder": {"folder": str(encoder.resolve())},
            "vision": {"models": str(ROOT / "models" / "cache" / "mediapipe")},
            "gallery": {"folder": f"{scratch}/enrolled"},
            "audit": {"file": f"{scratch}/events.sqlite"},
        }))  # fmt: skip
        said = accessctl(
            ["run", "--config", str(config), "--source", "demo", "--fast", "--json"]
        ).splitlines()
    events = [json.loads(line) for line in said]
    return [event["decision"] for event in events if event["kind"] == "decision"]


def table(rows: Sequence[Row]) -> str:
    cells = [
        (
            row.name,
            "-" if row.seen is None else f"{100 * row.seen:.1f}",
            f"{100 * row.held_out:.1f}",
            f"{100 * row.one_shot:.1f}",
            share(row.fnir, 1),
            share(row.fpir, 2),
            ", ".join(row.visits),
        )
        for row in rows
    ]
    return markdown(HEAD, cells)


def share(rate: Mapping[str, Any], digits: int) -> str:
    """In percent, with its interval."""
    values = (rate["rate"], *rate["interval_95"])
    value, low, high = (f"{100 * one:.{digits}f}" for one in values)
    return f"{value} ({low} to {high})"


def epochs_table(told: Sequence[Mapping[str, Any]]) -> str:
    """The few people's run at EPOCHS."""
    columns = {"pairs, trained on": "val_seen_pair_accuracy",
               "pairs, held out": "val_pair_accuracy",
               f"{WAYS}-way one-shot, held out": "val_one_shot_20"}  # fmt: skip
    lines = {round(line["epoch"]): line for line in told}
    cells = [
        (str(epoch), *(f"{100 * lines[epoch][column]:.1f}" for column in columns.values()))
        for epoch in (0, *EPOCHS)
    ]
    return markdown(("epochs", *columns), cells)


def draw(told: Sequence[Mapping[str, Any]], rows: Sequence[Row], people: int, path: Path) -> None:
    mpl.use("Agg")
    from matplotlib import pyplot

    colours = ("#1b6ca8", "#e08214", "#7b3294", "#2e8b57")
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(13, 5), layout="constrained")
    epochs = [line["epoch"] for line in told]
    for colour, column, label in (
        (colours[0], "val_seen_pair_accuracy", "pairs of people trained on"),
        (colours[1], "val_pair_accuracy", "pairs of people held out"),
        (colours[2], "val_one_shot_20", f"{WAYS}-way one-shot, people held out"),
    ):
        left.plot(epochs, [100 * line[column] for line in told], marker="o", c=colour, label=label)
    left.set(xlabel="epoch", ylabel="right (%)", ylim=(0, 104),
             title=f"Trained on {people} people from random weights")  # fmt: skip
    left.legend(loc="center right")
    bars = (
        ("pairs of people trained on", [row.seen for row in rows]),
        ("pairs of people held out", [row.held_out for row in rows]),
        (f"{WAYS}-way one-shot, people held out", [row.one_shot for row in rows]),
        (
            f"not missed of {GALLERY} enrolled, stated FPIR {FPIR:.0%}",
            [1 - row.fnir["rate"] for row in rows],
        ),
    )
    width = 0.8 / len(bars)
    for number, (label, values) in enumerate(bars):
        places = [place + (number - 1.5) * width for place, v in enumerate(values) if v is not None]
        heights = [100 * value for value in values if value is not None]
        drawn = right.bar(places, heights, width, color=colours[number], label=label)
        right.bar_label(drawn, fmt="%.0f", fontsize="small")
    right.set(ylabel="right (%)", ylim=(0, 130), title="Beside open-set identification")
    right.set_yticks(range(0, 101, 20))
    right.set_xticks(range(len(rows)), [row.name.replace(" ", "\n") for row in rows])
    right.legend(fontsize="small", ncols=2, loc="upper center")
    for axes in (left, right):
        axes.grid(alpha=0.3, axis="y")
    figure.savefig(path, dpi=110)


def main() -> None:
    args = _arguments()
    told = run_both(args)
    names = {"few": f"{args.people} people", "all": "all people"}
    rows = []
    for name, words in names.items():
        run = args.runs / name
        folder = exported(run, args.data / "train")
        rows.append(measured(words, folder, settings.read(run), args.data, own=True))
    for folder in args.encoders:
        chosen = settings.read(args.runs / "all")
        card = load_card(folder)
        name = f"{card.name} {card.fingerprint[:12]}"
        rows.append(measured(name, folder, chosen, args.data, own=False))
    args.out.mkdir(parents=True, exist_ok=True)
    page = args.out / "training-accuracy.md"
    draw(told["few"], rows, args.people, page.with_suffix(".png"))
    made = (
        f"{datetime.datetime.now(tz=datetime.UTC):%Y-%m-%d}; "
        f"`{shlex.join(['python', '-m', 'benchmarks.live_use', *sys.argv[1:]])}`; "
        f"{told['few'][-1]['step']} steps of 64 faces for both trainings. Percent, in brackets "
        f"95 % intervals over people; FNIR with {GALLERY} people enrolled from one photo each, at "
        f"a stated FPIR of {FPIR:.0%}, ten draws.\n\n"
    )
    picture = f"\n\n![Training and live accuracy]({page.stem}.png)"
    put_section(page, "The networks", made + table(rows) + picture)
    put_section(page, f"The run on {args.people} people, by epoch", epochs_table(told["few"]))
    print(table(rows), epochs_table(told["few"]), sep="\n\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, required=True, help="where the runs' folders lie")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--people", type=int, default=40, help="few people are so many")
    parser.add_argument("--encoders", type=Path, nargs="*",
                        default=[Path("models/dlib"), Path("models/encoder")])  # fmt: skip
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results")
    return parser.parse_args()


if __name__ == "__main__":
    main()
