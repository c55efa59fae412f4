"""Whether a photo is enrolled or refused alike when small faces beside a large one are not sought.

LFW faces are pasted into photographs of other things, one or two in each, the wider one 8 to 40 %
as wide as the picture and the other 0.3 to 1 times that. Each picture is searched as
`accessctl identify` does, for every face, and as `accessctl enroll` does.

    python -m benchmarks.portrait_search [--shared DIR] [--photos N] [--seed N]
"""

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from accessctl.cli.common import table
from accessctl.config import VisionConfig
from accessctl.domain import Face, Image
from accessctl.errors import FaceError
from accessctl.recognition.recogniser import BYSTANDER_WIDTH, only_face
from accessctl.vision.observer import Observer
from accessctl.vision.search import same_face
from benchmarks.search_recall import HEIGHT, WIDTH, backgrounds, cutouts, paste, scene

PEOPLE = 300
WIDEST = (0.08, 0.40)
OTHER = (0.3, 1.0)
LEAST_PX = 30


def pictures(lfw: Path, observer: Observer, seed: int, number: int) -> Iterator[Image]:
    rng = np.random.default_rng(seed)
    people, photos = cutouts(lfw, PEOPLE, observer, rng), backgrounds()
    for at in range(number):
        picture = scene(photos, rng)
        width = float(rng.uniform(*WIDEST)) * WIDTH
        paste(picture, people[rng.integers(len(people))], width, rng)
        if at % 2:
            other = max(LEAST_PX, width * float(rng.uniform(*OTHER)))
            paste(picture, people[rng.integers(len(people))], other, rng)
        yield picture


def said_of(faces: list[Face]) -> tuple[str, Face | None]:
    try:
        return "taken", only_face(faces, "a photo", (WIDTH, HEIGHT))
    except FaceError as error:
        return type(error).__name__, None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"))
    parser.add_argument("--photos", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    observer = Observer(VisionConfig())
    counted: Counter[tuple[str, str, str]] = Counter()
    spent = {0.0: 0.0, BYSTANDER_WIDTH: 0.0}
    for picture in pictures(args.shared / "lfw/images.zip", observer, args.seed, args.photos):
        said = []
        for narrowest in spent:
            began = time.process_time()
            faces = observer.still(picture, narrowest)
            spent[narrowest] += time.process_time() - began
            said.append(said_of(faces))
        (every, one), (few, other) = said
        alike = one is None or other is None or same_face(one.box, other.box)
        counted[every, few, "yes" if alike else "NO"] += 1
    observer.close()
    rows = [(*row, str(number)) for row, number in sorted(counted.items())]
    print(table(["every face sought", "as enroll seeks", "of one face", "photos"], rows))
    each = [f"{1e3 * seconds / args.photos:.1f}" for seconds in spent.values()]
    print(f"\nProcessor time of a photo, ms: {each[0]} and {each[1]}.")


if __name__ == "__main__":
    main()
