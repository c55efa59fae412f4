"""Everything that docs/results says of encoders on LFW, made anew in one go.

For each encoder: `accessctl evaluate lfw --all-pairs` and `evaluate calibration`, both kept
in its card and drawn; then one drawing of all of them, and the tables of recognition.md and
calibration.md, written from the cards of all encoders named. Faces found and embeddings
are kept in the user's cache folder, so a second run takes a minute an encoder.

    python -m benchmarks.recognition models/dlib models/pair [--data DIR] [--to docs/results]
"""

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from accessctl.cli.common import photo_bar
from accessctl.cli.evaluate_lfw import scorers_of
from accessctl.cli.main import main as accessctl
from accessctl.config import EncoderConfig, load_config
from accessctl.encoder.card import Card, load_card
from accessctl.evaluation import plots
from accessctl.evaluation.embedded import bench_for
from accessctl.evaluation.lfw import open_lfw
from accessctl.evaluation.pairs import AllPairs, all_pairs
from accessctl.evaluation.sightings import Subject, default_cache
from accessctl.recognition.calibration import scoring_of

ROOT = Path(__file__).resolve().parents[1]
RATES = ("1e-02", "1e-03", "1e-04", "1e-05", "1e-06")


def measure(encoder: Path, data: Path, drawings: Path) -> None:
    common = ["--data", str(data), "--encoder", str(encoder), "--write-card"]
    for words in (
        ["lfw", "--all-pairs", *common, "--plots", str(drawings / encoder.name)],
        ["calibration", *common, "--plots", str(drawings / encoder.name)],
    ):
        code = accessctl(["evaluate", *words])
        if code != 0:
            sys.exit(code)


def everything(encoder: Path, data: Path) -> tuple[AllPairs, float]:
    """All normalised pairs, and the product's threshold."""
    config = load_config(ROOT / "config.yaml")
    card = load_card(encoder)
    photos, view = open_lfw(data)
    named = EncoderConfig.model_validate({**config.encoder.model_dump(), "folder": encoder})
    bench = bench_for(config.vision, named, Subject.CENTRE, default_cache(os.environ), photo_bar)
    faces = bench.embed(photos, view.photos)
    pairs = all_pairs(scorers_of(faces, card)["normalised"], faces.person)
    return pairs, scoring_of(card)[1].threshold(config.policy.target_fmr)


def view_2_table(cards: Sequence[Card]) -> list[str]:
    lines = [
        "| encoder | score | accuracy | ROC-AUC | EER | TAR at FMR 1e-2 | 1e-3 |",
        "|---|---|---|---|---|---|---|",
    ]
    for card in cards:
        result: Any = card.results["lfw"]
        for score, row in result["view_2"].items():
            tar = row["tar"]
            accuracy = f"{row['accuracy']:.2%} ± {100 * row['standard_error']:.2f}"
            cells = (_name(card), score, accuracy, f"{row['auc']:.5f}", f"{row['eer']:.2%}",
                     f"{tar['1e-02']:.1%}", f"{tar['1e-03']:.1%}")  # fmt: skip
            lines.append(_row(cells))
    return lines


def tail_table(cards: Sequence[Card]) -> list[str]:
    lines = [
        "| encoder | score | TAR at FMR 1e-2 | 1e-3 | 1e-4 | 1e-5 | 1e-6 |",
        "|---|---|---|---|---|---|---|",
    ]
    for card in cards:
        result: Any = card.results["lfw"]
        for score in result["view_2"]:
            row = result["all_pairs"][score]
            cells = [
                f"{row['tar'][rate]:.1%} ({100 * low:.1f} to {100 * high:.1f})"
                for rate in RATES
                for low, high in [row["interval_95"][rate]]
            ]
            lines.append(_row((_name(card), score, *cells)))
    return lines


def made_table(cards: Sequence[Card]) -> list[str]:
    lines = ["| encoder | fingerprint | how it ran | date | command |", "|---|---|---|---|---|"]
    for card in cards:
        result: Any = card.results["lfw"]
        mirrored = "averaged with the mirror image" if result["flip_average"] else "no mirror image"
        how = f"{result['precision']}, {mirrored}"
        lines.append(_row((_name(card), f"`{card.fingerprint[:12]}`", how, result["date"],
                           f"`{result['command']}`")))  # fmt: skip
    return lines


def calibration_table(cards: Sequence[Card]) -> list[str]:
    lines = [
        "| encoder | stated FMR | threshold | observed FMR | observed / stated | FNMR |",
        "|---|---|---|---|---|---|",
    ]
    for card in cards:
        result: Any = card.results["calibration"]
        for row in result["rates"]:
            stated, (low, high) = row["stated_fmr"], row["interval_95"]
            fnmr, (least, most) = row["fnmr"], row["fnmr_interval_95"]
            cells = (
                _name(card),
                f"{stated:.0e}",
                f"{row['threshold']:.2f}",
                f"{row['observed_fmr']:.2e}",
                f"{row['observed_fmr'] / stated:.2f} ({low / stated:.2f} to {high / stated:.2f})",
                f"{fnmr:.1%} ({100 * least:.1f} to {100 * most:.1f})",
            )
            lines.append(_row(cells))
    return lines


def insert(path: Path, name: str, lines: Iterable[str]) -> None:
    """Put `lines` between the marks <!-- NAME --> and <!-- end of NAME -->."""
    text = path.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, found, rest = text.partition(begin)
    _, ended, after = rest.partition(end)
    if not found or not ended:
        sys.exit(f"{path} lacks the marks {begin.strip()} and {end}")
    path.write_text(before + begin + "\n".join(lines) + "\n" + end + after, encoding="utf-8")


def _name(card: Card) -> str:
    return card.folder.name


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("encoders", type=Path, nargs="+", metavar="ENCODER")
    parser.add_argument("--data", type=Path, default=Path("../shared/data/lfw"))
    parser.add_argument("--to", type=Path, default=Path("docs/results"))
    args = parser.parse_args()
    drawings = args.to / "recognition"
    curves, points = {}, {}
    for encoder in args.encoders:
        measure(encoder, args.data, drawings)
        pairs, threshold = everything(encoder, args.data)
        curves[encoder.name] = pairs
        points[f"{encoder.name}, the product's threshold"] = pairs.errors_at(threshold)
    plots.det(curves, points, drawings / "det.png")
    cards = [load_card(encoder) for encoder in args.encoders]
    page = args.to / "recognition.md"
    insert(page, "made", made_table(cards))
    insert(page, "view 2", view_2_table(cards))
    insert(page, "tail", tail_table(cards))
    insert(args.to / "calibration.md", "stated and observed", calibration_table(cards))


if __name__ == "__main__":
    main()
