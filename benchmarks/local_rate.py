"""What `accessctl calibrate --local` says where the truth is known: people of LFW, of whom some are
enrolled and others come as strangers of the place, one photo each, in galleries drawn anew.

    python -m benchmarks.local_rate [--shared DIR] [--cache DIR] [--draws N] [--seed N]
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from accessctl.config import load_config
from accessctl.encoder.card import load_card
from accessctl.evaluation.data import open_photos, people_of
from accessctl.evaluation.embedded import bench_for
from accessctl.evaluation.seen_here import DoorAsItIs, StrangerLook, nearness, rate_here
from accessctl.evaluation.sightings import Subject
from accessctl.policy.decide import rare_enough
from accessctl.recognition.calibration import Calibration, comparison_fmr, scoring_of
from accessctl.recognition.rate_here import RateHere, StrangerSource

ROOT = Path(__file__).resolve().parents[1]
SIZES = ((10, 50), (100, 30), (100, 50), (100, 200), (100, 1000))
"""How many are enrolled, and how many strangers are looked at."""


def counted(
    best: NDArray[np.float32], enrolled: int, calibration: Calibration, attempt_fpir: float
) -> RateHere:
    """Of strangers whose best score among so many is `best` (S,)."""
    rates = [calibration.fmr_upper(float(score)) for score in best]
    allowed = comparison_fmr(attempt_fpir, enrolled)
    looks = [StrangerLook(nearness(rate, enrolled), rare_enough(rate, allowed)) for rate in rates]
    door = DoorAsItIs(
        encoder="", calibration="", gallery="", enrolled=enrolled, attempt_fpir=attempt_fpir
    )
    return rate_here(looks, StrangerSource.PHOTOS, door, made=0.0)


def row(found: Sequence[RateHere], enrolled: int, strangers: int) -> str:
    """A line of a table in Markdown: medians over the draws, and how often it said "worse"."""
    figures = np.array(
        [[one.level, one.ratio, one.ratio_low, one.ratio_high] for one in found], np.float64
    )
    level, ratio, low, high = np.median(figures, axis=0)
    worse = sum(one.is_worse_than_stated for one in found)
    return (
        f"| {enrolled} | {strangers} | {100 * level:.2g} % | {ratio:.2g} ({low:.2g} to {high:.2g}) "
        f"| {worse} of {len(found)} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--config", type=Path, default=ROOT / "config.yaml")
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    config = load_config(args.config)
    photos = open_photos(args.shared / "data" / "lfw" / "images.zip")
    _, person = people_of(photos.names)
    _, first = np.unique(person, return_index=True)
    bench = bench_for(
        config.vision, config.encoder, Subject.CENTRE, args.cache, lambda names, _total: iter(names)
    )
    seen = bench.embed(photos, [photos.names[row] for row in first])
    normaliser, calibration = scoring_of(load_card(config.encoder.folder))
    sides = normaliser.sides(seen.embeddings[seen.found])
    random = np.random.default_rng(args.seed)
    print("| enrolled | strangers | counted where is stated | seen / stated | said to be worse |")
    print("|---|---|---|---|---|")
    for enrolled, strangers in SIZES:
        found = []
        for _ in range(args.draws):
            people = random.permutation(len(sides.embeddings))[: enrolled + strangers]
            scores = normaliser.scores(sides.rows(people[enrolled:]), sides.rows(people[:enrolled]))
            best = scores.max(axis=1)
            found.append(counted(best, enrolled, calibration, config.policy.attempt_fpir))
        print(row(found, enrolled, strangers))


if __name__ == "__main__":
    main()
