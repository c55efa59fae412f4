"""`accessctl evaluate lfw` and `calibration`: an encoder on Labeled Faces in the Wild."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from accessctl.cli.common import config_from, table
from accessctl.cli.evaluate_common import (
    SUBJECT_HELP,
    BenchOf,
    BenchOptions,
    SubjectName,
    WriteCardOption,
    bench_from,
    heading,
    keep_result,
    percent,
    print_record,
    provenance,
)
from accessctl.cli.front import Verb
from accessctl.encoder.card import Card, load_card
from accessctl.encoder.card_parts import MOST_POOLED
from accessctl.errors import InputError

if TYPE_CHECKING:
    from accessctl.evaluation.embedded import Embedded
    from accessctl.evaluation.lfw import StatedRate, TailResult, View2Result
    from accessctl.evaluation.pairs import Scorer


@dataclass(frozen=True, kw_only=True)
class LfwDataOption:
    """Where the photographs are, and who is meant in them."""

    data: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="Holds LFW's pairs.txt, and images.zip or a folder of photos for each person.",
        ),
    ]
    subject: Annotated[
        SubjectName,
        typer.Option(help=f"{SUBJECT_HELP} LFW's protocol means the one at the centre."),
    ] = "centre"

    @property
    def subject_words(self) -> str:
        """The option as it can be typed, where it is not as usual."""
        return "" if self.subject == "centre" else f" --subject {self.subject}"


@dataclass(frozen=True, kw_only=True)
class LfwOptions(BenchOptions, WriteCardOption, LfwDataOption):
    all_pairs: Annotated[
        bool, typer.Option("--all-pairs", help="Compare every pair of the photos, too.")
    ] = False
    seed: Annotated[int, typer.Option(help="Of the intervals' samples.")] = 0


@dataclass(frozen=True, kw_only=True)
class CalibrationOptions(BenchOptions, WriteCardOption, LfwDataOption):
    groups: Annotated[
        str | None,
        typer.Option(
            metavar="folders|FILE.csv|pack",
            help="Compare only people of one group with each other, group by group. folders: DIR "
            "holds group/person/photos; FILE.csv: columns group, and photo or person; pack: DIR is "
            "a pack of faces, of whose groups the part is taken that no calibration is made of.",
        ),
    ] = None
    pooled: Annotated[
        bool,
        typer.Option(
            "--pooled",
            help="Pool two to five photos of a stranger, and of whom they are compared with: how "
            "much more often do they match? DIR is a pack of faces, or holds a folder of photos "
            "for each person.",
        ),
    ] = False
    slope: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=MOST_POOLED,
            help="With --pooled, what rates are raised by (default: what is found).",
        ),
    ] = None
    draws: Annotated[
        int, typer.Option(min=1, help="With --pooled, how often photos are drawn.")
    ] = 10
    seed: Annotated[int, typer.Option(help="Of the intervals' samples.")] = 0


def run_lfw(args: LfwOptions, *, bench_of: BenchOf = bench_from) -> int:
    import numpy as np

    from accessctl.evaluation.left_out import WithoutSubject
    from accessctl.evaluation.lfw import as_record, open_lfw, tail, view_2
    from accessctl.evaluation.sightings import Subject

    photos, view = open_lfw(args.data)
    bench, encoder = bench_of(args, Subject(args.subject))
    card = load_card(encoder.folder)
    faces = bench.embed(photos, view.photos)
    left_out = WithoutSubject.of(faces.absent)
    left_out.warn()
    scorers = scorers_of(faces, card)
    views = {name: view_2(faces, view, scorer) for name, scorer in scorers.items()}
    target = config_from(args).policy.target_fmr
    at = operating_threshold(card, target)
    tails = {
        name: tail(faces, scorer, np.random.default_rng(args.seed), down_to=at.get(name, np.inf))
        for name, scorer in scorers.items()
        if args.all_pairs or args.plots
    }
    words = f"lfw --data {args.data}{' --all-pairs' if tails else ''} --seed {args.seed}"
    words += args.subject_words
    record = provenance(words, args, encoder) | left_out.record() | as_record(views, tails)
    if args.plots:
        draw(tails, at, f"the product's threshold for a stated FMR of {target:g}", args.plots)
    if args.json:
        print_record(card, record)
    else:
        print(heading(encoder, card))
        print(left_out)
        print("\n" + _view_table(views))
        if tails:
            print("\n" + _tail_table(tails))
    if args.write_card:
        keep_result(encoder.folder, "lfw", record)
    return 0


def scorers_of(faces: "Embedded", card: Card) -> "dict[str, Scorer]":
    """By name: the bare cosine and, for a calibrated encoder, what the product decides on."""
    from accessctl.evaluation.pairs import cosine, normalised
    from accessctl.recognition.calibration import scoring_of

    scorers = {"cosine": cosine(faces.embeddings, faces.found)}
    if card.cohort is not None and card.calibration is not None:
        normaliser, _ = scoring_of(card)
        scorers["normalised"] = normalised(faces.embeddings, faces.found, normaliser)
    return scorers


def _view_table(views: "Mapping[str, View2Result]") -> str:
    rates = next(iter(views.values())).tar
    head = ("View 2", "accuracy", "ROC-AUC", "EER", *(f"TAR at FMR {rate:.0e}" for rate in rates))
    rows = [
        (
            name,
            f"{result.accuracy.mean:.2%} +- {100 * result.accuracy.standard_error:.2f}",
            f"{result.auc:.5f}",
            f"{result.eer:.2%}",
            *(f"{value:.2%}" for value in result.tar.values()),
        )
        for name, result in views.items()
    ]
    return table(head, rows)


def _tail_table(tails: "Mapping[str, TailResult]") -> str:
    pairs = next(iter(tails.values())).pairs
    title = (
        f"TAR over all {len(pairs.genuine):,} genuine and {pairs.impostors:,} impostor pairs, "
        "95 % intervals over people"
    )
    rates = next(iter(tails.values())).tar
    rows = [
        (f"{rate:.0e}", *(percent(result.tar[rate], unit=" %") for result in tails.values()))
        for rate in rates
    ]
    return title + "\n" + table(("FMR", *tails), rows)


def operating_threshold(card: Card, target_fmr: float) -> dict[str, float]:
    """{"normalised": the score that the product asks for}, empty without a calibration."""
    from accessctl.recognition.calibration import scoring_of

    if card.cohort is None or card.calibration is None:
        return {}
    return {"normalised": scoring_of(card)[1].threshold(target_fmr)}


def draw(
    tails: "Mapping[str, TailResult]", at: Mapping[str, float], mark: str, folder: Path
) -> None:
    """det.png and, for the score with an operating point, scores.png."""
    from accessctl.evaluation import plots

    points = {}
    for name, threshold in at.items():
        pairs = tails[name].pairs
        points[mark] = pairs.errors_at(threshold)
        plots.histograms(pairs, f"{name} score", threshold, mark, folder / "scores.png")
    plots.det({name: result.pairs for name, result in tails.items()}, points, folder / "det.png")


def run_calibration(args: CalibrationOptions, *, bench_of: BenchOf = bench_from) -> int:
    if args.pooled and args.groups is not None:
        raise InputError("--pooled and --groups are measured one at a time; leave one of them out.")
    if args.slope is not None and not args.pooled:
        raise InputError("--slope speaks of pooled photos; add --pooled.")
    if args.pooled:
        from accessctl.cli.evaluate_pooled import run_pooled

        return run_pooled(args, bench_of)

    if args.groups is not None:
        from accessctl.cli.evaluate_groups import run_groups

        return run_groups(args, args.groups, bench_of)

    import numpy as np

    from accessctl.evaluation import plots
    from accessctl.evaluation.left_out import WithoutSubject
    from accessctl.evaluation.lfw import (
        RATES,
        open_lfw,
        stated_and_observed,
        stated_record,
    )
    from accessctl.evaluation.pairs import all_pairs, normalised
    from accessctl.evaluation.sightings import Subject
    from accessctl.recognition.calibration import scoring_of

    photos, view = open_lfw(args.data)
    bench, encoder = bench_of(args, Subject(args.subject))
    card = load_card(encoder.folder)
    normaliser, calibration = scoring_of(card)
    faces = bench.embed(photos, view.photos)
    left_out = WithoutSubject.of(faces.absent)
    left_out.warn()
    scorer = normalised(faces.embeddings, faces.found, normaliser)
    pairs = all_pairs(scorer, faces.person, down_to=calibration.threshold(RATES[0]))
    kept = stated_and_observed(pairs, calibration, RATES, np.random.default_rng(args.seed))
    words = f"calibration --data {args.data} --seed {args.seed}{args.subject_words}"
    record = provenance(words, args, encoder) | left_out.record()
    record |= {
        "impostor_pairs": pairs.impostors,
        "genuine_pairs": len(pairs.genuine),
        "rates": stated_record(kept),
    }
    if args.plots:
        plots.calibration(kept, args.plots / "calibration.png")
    if args.json:
        print_record(card, record)
    else:
        print(heading(encoder, card))
        print(left_out)
        print(
            f"All {pairs.impostors:,} impostor and {len(pairs.genuine):,} genuine pairs of "
            f"{len(faces.people):,} people, 95 % intervals over people\n"
        )
        print(_stated_table(kept))
    if args.write_card:
        keep_result(encoder.folder, "calibration", record)
    return 0


def _stated_table(kept: "list[StatedRate]") -> str:
    head = ("stated FMR", "threshold", "observed FMR", "observed / stated", "FNMR")
    rows = [
        (
            f"{row.stated:.0e}",
            f"{row.threshold:.2f}",
            f"{row.fmr.value:.2e}",
            f"{row.ratio.value:.2f} ({row.ratio.low:.2f} to {row.ratio.high:.2f})",
            percent(row.fnmr, unit=" %"),
        )
        for row in kept
    ]
    return table(head, rows)


LFW = Verb(
    run_lfw,
    LfwOptions,
    "Measures an encoder on Labeled Faces in the Wild: accuracy and ROC of View 2 and, with "
    "--all-pairs, the share of genuine pairs kept at false-match rates as small as a door's.",
    ("accessctl evaluate lfw --data LFW --all-pairs",),
)
CALIBRATION = Verb(
    run_calibration,
    CalibrationOptions,
    "Compares the false-match rates that an encoder's calibration states with those observed on "
    "people it has never seen.",
    (
        "accessctl evaluate calibration --data LFW",
        "accessctl evaluate calibration --data PEOPLE --groups groups.csv",
        "accessctl evaluate calibration --data PEOPLE --pooled",
    ),
)
