"""How many ordinary portraits can be enrolled, and why the others cannot.

The first photo each of people drawn at random, as `accessctl enroll` would take it, and as it would
with `--strict`. Nothing is embedded and nobody is enrolled.

    python -m benchmarks.portraits --data DIR [--photos N] [--seed N] [--named]
"""

import argparse
import json
from collections import Counter
from pathlib import Path

import numpy as np

from accessctl.config import load_config
from accessctl.errors import FaceError
from accessctl.evaluation.data import open_photos, people_of
from accessctl.evaluation.statistics import clopper_pearson
from accessctl.recognition.enrolment import size_of
from accessctl.recognition.recogniser import BYSTANDER_WIDTH, only_face
from accessctl.vision.observer import Observer

ROOT = Path(__file__).resolve().parents[1]


def first_photos(names: tuple[str, ...], number: int, seed: int) -> list[str]:
    """Of so many people the photo that comes first by its name."""
    people, person = people_of(names)
    firsts = [names[int(np.flatnonzero(person == row)[0])] for row in range(len(people))]
    drawn = np.random.default_rng(seed).choice(len(firsts), min(number, len(firsts)), replace=False)
    return [firsts[at] for at in drawn]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "lfw")
    parser.add_argument("--config", type=Path, default=ROOT / "config.yaml")
    parser.add_argument("--photos", type=int, default=450)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--named", action="store_true", help="name each photo that is refused")
    args = parser.parse_args()

    archive = args.data / "images.zip"
    photos = open_photos(archive if archive.exists() else args.data)
    names = first_photos(photos.names, args.photos, args.seed)
    refused: dict[str, Counter[str]] = {"enroll": Counter(), "enroll --strict": Counter()}
    named = []
    observer = Observer(load_config(args.config).vision)
    try:
        for name in names:
            image = photos.read(name)
            faces = observer.still(image, BYSTANDER_WIDTH)
            for verb, counted in refused.items():
                try:
                    only_face(faces, name, size_of(image) if verb == "enroll" else None)
                except FaceError as error:
                    counted[type(error).__name__] += 1
                    if verb == "enroll":
                        named.append(str(error))
    finally:
        observer.close()
    for verb, counted in refused.items():
        number = sum(counted.values())
        low, high = clopper_pearson(number, len(names))
        said = {"photos": len(names), "as": verb, "refused": number, **counted}
        print(json.dumps(said | {"interval": [round(low, 4), round(high, 4)]}))
    if args.named:
        print("\n".join(named))


if __name__ == "__main__":
    main()
