"""How far from its start should a trained network be exported? On people held out of training.

    python -m benchmarks.share --run DIR [--shares 0 0.3 0.5 0.7 1] [--draws 2]

For each share of the way the weights (1 - share) start + share trained are measured on clear
faces against each other, and on clear faces against the same people's others as the `door`
augmentation makes them. TAR in %, single crops, cosine.
"""

import argparse
from pathlib import Path

import numpy as np

from accessctl.config import VisionConfig
from accessctl.encoder.card import load_card
from accessctl.encoder.keras_file import in_precision
from accessctl.evaluation.statistics import tar_at_fmr
from accessctl.training import settings, validation
from accessctl.training.augment import Augmentation
from accessctl.training.data import divided
from accessctl.training.faces import read_pack
from accessctl.training.network import load_network
from accessctl.training.run import averaged, set_up
from accessctl.training.validation import embed

RATES = (1e-3, 1e-4)


def main() -> None:
    args = _arguments()
    run = set_up(args.run, settings.read(args.run), VisionConfig())
    held_out = run.data.validation
    if held_out is None:
        raise SystemExit(f"{args.run} holds nobody out of training.")
    _, faces, _ = divided(read_pack(run.settings.data), run.settings)
    with averaged(run):
        network = in_precision(run.model.network, "float32")
    start = load_network(load_card(run.settings.init)).get_weights()
    trained = network.get_weights()
    recipe = Augmentation(run.card.crop_geometry, "door")
    spoilt = [
        np.stack(
            [recipe.crop(faces.image(i), np.random.default_rng([d, i])) for i in range(len(faces))]
        )
        for d in range(args.draws)
    ]
    print(f"{len(faces)} faces of {len(np.unique(faces.person))} people held out")
    print("share   clear, FMR 1e-3, 1e-4   through a door")
    for share in args.shares:
        mixed = [(1 - share) * old + share * new for old, new in zip(start, trained, strict=True)]
        network.set_weights(mixed)
        clear = validation.unit_rows(embed(network, run.card, held_out.crops))
        doors = [validation.unit_rows(embed(network, run.card, crops)) for crops in spoilt]
        at_door = np.mean([tars(clear, door, faces.person) for door in doors], axis=0)
        told = (*tars(clear, clear, faces.person), *at_door)
        print(f"{share:5g}", *(f"{100 * value:11.1f}" for value in told), flush=True)


def tars(one: np.ndarray, other: np.ndarray, person: np.ndarray) -> list[float]:
    """Of all pairs of different photos, at RATES."""
    similarities = one @ other.T
    same = person[:, None] == person
    genuine = similarities[same & ~np.eye(len(person), dtype=bool)]
    return [tar_at_fmr(genuine, similarities[~same], rate) for rate in RATES]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--shares", type=float, nargs="+", default=[0, 0.3, 0.5, 0.7, 1])
    parser.add_argument("--draws", type=int, default=2, help="of the augmentation")
    return parser.parse_args()


if __name__ == "__main__":
    main()
