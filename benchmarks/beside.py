"""What would another encoder bring beside those that ship? Measured on the pack, not on LFW.

    python -m benchmarks.beside [--encoders DIR ...] [--weights W ...] [--data DIR]

The people of one source are compared with each other, all pairs. A similarity is the encoders'
cosines, added up by the squares of their weights as a joint encoder does; a score adds up what each
comes to when normalised by faces of strangers, by the weights. `--weights` takes as many numbers as
there are encoders for one line, then those of the next. `models/faceres` is fetched by `accessctl
models fetch --pair`. Prints TAR in % at FMR 1e-3, 1e-4 and 1e-5.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from accessctl.config import EncoderConfig
from accessctl.encoder.choose import load_encoder
from accessctl.evaluation.calibrate_encoder import NEIGHBOURS, embed_pack
from accessctl.evaluation.data import PackRow, read_rows
from accessctl.recognition.normalisation import Normaliser
from benchmarks.part_weights import photos_of

SOURCES = ("celeba_testpart_crop", "pins105")
STRANGERS, MOST_STRANGERS = "utkface200", 3000
RATES = (1e-3, 1e-4, 1e-5)
ENCODERS = ("models/dlib", "models/encoder/trained", "models/faceres")
WEIGHTS = (2, 1, 0, 1.5, 1, 0, 2, 1, 0.5, 2, 1, 1, 1, 1, 0.5, 0, 1, 0, 0, 1, 0.5)

Floats = NDArray[np.float32]


def main() -> None:
    args = _arguments()
    lines = np.array(args.weights, float).reshape(-1, len(args.encoders))
    rows = read_rows(args.data)
    chance = np.random.default_rng(0)
    chosen = {source: photos_of(rows, source, np.random.default_rng(0)) for source in SOURCES}
    own = [at for at, row in enumerate(rows) if row.source == STRANGERS]
    strangers = chance.permutation(own)[:MOST_STRANGERS].tolist()
    cosines: dict[str, list[Floats]] = {source: [] for source in SOURCES}
    scores: dict[str, list[Floats]] = {source: [] for source in SOURCES}
    for folder in args.encoders:
        encoder = load_encoder(EncoderConfig(folder=folder, device="cpu"))

        def embedded(
            indices: Sequence[int], encoder=encoder, all_of: Sequence[PackRow] = rows
        ) -> Floats:
            files = [all_of[at].file for at in indices]
            return embed_pack(encoder, args.data, files, lambda batches: batches)

        normaliser = Normaliser(embedded(strangers), NEIGHBOURS, [])
        for source, photos in chosen.items():
            faces = embedded(photos)
            cosines[source].append(faces @ faces.T)
            sides = normaliser.sides(faces)
            scores[source].append(normaliser.scores(sides, sides))
    for source, photos in chosen.items():
        people = np.array([rows[at].identity for at in photos])
        first, second = np.triu_indices(len(people), 1)
        same = people[first] == people[second]
        print(f"{source}: {len(set(people))} people, {same.sum():,} genuine pairs")
        print("weights".ljust(16), "cosine".ljust(22), "normalised")
        for weights in lines:
            by_cosine = sum(w * w * one for w, one in zip(weights, cosines[source], strict=True))
            by_score = sum(w * one for w, one in zip(weights, scores[source], strict=True))
            told = [tar(one[first, second], same) for one in (by_cosine, by_score)]
            print(" : ".join(f"{w:g}" for w in weights).ljust(16), told[0].ljust(22), told[1])


def tar(values: Floats, same: NDArray[np.bool_]) -> str:
    impostors, genuine = np.sort(values[~same]), values[same]
    found = [np.mean(genuine > impostors[-max(1, int(r * len(impostors)))]) for r in RATES]
    return " / ".join(f"{100 * one:.1f}" for one in found)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoders", type=Path, nargs="+", default=[Path(e) for e in ENCODERS])
    parser.add_argument("--weights", type=float, nargs="+", default=WEIGHTS)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/train"))
    args = parser.parse_args()
    if len(args.weights) % len(args.encoders):
        parser.error("--weights takes as many numbers as there are encoders for each line")
    return args


if __name__ == "__main__":
    main()
