"""`accessctl evaluate fairness`: are all groups of people treated alike?"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from accessctl.cli.common import config_from, table
from accessctl.cli.evaluate_common import (
    BenchOf,
    BenchOptions,
    SubjectOption,
    bench_from,
    heading,
    percent,
    print_record,
    provenance,
)
from accessctl.cli.front import Verb
from accessctl.encoder.card import load_card
from accessctl.errors import InputError

if TYPE_CHECKING:
    from accessctl.evaluation.fairness import Fairness, GroupRates
    from accessctl.evaluation.statistics import Measured


@dataclass(frozen=True, kw_only=True)
class FairnessOptions(BenchOptions, SubjectOption):
    data: Annotated[
        Path,
        typer.Option(metavar="TREE", help="A folder or zip archive of group/person/photos."),
    ]
    target_fmr: Annotated[
        float | None,
        typer.Option(metavar="RATE", help="The stated rate (default: policy.target_fmr)."),
    ] = None
    seed: Annotated[int, typer.Option(help="Of the intervals' samples.")] = 0


def run(args: FairnessOptions, *, bench_of: BenchOf = bench_from) -> int:
    import numpy as np

    from accessctl.evaluation import plots
    from accessctl.evaluation.data import open_photos, people_of
    from accessctl.evaluation.fairness import Fairness, as_record, compare, count_groups, groups_of
    from accessctl.evaluation.left_out import WithoutSubject
    from accessctl.evaluation.pairs import Scorer, all_pairs, cosine, normalised
    from accessctl.evaluation.sightings import Subject
    from accessctl.recognition.calibration import scoring_of

    photos = open_photos(args.data)
    names, group = groups_of(people_of(photos.names)[0])
    bench, encoder = bench_of(args, Subject(args.subject))
    card = load_card(encoder.folder)
    normaliser, calibration = scoring_of(card)
    target = _target(args)
    threshold = calibration.threshold(target)
    if math.isinf(threshold):
        raise InputError(
            f"{card.name} is calibrated down to {calibration.smallest_fmr:.1e}; "
            "name a larger --target-fmr."
        )
    faces = bench.embed(photos, photos.names)
    left_out = WithoutSubject.of(faces.absent)
    left_out.warn()

    def judged(scorer: Scorer, threshold: float) -> Fairness:
        counts = count_groups(scorer, faces.person, group, threshold)
        return compare(names, counts, np.random.default_rng(args.seed))

    own = normalised(faces.embeddings, faces.found, normaliser)
    found = judged(own, threshold)
    # One cosine threshold for all that lets just as many strangers through.
    matched = all_pairs(own, faces.person, down_to=threshold).above(threshold)
    bare = cosine(faces.embeddings, faces.found)
    one_for_all = float(all_pairs(bare, faces.person).top[matched])
    by_cosine = judged(bare, one_for_all)
    if args.plots:
        shown = {"the product": found.groups, "one cosine threshold": by_cosine.groups}
        plots.fairness(shown, target, args.plots / "fairness.png")
    if args.json:
        words = f"fairness --data {args.data} --target-fmr {target:g} --seed {args.seed}"
        if args.subject != "enrolment":
            words += f" --subject {args.subject}"
        print_record(
            card,
            provenance(words, args, encoder)
            | left_out.record()
            | {"target_fmr": target, "threshold": threshold, **as_record(found)}
            | {"one_cosine_threshold": {"threshold": one_for_all, **as_record(by_cosine)}},
        )
    else:
        print(heading(encoder, card))
        print(f"Threshold {threshold:.2f} for a stated FMR of {target:g}")
        print(f"{left_out}\n")
        print(_table(found, target))
        print(
            f"\nWith one cosine threshold for all, {one_for_all:.4f}, and as many false matches\n"
        )
        print(_table(by_cosine, target))
    return 0


def _target(args: FairnessOptions) -> float:
    target: float | None = args.target_fmr
    if target is None:
        return config_from(args).policy.target_fmr
    if not 0 < target <= 1:
        raise InputError(f"--target-fmr is a rate above 0 and at most 1, not {target:g}.")
    return target


def _table(found: "Fairness", target: float) -> str:
    head = ("group", "people", "photos", "FMR / stated", "FNMR", "")
    rows = [_row(group, target) for group in (*found.groups, found.between)]
    lines = [table(head, rows)]
    for name, ratio in (("FMR", found.fmr_ratio), ("FNMR", found.fnmr_ratio)):
        if ratio is None:
            lines.append(f"{name}, worst / best group: not to be had from these groups")
        else:
            lines.append(f"{name}, worst / best group: {_factor(ratio)}")
    return "\n".join(lines)


def _row(group: "GroupRates", target: float) -> tuple[str, ...]:
    from accessctl.evaluation.statistics import Measured

    fmr = group.fmr
    scaled = fmr and Measured(fmr.value / target, fmr.low / target, fmr.high / target)
    return (
        group.group,
        str(group.people),
        str(group.photos),
        _factor(scaled) if scaled else "-",
        percent(group.fnmr, unit=" %") if group.fnmr else "-",
        "too few people to tell" if group.small else "",
    )


def _factor(rate: "Measured") -> str:
    return f"{rate.value:.2f} ({rate.low:.2f} to {rate.high:.2f})"


FAIRNESS = Verb(
    run,
    FairnessOptions,
    "Measures false matches and false non-matches group by group at the one threshold that the "
    "product takes for all, and how far the groups lie apart.",
    ("accessctl evaluate fairness --data GROUPS",),
)
