"""People enrolled together who look alike: how often one is let in as the other, and what a larger
lead over the second best person costs, for everybody or between look-alikes only.

Three galleries, one photo a person, searched by the people's other photos one by one: the people of
LFW who look most alike, two by two; people of LFW at random; and pairs of drawn relatives, of whom
one has a person's own embeddings and the other a mixture of other photos of that person with a
stranger's, part by part. Before that, what one look says of another.

    python -m benchmarks.look_alikes [--shared DIR] [--cache DIR] [--target RATE] [--seed N]
"""

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from accessctl.config import load_config
from accessctl.encoder.card import load_card
from accessctl.evaluation.data import open_photos, people_of
from accessctl.evaluation.embedded import bench_for
from accessctl.evaluation.sightings import Subject
from accessctl.recognition.calibration import Calibration, comparison_fmr, scoring_of
from accessctl.recognition.normalisation import Normaliser

ROOT = Path(__file__).resolve().parents[1]
MOST_PHOTOS = 6
MARGINS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
BETWEEN_ALIKE, ALIKE_FMR = 2.0, 1e-4
"""The other rule: so large a lead only over somebody whose enrolled photo is so near one's own."""
ONE_PERSON = frozenset({("Joseph_Blatter", "Sepp_Blatter")})
"""Two names in LFW for one person."""
SHARES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.7)
"""Of a drawn relative's embedding, the part that is the other's."""

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Searched:
    """Of each probe whether the best is the right one, its score, its lead over the second best,
    and over the best of those who look like it, infinite where nobody does: (P,) each."""

    right: NDArray[np.bool_]
    top: Floats
    lead: Floats
    lead_alike: Floats

    @classmethod
    def of(cls, scores: Floats, own: Rows, alike: NDArray[np.bool_]) -> "Searched":
        """`scores` (P, G) of probes with the enrolled, of whom `own` (P,) is each one's; `alike`
        (G, G) says which of them look alike."""
        every = np.arange(len(scores))
        best = scores.argmax(axis=1)
        top = scores[every, best]
        others = scores.copy()
        others[every, best] = -np.inf
        rivals = np.where(alike[best], others, -np.inf)
        return cls(best == own, top, top - others.max(axis=1), top - rivals.max(axis=1))

    def told(self, threshold: float, margin: float, alike_margin: float = 0.0) -> str:
        """Right, wrong and missed, as numbers of probes."""
        named = (self.top >= threshold) & (self.lead >= margin) & (self.lead_alike >= alike_margin)
        right, wrong = int((named & self.right).sum()), int((named & ~self.right).sum())
        return f"{right} / {wrong} / {len(self.top) - right - wrong}"


def joined(parts: Sequence[Searched]) -> Searched:
    return Searched(
        *(np.concatenate([getattr(one, name) for one in parts]) for name in Searched.__slots__)
    )


def table(head: str, rows: Iterable[tuple[str, Searched, float]]) -> None:
    """A table in Markdown: for each margin right / wrong / missed, at the end by the other rule."""
    margins = " | ".join(f"{margin:g}" for margin in MARGINS)
    print(f"\n| {head} | {margins} | {BETWEEN_ALIKE:g} between look-alikes |")
    print("|---" * (len(MARGINS) + 2) + "|")
    for name, found, threshold in rows:
        cells = [found.told(threshold, margin) for margin in MARGINS]
        cells.append(found.told(threshold, MARGINS[0], BETWEEN_ALIKE))
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def alike_among(scores: Floats, calibration: Calibration) -> NDArray[np.bool_]:
    """Which of the enrolled (G, G) look alike."""
    near = scores >= calibration.threshold(ALIKE_FMR)
    np.fill_diagonal(near, False)
    return near


def most_alike(scores: Floats, person: Rows, names: Sequence[str], pairs: int) -> list[int]:
    """The photos of that many pairs of people, each person in one, two by two, the most alike
    first."""
    first, second = np.nonzero(np.triu(scores > 3, 1) & (person[:, None] != person))
    chosen: list[int] = []
    used: set[int] = set()
    for place in np.argsort(-scores[first, second]):
        one, other = int(first[place]), int(second[place])
        whose = (int(person[one]), int(person[other]))
        name = tuple(sorted(names[who].rsplit("/", 1)[-1] for who in whose))
        if used.isdisjoint(whose) and name not in ONE_PERSON:
            used.update(whose)
            chosen += [one, other]
        if len(chosen) == 2 * pairs:
            break
    return chosen


def gallery(
    scores: Floats, person: Rows, enrolled: Sequence[int], calibration: Calibration
) -> Searched:
    """All other photos of whom the `enrolled` photos show, searched among these."""
    rows = np.array(enrolled)
    place = {int(person[row]): at for at, row in enumerate(rows)}
    probes = [
        row for row in range(len(person)) if int(person[row]) in place and row not in set(enrolled)
    ]
    own = np.array([place[int(person[row])] for row in probes])
    alike = alike_among(scores[np.ix_(rows, rows)].copy(), calibration)
    return Searched.of(scores[np.ix_(probes, rows)], own, alike)


def relatives(
    embeddings: Floats,
    person: Rows,
    share: float,
    scoring: tuple[Normaliser, Calibration],
    random: np.random.Generator,
) -> Searched:
    """A pair drawn of each person with four photos or more, and of one other person."""
    normaliser, calibration = scoring
    found = []
    for who in np.flatnonzero(np.bincount(person) >= 4):
        own = random.permutation(embeddings[person == who])
        half = len(own) // 2
        stranger = random.choice(np.setdiff1d(person, [who]))
        others = random.choice(embeddings[person == stranger], len(own) - half)
        drawn = mixed(own[half:], others, share, normaliser)
        sides = normaliser.sides(np.concatenate([own[:half], drawn]))
        scores = normaliser.scores(sides, sides)
        enrolled = np.array([0, half])
        probes = np.setdiff1d(np.arange(len(own)), enrolled)
        alike = alike_among(scores[np.ix_(enrolled, enrolled)].copy(), calibration)
        found.append(
            Searched.of(scores[np.ix_(probes, enrolled)], (probes > half).astype(np.int64), alike)
        )
    return joined(found)


def mixed(own: Floats, other: Floats, share: float, normaliser: Normaliser) -> Floats:
    """Unit rows (N, D), part by part `share` of `own` and the rest of `other`."""
    rows = np.empty_like(own)
    for part in normaliser.columns:
        length = np.linalg.norm(own[:, part], axis=1, keepdims=True)
        strange = other[:, part] / np.linalg.norm(other[:, part], axis=1, keepdims=True)
        rows[:, part] = share * own[:, part] / length + np.sqrt(1 - share**2) * strange
        rows[:, part] *= length / np.linalg.norm(rows[:, part], axis=1, keepdims=True)
    unit: Floats = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def another_look(scores: Floats, person: Rows) -> str:
    """What another photo of B scores with one of A, where a first one scored above 1: the straight
    line by least squares, and the spread about it (see recognition/look_alikes.py)."""
    before, after = [], []
    for one, other in np.argwhere((scores > 1) & (person[:, None] != person)):
        looks = np.setdiff1d(np.flatnonzero(person == person[other]), [other])
        after += scores[one, looks].tolist()
        before += [float(scores[one, other])] * len(looks)
    slope, offset = np.polyfit(before, after, 1)
    rest = np.array(after) - (slope * np.array(before) + offset)
    return f"another look: {slope:.2f} times, {offset:+.2f}, spread {rest.std():.2f}; {len(rest):,}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--config", type=Path, default=ROOT / "config.yaml")
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--target", type=float, nargs="+", default=[0.001 / 3, 0.001, 0.01])
    parser.add_argument("--pairs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    config = load_config(args.config)
    photos = open_photos(args.shared / "data" / "lfw" / "images.zip")
    folders, whose = people_of(photos.names)
    rows = np.concatenate(
        [
            own[:MOST_PHOTOS]
            for who in range(len(folders))
            if len(own := np.flatnonzero(whose == who)) > 1
        ]
    )
    bench = bench_for(
        config.vision, config.encoder, Subject.CENTRE, args.cache, lambda names, _total: iter(names)
    )
    seen = bench.embed(photos, [photos.names[row] for row in rows])
    embeddings, person = seen.embeddings[seen.found], whose[rows][seen.found]
    scoring = scoring_of(load_card(config.encoder.folder))
    normaliser, calibration = scoring
    sides = normaliser.sides(embeddings)
    scores = normaliser.scores(sides, sides)
    print(another_look(scores, person), flush=True)
    random = np.random.default_rng(args.seed)
    thresholds = {
        (target, size): calibration.threshold(comparison_fmr(target, size))
        for target in args.target
        for size in (100, 1000)
    }
    alike = gallery(scores, person, most_alike(scores, person, folders, args.pairs), calibration)
    table(
        f"the {args.pairs} most alike pairs, at",
        ((f"{target:.2%}", alike, thresholds[target, 100]) for target in args.target),
    )
    drawn: dict[int, Searched] = {}
    _, first = np.unique(person, return_index=True)
    for size, draws in ((100, 20), (1000, 2)):
        parts = [
            gallery(scores, person, random.permutation(first)[:size].tolist(), calibration)
            for _ in range(draws)
        ]
        drawn[size] = joined(parts)
    table(
        "people at random",
        (
            (f"{size} at {target:.2%}", found, thresholds[target, size])
            for size, found in drawn.items()
            for target in args.target
        ),
    )
    table(
        "drawn relatives, share",
        (
            (
                f"{share:g}",
                relatives(embeddings, person, share, scoring, random),
                thresholds[args.target[0], 100],
            )
            for share in SHARES
        ),
    )


if __name__ == "__main__":
    main()
