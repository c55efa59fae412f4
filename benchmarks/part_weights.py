"""How much should the parts of a joint encoder count in a score? Chosen on the pack, not on LFW.

    python -m benchmarks.part_weights [--encoder DIR] [--data DIR] [--weights 0.5 1 1.5 2]

The people of one source are compared with each other, all pairs, normalised as
`accessctl models calibrate` does it. The first part counts 1, the second each of the weights.
Prints TAR in % at FMR 1e-4 and 1e-5.
"""

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np

from accessctl.config import EncoderConfig
from accessctl.encoder.card_parts import ScoredPart
from accessctl.encoder.choose import load_encoder
from accessctl.evaluation.calibrate_encoder import NEIGHBOURS, choose_cohort, embed_pack
from accessctl.evaluation.data import PackRow, read_rows
from accessctl.evaluation.pairs import all_pairs, normalised
from accessctl.recognition.normalisation import Normaliser

SOURCES = ("celeba_testpart_crop", "pins105", "celeba_first10k_89x109")
PHOTOS = 6
RATES = (1e-4, 1e-5)


def main() -> None:
    args = _arguments()
    encoder = load_encoder(EncoderConfig(folder=args.encoder, device="cpu"))
    table = encoder.card.calibration
    if table is None or table.parts is None or len(table.parts) != 2:
        raise SystemExit(f"{args.encoder} is not calibrated by two parts.")
    first, second = (part.numbers for part in table.parts)
    rows = read_rows(args.data)

    def embedded(indices: list[int]) -> np.ndarray:
        return embed_pack(
            encoder, args.data, [rows[i].file for i in indices], lambda batches: batches
        )

    cohort = embedded(choose_cohort(rows, encoder.card.dimension, np.random.default_rng(0)))
    print("people of".ljust(32), "as a whole", *(f"{weight:>12g}" for weight in args.weights))
    for source in SOURCES:
        own = photos_of(rows, source, np.random.default_rng(0))
        people, person = np.unique([rows[i].identity for i in own], return_inverse=True)
        faces = embedded(own)
        cells = []
        by_parts = [
            [ScoredPart(numbers=first, weight=1.0), ScoredPart(numbers=second, weight=w)]
            for w in args.weights
        ]
        for parts in ([], *by_parts):
            normaliser = Normaliser(cohort, NEIGHBOURS, parts)
            scorer = normalised(faces, np.ones(len(own), bool), normaliser)
            pairs = all_pairs(scorer, person.astype(np.int64))
            found = [np.mean(pairs.genuine > pairs.threshold(rate)) for rate in RATES]
            cells.append(" / ".join(f"{100 * value:.1f}" for value in found))
        print(f"{source} ({len(people)})".ljust(32), *(cell.rjust(12) for cell in cells))


def photos_of(rows: list[PackRow], source: str, random: np.random.Generator) -> list[int]:
    """At most PHOTOS of each person of the source."""
    photos = defaultdict(list)
    for index in random.permutation(len(rows)).tolist():
        row = rows[index]
        if row.source == source and row.identity and len(photos[row.identity]) < PHOTOS:
            photos[row.identity].append(index)
    return sorted(index for own in photos.values() for index in own)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoder", type=Path, default=Path("models/encoder"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data/train"))
    parser.add_argument("--weights", type=float, nargs="+", default=[0.5, 1.0, 1.5, 2.0])
    return parser.parse_args()


if __name__ == "__main__":
    main()
