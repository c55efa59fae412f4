"""How much should each half of the pair count in a score? Chosen on the pack, not on LFW.

    python -m benchmarks.part_weights [--data DIR] [--weights 0.3 0.5 0.7 1]

The two teachers' descriptors that lie beside the pack's faces stand for the pair's halves.
The people of one source are compared with each other, all pairs, normalised by a cohort of
the other sources' people and of unlabelled faces. Prints TAR in % at FMR 1e-4 and 1e-5.
"""

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np

from accessctl.evaluation.all_pairs import all_pairs
from accessctl.evaluation.pack import Row, read_rows, unlabelled
from accessctl.evaluation.scorer import normalised
from accessctl.gallery.normalisation import Normaliser, ScoredPart

SOURCES = ("celeba_testpart_crop", "pins105", "celeba_first10k_89x109")
FIRST = 3.2
"""What dlib's unit embedding is multiplied by in the pair."""
PHOTOS, COHORT, NEIGHBOURS = 8, 7500, 200
RATES = (1e-4, 1e-5)


def main() -> None:
    args = _arguments()
    rows = read_rows(args.data)
    halves = [unit(np.load(args.data / name)) for name in ("teacher.npy", "teacher_b.npy")]
    joint = unit(np.concatenate([FIRST * halves[0], halves[1]], axis=1))
    print("people of".ljust(32), "as a whole", *(f"{weight:>12g}" for weight in args.weights))
    for source in SOURCES:
        own = photos_of(rows, source, np.random.default_rng(0))
        others = cohort_beside(rows, source, np.random.default_rng(0))
        people, person = np.unique([rows[i].identity for i in own], return_inverse=True)
        cells = []
        for parts in ([], *(parts_of(halves, weight) for weight in args.weights)):
            normaliser = Normaliser(joint[others], NEIGHBOURS, parts)
            scorer = normalised(joint[own], np.ones(len(own), bool), normaliser)
            pairs = all_pairs(scorer, person.astype(np.int64))
            found = [np.mean(pairs.genuine > pairs.threshold(rate)) for rate in RATES]
            cells.append(" / ".join(f"{100 * value:.1f}" for value in found))
        print(f"{source} ({len(people)})".ljust(32), *(cell.rjust(12) for cell in cells))


def parts_of(halves: list[np.ndarray], weight: float) -> list[ScoredPart]:
    first, second = (half.shape[1] for half in halves)
    return [ScoredPart(first, 1.0), ScoredPart(second, weight)]


def photos_of(rows: list[Row], source: str, random: np.random.Generator) -> list[int]:
    """At most PHOTOS of each person of the source."""
    photos = defaultdict(list)
    for index in random.permutation(len(rows)).tolist():
        row = rows[index]
        if row.source == source and row.identity and len(photos[row.identity]) < PHOTOS:
            photos[row.identity].append(index)
    return sorted(index for own in photos.values() for index in own)


def cohort_beside(rows: list[Row], source: str, random: np.random.Generator) -> list[int]:
    """One photo of each person of the other sources, and unlabelled ones up to COHORT."""
    first: dict[tuple[str, str], int] = {}
    for index in random.permutation(len(rows)).tolist():
        row = rows[index]
        if row.identity and row.source != source:
            first.setdefault((row.source, row.identity), index)
    named = list(first.values())
    rest = random.permutation(unlabelled(rows))[: COHORT - len(named)]
    return [*named, *rest.tolist()]


def unit(rows: np.ndarray) -> np.ndarray:
    rows = rows.astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/train"))
    parser.add_argument("--weights", type=float, nargs="+", default=[0.3, 0.5, 0.7, 1.0])
    return parser.parse_args()


if __name__ == "__main__":
    main()
