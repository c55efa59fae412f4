"""How often a stranger is taken for somebody enrolled in a visit of several attempts.

Strangers of LFW with at least so many photos come to galleries drawn from the others, one photo a
person, and show another photo at each attempt. Said is the false-positive identification rate of
single attempts and of whole visits, where each attempt is held to the whole `--target` and where it
is held to its part of it, as the door does.

    python -m benchmarks.attempts [--shared DIR] [--attempts N] [--people N] [--target RATE] ...
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from accessctl.config import load_config
from accessctl.domain import PersonId
from accessctl.encoder.card import load_card
from accessctl.evaluation.data import open_photos, people_of
from accessctl.evaluation.embedded import bench_for
from accessctl.evaluation.sightings import Subject
from accessctl.evaluation.statistics import clopper_pearson
from accessctl.gallery.people import Template
from accessctl.policy.decide import sure
from accessctl.recognition.calibration import comparison_fmr, scoring_of
from accessctl.recognition.matcher import Matcher

ROOT = Path(__file__).resolve().parents[1]


def chosen(names: Sequence[str], attempts: int, people: int, seed: int) -> list[list[str]]:
    """`attempts` photos each of at most so many people who have as many."""
    folders, person = people_of(tuple(names))
    several = [row for row in range(len(folders)) if (person == row).sum() >= attempts]
    random = np.random.default_rng(seed)
    rows = random.permutation(several)[:people]
    return [
        [names[i] for i in random.permutation(np.flatnonzero(person == row))[:attempts]]
        for row in rows
    ]


def accepted(
    matcher: Matcher, probes: NDArray[np.float32], rates: Sequence[float], min_margin: float
) -> NDArray[np.bool_]:
    """Whether each probe, float32 (S, A, D), is named at each rate a comparison: (R, S, A).

    A photo without a face names nobody.
    """
    said = np.zeros((len(rates), *probes.shape[:2]), bool)
    for at in np.ndindex(*probes.shape[:2]):
        if not np.isfinite(probes[at]).all():
            continue
        match = matcher.search(probes[at])
        for row, rate in enumerate(rates):
            said[(row, *at)] = match is not None and sure(
                match.fmr_upper, match.margin, rate, min_margin
            )
    return said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--config", type=Path, default=ROOT / "config.yaml")
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--attempts", type=int, default=3)
    parser.add_argument("--pool", type=int, default=600, help="people to draw from")
    parser.add_argument("--people", type=int, default=100, help="enrolled in each gallery")
    parser.add_argument("--target", type=float, default=0.01)
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    config = load_config(args.config)
    photos = open_photos(args.shared / "data" / "lfw" / "images.zip")
    names = chosen(photos.names, args.attempts, args.pool, args.seed)
    bench = bench_for(
        config.vision, config.encoder, Subject.CENTRE, args.cache, lambda names, _total: names
    )
    embedded = bench.embed(photos, [name for own in names for name in own])
    found = embedded.embeddings[embedded.rows([name for own in names for name in own])]
    faces = found.reshape(len(names), args.attempts, -1)
    normaliser, calibration = scoring_of(load_card(config.encoder.folder))
    targets = (args.target, args.target / args.attempts)
    rates = [comparison_fmr(target, args.people) for target in targets]
    random = np.random.default_rng(args.seed)
    rows = []
    for _ in range(args.draws):
        order = random.permutation(len(faces))
        enrolled = [one for one in order if np.isfinite(faces[one, 0]).all()][: args.people]
        strangers = np.setdiff1d(order, enrolled)
        templates = [Template(PersonId(str(one)), faces[one, 0], quality=1.0) for one in enrolled]
        matcher = Matcher(templates, normaliser, calibration)
        rows.append(accepted(matcher, faces[strangers], rates, config.policy.min_margin))
    said = np.concatenate(rows, axis=1)
    for target, one in zip(targets, said, strict=True):
        visits = one.any(axis=1)
        low, high = clopper_pearson(int(visits.sum()), visits.size)
        print(
            json.dumps(
                {
                    "rate_of_an_attempt": target,
                    "attempts": args.attempts,
                    "people": args.people,
                    "fpir_of_an_attempt": float(one.mean()),
                    "fpir_of_a_visit": float(visits.mean()),
                    "interval_95_if_independent": [low, high],
                    "visits": visits.size,
                }
            )
        )


if __name__ == "__main__":
    main()
