"""A tree of group/person/photo to try `accessctl evaluate fairness` on, from a pack of faces.

Groups are those that UTKFace's names tell (age_gender_race_...), of people of whom nobody
said who they are: each photo is taken for a person of its own. So the tree tells of false
matches, not of misses, and somebody who is in it twice counts as a false match. Faces that
are in a cohort made with --seed are left out, and so are those that had to be enlarged.

    python -m benchmarks.face_groups --faces DIR --to FILE.zip [--each N] [--seed N]
    accessctl evaluate fairness --data FILE.zip
"""

import argparse
import csv
import zipfile
from pathlib import Path

import numpy as np

from accessctl.evaluation.calibrate_encoder import MAX_SCALE, choose_cohort
from accessctl.evaluation.data import read_rows

SOURCE = "utkface200"
RACES = ("White", "Black", "Asian", "Indian")
"""In UTKFace's words and order."""
SEXES = ("men", "women")
CHILD, ADULT, OLD = 12, (20, 59), 70
DIMENSIONS = (128, 256, 320)
"""Of the encoders whose cohorts are left out: a cohort's size depends on it."""


def group_of(name: str) -> str | None:
    """Of a file called age_gender_race_date.jpg...; None when it belongs to none."""
    fields = name.split("_")
    if len(fields) < 4 or not all(field.isdigit() for field in fields[:3]):
        return None
    age, sex, race = (int(field) for field in fields[:3])
    if age <= CHILD:
        return f"Children to {CHILD}"
    if age >= OLD:
        return f"People from {OLD}"
    if ADULT[0] <= age <= ADULT[1] and race < len(RACES) and sex < len(SEXES):
        return f"{RACES[race]} {SEXES[sex]}"
    return None


def members(faces: Path, each: int, seed: int) -> dict[str, list[str]]:
    """Up to `each` files of every group."""
    rows = read_rows(faces)
    used = {
        index
        for dimension in DIMENSIONS
        for index in choose_cohort(rows, dimension, np.random.default_rng(seed))
    }
    with (faces / "faces.csv").open(newline="", encoding="utf-8") as file:
        names = [row["original_name"] for row in csv.DictReader(file)]
    groups: dict[str, list[str]] = {}
    for index, (row, name) in enumerate(zip(rows, names, strict=True)):
        group = group_of(name) if row.source == SOURCE else None
        if group is not None and index not in used and row.scale <= MAX_SCALE:
            groups.setdefault(group, []).append(row.file)
    random = np.random.default_rng(seed)
    return {
        group: own if len(own) <= each else sorted(random.choice(own, each, replace=False))
        for group, own in sorted(groups.items())
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faces", type=Path, required=True, metavar="DIR")
    parser.add_argument("--to", type=Path, required=True, metavar="FILE.zip")
    parser.add_argument("--each", type=int, default=900, help="photos of a group, at most")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    groups = members(args.faces, args.each, args.seed)
    with (
        zipfile.ZipFile(args.faces / "faces.zip") as pack,
        zipfile.ZipFile(args.to, "w") as tree,
    ):
        for group, files in groups.items():
            print(f"{group:20} {len(files):5}")
            for file in files:
                tree.writestr(f"{group}/{Path(file).stem}/{file}", pack.read(file))


if __name__ == "__main__":
    main()
