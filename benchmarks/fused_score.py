"""Is there a score with the cosine's separation and the normalised score's truth?

Candidates are chosen on the pack's labelled people and on the groups of `Portion.TABLE`, with the
cohort that ships or one that is balanced for them; see docs/decisions/fused-score.md. With --check
those that --only names are shown to LFW and to the groups of `Portion.CHECK`.

    python -m benchmarks.fused_score [--shared DIR] [--cache DIR] [--only NAME ...]
    python -m benchmarks.fused_score --check --only today A B [--photos N]

Each line of the first: the factor of like strangers, TAR in % of the labelled people at the stated
rates, told-like observed over stated; and TAR where strangers at random, and told-like ones, reach
1e-4. A stranger is told-like when the nearest faces of `Portion.TABLE` tell the same group.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from accessctl.cli.common import table
from accessctl.cli.evaluate_common import percent
from accessctl.cli.evaluate_groups import groups_table
from accessctl.config import load_config
from accessctl.encoder.card import Card, load_card
from accessctl.encoder.choose import load_encoder
from accessctl.evaluation.balanced_cohort import balanced
from accessctl.evaluation.calibrate_encoder import (
    FACES_A_PERSON,
    MAX_SCALE,
    choose_like_faces,
    embed_pack,
    suspected_in,
    without_twins,
)
from accessctl.evaluation.calibration_table import (
    TablePlan,
    calibrate,
    impostor_scores,
    pairs_descending,
    score_at_rate,
)
from accessctl.evaluation.data import clear_of_each, read_rows
from accessctl.evaluation.embedded import Embedded, bench_for
from accessctl.evaluation.lfw import open_lfw, stated_and_observed, tail
from accessctl.evaluation.like_groups import Portion, is_mixed, is_young, members, portion_of
from accessctl.evaluation.like_rates import LikeFaces, kept_by_groups
from accessctl.evaluation.like_strangers import ANYBODY, LikeExcess, like_excess, raised
from accessctl.evaluation.pairs import normalised
from accessctl.evaluation.sightings import Subject
from accessctl.recognition.calibration import Calibration, scoring_of
from benchmarks.fusions import CANDIDATES, Fused

ROOT = Path(__file__).resolve().parents[1]
TELLING = 15
"""So many nearest faces tell a group."""
STATED = (1e-2, 1e-3, 1e-4, 1e-5)
QUICK = TablePlan(replicates=2)
"""Candidates are compared by rates and not by their bounds."""

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """Labelled people's faces (P, D), whose they are (P,) and which group they are told to be of
    (P,); the groups of grown people of one origin, of the table's third and of the last one; all
    `faces` of the former (T, D) with their `group` (T,); and every face of the cohort's third
    (C, D) with its group (C,)."""

    labelled: Floats
    identity: Rows
    told: NDArray[np.str_]
    table: Mapping[str, Floats]
    check: Mapping[str, LikeFaces]
    faces: Floats
    group: Sequence[str]
    cohort: Floats
    cohort_group: Sequence[str]


def pack_of(args: argparse.Namespace, card: Card) -> Pack:
    """The pack's faces, embedded, nobody in a set twice as far as the house's rules can tell."""
    folder = args.shared / "data" / "train"
    rows = read_rows(folder)
    like = [rows[index] for index in choose_like_faces(rows, 0)]
    random = np.random.default_rng(0)
    clear = list(clear_of_each(rows, MAX_SCALE, FACES_A_PERSON, random).values())
    files = [row.file for row in like] + [rows[index].file for own in clear for index in own]
    encoder = load_encoder(load_config(args.config).encoder)
    embeddings = embed_pack(
        encoder, folder, files, lambda batches: batches, args.cache and args.cache / "int8"
    )
    labelled = embeddings[len(like) :]
    identity = np.repeat(np.arange(len(clear)), [len(own) for own in clear])
    kept = without_twins(labelled, identity, scoring_of(card)[0])
    group = [row.group for row in like]
    parts = () if card.calibration is None else card.calibration.parts or ()
    again = suspected_in(embeddings[: len(like)], group, parts)

    def of(portion: Portion) -> Rows:
        places = [n for n, row in enumerate(like) if portion_of(row.file) is portion]
        return np.array([place for place in places if place not in again], np.int64)

    def grown(portion: Portion) -> dict[str, Rows]:
        own = of(portion)
        found = members([group[place] for place in own]).items()
        return {
            name: own[places] for name, places in found if not (is_young(name) or is_mixed(name))
        }

    own, cohort = of(Portion.TABLE), of(Portion.COHORT)
    faces, of_faces = embeddings[own], [group[place] for place in own]
    return Pack(
        labelled[kept],
        identity[kept],
        told_groups(labelled[kept], faces, of_faces),
        {name: embeddings[places] for name, places in grown(Portion.TABLE).items()},
        {name: LikeFaces(embeddings[p], p) for name, p in grown(Portion.CHECK).items()},
        faces,
        of_faces,
        embeddings[cohort],
        [group[place] for place in cohort],
    )


def fused_of(name: str, pack: Pack, card: Card) -> Fused:
    """The candidate of that name with its cohort, which is balanced as `accessctl models calibrate`
    does it where the candidate has one of its own."""
    fusion = CANDIDATES[name]
    if not fusion.balanced:
        return Fused(card, fusion, pack.faces)
    random = np.random.default_rng(0)

    def with_cohort(places: Rows) -> Fused:
        return Fused(card, fusion, pack.faces, pack.cohort[places])

    def excess(places: Rows) -> Mapping[str, float]:
        strangers = with_cohort(places)
        scores = impostor_scores(pack.labelled[::2], pack.identity[::2], strangers)
        score = score_at_rate(pairs_descending(scores), ANYBODY)
        found = like_excess(pack.table, strangers, score, random, 1)
        return {} if found is None else found.groups

    return with_cohort(balanced(members(pack.cohort_group), excess, random))


def told_groups(faces: Floats, others: Floats, group: Sequence[str]) -> NDArray[np.str_]:
    """The group of most of the nearest `others` of each face (N,), each of these counting the less
    the more there are of its group."""
    names, code = np.unique(np.array(group), return_inverse=True)
    share = 1 / np.bincount(code)
    nearest = np.argpartition(-(faces @ others.T), TELLING, axis=1)[:, :TELLING]
    votes = [np.bincount(own, share[own], len(names)).argmax() for own in code[nearest]]
    told: NDArray[np.str_] = names[np.array(votes)]
    return told


def told_alike(told: NDArray[np.str_], person: Rows) -> NDArray[np.bool_]:
    """Pairs (N, N) of different grown people of one told group of one origin."""
    grown = np.array([not (is_young(name) or is_mixed(name)) for name in told])
    alike: NDArray[np.bool_] = (told[:, None] == told) & grown[:, None]
    return np.triu(alike & (person[:, None] != person), 1)


def told_scores(faces: Floats, person: Rows, pack: Pack, fused: Fused) -> Floats:
    """The scores of all told-like pairs of faces (N, D)."""
    sides = fused.sides(faces)
    told = told_groups(faces, pack.faces, pack.group)
    alike: Floats = fused.scores(sides, sides)[told_alike(told, person)]
    return alike


def share_above(scores: Floats, calibration: Calibration, rate: float) -> float:
    """Observed over stated."""
    return float(np.mean(scores >= calibration.threshold(rate)) / rate)


def table_of(fused: Fused, pack: Pack, plan: TablePlan) -> tuple[Calibration, float, Floats]:
    """As `accessctl models calibrate` makes it but never lowered for like strangers; the factor of
    like strangers; the labelled people's scores (P, P)."""
    scores = impostor_scores(pack.labelled, pack.identity, fused)
    random = np.random.default_rng(0)
    counted = calibrate(scores, pack.identity, random, plan)
    score = score_at_rate(pairs_descending(scores), ANYBODY)
    found = like_excess(pack.table, fused, score, random, plan.replicates)
    if found is None:
        raise SystemExit("No group of the pack is large enough.")
    factor = LikeExcess(found.groups, max(found.value, 1.0), max(found.upper, 1.0))
    made = raised(counted, factor)
    bound = made.log10_fmr if plan is QUICK else made.log10_fmr_upper
    return Calibration(made.score, made.log10_fmr, bound), found.value, scores


def fit(name: str, pack: Pack, card: Card) -> str:
    """One line of the first table."""
    fused = fused_of(name, pack, card)
    calibration, factor, scores = table_of(fused, pack, QUICK)
    first, second = np.nonzero(np.triu(pack.identity[:, None] == pack.identity, 1))
    sides = fused.sides(pack.labelled)
    genuine = fused.pairs(sides.rows(first), sides.rows(second))
    alike = scores[told_alike(pack.told, pack.identity)]
    at = [calibration.threshold(rate) for rate in STATED]
    cells = [name, f"{factor:.2f}"]
    cells += [f"{100 * np.mean(genuine >= threshold):.1f}" for threshold in at[1:]]
    cells += [f"{share_above(alike, calibration, rate):.2f}" for rate in STATED[:3]]
    for strangers in (pairs_descending(scores), np.sort(alike)[::-1]):
        cells.append(f"{100 * np.mean(genuine >= score_at_rate(strangers, 1e-4)):.1f}")
    return f"| {' | '.join(cells)} |"


def check(names: Sequence[str], pack: Pack, card: Card, args: argparse.Namespace) -> None:
    """The candidates on the last third's groups and on LFW."""
    lfw = lfw_faces(args) if args.photos != 0 else None
    for name in names:
        fused = fused_of(name, pack, card)
        calibration, factor, _ = table_of(fused, pack, TablePlan())
        print(f"\n{name}: factor {factor:.2f}; thresholds", end="")
        print(*(f" {calibration.threshold(rate):.2f}" for rate in STATED), sep="")
        kept = kept_by_groups(pack.check, fused, calibration, np.random.default_rng(0))
        print(groups_table(kept))
        faces = np.concatenate([one.embeddings for one in pack.check.values()])
        person = np.concatenate([one.person for one in pack.check.values()])
        alike = told_scores(faces, person, pack, fused)
        told = ", ".join(f"{share_above(alike, calibration, rate):.2f}" for rate in STATED[:2])
        print(f"told-like instead of by their labels: {told}", flush=True)
        if lfw is not None:
            print(on_lfw(lfw, pack, fused, calibration), flush=True)


def lfw_faces(args: argparse.Namespace) -> Embedded:
    config = load_config(args.config)
    photos, view = open_lfw(args.shared / "data" / "lfw")
    bench = bench_for(
        config.vision, config.encoder, Subject.CENTRE, args.cache, lambda names, _: iter(names)
    )
    return bench.embed(photos, view.photos[: args.photos])


def on_lfw(faces: Embedded, pack: Pack, fused: Fused, calibration: Calibration) -> str:
    """TAR at one rate of all strangers; and at each stated rate what all strangers and those told
    to be alike observe."""
    scorer = normalised(faces.embeddings, faces.found, fused)
    lowest = calibration.threshold(STATED[0])
    found = tail(faces, scorer, np.random.default_rng(0), down_to=lowest)
    tar = "  ".join(f"{rate:.0e} {percent(m)}" for rate, m in found.tar.items())
    alike = told_scores(faces.embeddings[faces.found], faces.person[faces.found], pack, fused)
    head = ("LFW, stated", "observed/stated", f"told-like ({len(alike):,} pairs)", "TAR")
    rows = [
        (
            f"{row.stated:.0e}",
            f"{row.ratio.value:.2f} ({row.ratio.low:.2f} to {row.ratio.high:.2f})",
            f"{share_above(alike, calibration, row.stated):.2f}",
            f"{100 * (1 - row.fnmr.value):.1f}",
        )
        for row in stated_and_observed(found.pairs, calibration, STATED, np.random.default_rng(0))
    ]
    measured = f"{len(faces.names):,} photos, {len(faces.people):,} people; TAR at FMR {tar}"
    return f"{measured}\n{table(head, rows)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--config", type=Path, default=ROOT / "config.yaml")
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--only", nargs="+", choices=CANDIDATES, default=list(CANDIDATES))
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--photos", type=int, help="of LFW, the first so many")
    args = parser.parse_args()
    card = load_card(load_config(args.config).encoder.folder)
    pack = pack_of(args, card)
    if args.check:
        check(args.only, pack, card, args)
        return
    told = " | ".join(f"told-like {rate:.0e}" for rate in STATED[:3])
    print(f"| score | factor | TAR 1e-3 | 1e-4 | 1e-5 | {told} | any 1e-4 | told-like 1e-4 |")
    print("|---" * 10 + "|")
    for name in args.only:
        print(fit(name, pack, card), flush=True)


if __name__ == "__main__":
    main()
