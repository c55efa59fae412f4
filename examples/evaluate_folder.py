"""FMR and FNMR on photos of one's own: evaluate_folder.py PEOPLE [config.yaml].

PEOPLE holds a folder of photos for each person. Every photo is compared with every other, as
`accessctl verify` compares; the intervals are over people, whose photos fail together.
"""

import sys
from itertools import combinations
from pathlib import Path

import numpy as np

import accessctl
from accessctl.evaluation.statistics import rate_over_people

folder, *config = sys.argv[1:]
faces: list[tuple[str, accessctl.Embedding]] = []
with accessctl.open_engine(*config) as engine:
    for path in sorted(Path(folder).glob("*/*")):
        try:
            faces.append((path.parent.name, engine.embed(path)))
        except accessctl.InputError as error:
            print(f"left out: {error}")
    pairs = [
        (a == b, a, engine.compare(one, other).same)
        for (a, one), (b, other) in combinations(faces, 2)
    ]
    print(f"{len(faces)} photos, at a stated FMR of {engine.config.policy.target_fmr:g}")

for genuine, title in ((True, "FNMR"), (False, "FMR")):
    chosen = [(person, same) for of_one, person, same in pairs if of_one is genuine]
    if not chosen:
        print(f"{title}: no pair to measure it on")
        continue
    people = np.unique([person for person, _ in chosen], return_inverse=True)[1]
    wrong = np.array([same is not genuine for _, same in chosen])
    rate = rate_over_people(wrong, people, np.random.default_rng(1))
    print(
        f"{title}: {rate.events} of {rate.trials} pairs, {rate.value:.1%} "
        f"(95 %: {rate.low:.1%} to {rate.high:.1%})"
    )
