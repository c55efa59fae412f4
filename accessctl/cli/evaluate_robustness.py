"""`accessctl evaluate robustness`: what is lost when the face at the door is a worse one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from accessctl.cli.common import config_from
from accessctl.cli.evaluate_common import (
    Part,
    PhotosOptions,
    Told,
    as_record,
    bench_from,
    percent,
    photos_of,
    provenance,
    tell,
    words,
)
from accessctl.cli.front import Verb
from accessctl.encoder.card import load_card

if TYPE_CHECKING:
    from accessctl.evaluation.robustness import Change, ConditionLoss, RobustnessRules

RESULT = "robustness"
OPTIONS = (
    "people",
    "gallery",
    "draws",
    "target_fpir",
    "target_fmr",
    "subject",
    "seed",
)


@dataclass(frozen=True, kw_only=True)
class RobustnessOptions(PhotosOptions):
    people: Annotated[int, typer.Option(help="With two photos each.")] = 300
    gallery: Annotated[int, typer.Option(help="How many of them are enrolled.")] = 200
    draws: Annotated[int, typer.Option(help="Galleries a row.")] = 10
    target_fpir: Annotated[
        float, typer.Option(metavar="RATE", help="The stated rate for a search.")
    ] = 0.01
    target_fmr: Annotated[
        float | None,
        typer.Option(metavar="RATE", help="The stated rate (default: the configured one)."),
    ] = None


def run(args: RobustnessOptions, *, conditions: "Mapping[str, Change] | None" = None) -> int:
    """`conditions` are by name what is done to photos, else the usual ones."""
    import numpy as np

    from accessctl.errors import InputError
    from accessctl.evaluation.left_out import WithoutSubject
    from accessctl.evaluation.robustness import CONDITIONS, RobustnessRules, choose_subset, losses
    from accessctl.evaluation.sightings import Subject
    from accessctl.recognition.calibration import scoring_of

    if not 0 < args.gallery < args.people:
        raise InputError("--gallery must be smaller than --people: the others are strangers to it.")
    policy = config_from(args).policy
    rules = RobustnessRules(
        target_fmr=args.target_fmr or policy.target_fmr,
        target_fpir=args.target_fpir,
        min_margin=policy.min_margin,
        gallery=args.gallery,
        draws=args.draws,
    )
    photos = photos_of(args.data)
    subset = choose_subset(photos.names, args.people, np.random.default_rng(args.seed))
    bench, encoder = bench_from(args, Subject(args.subject))
    card = load_card(encoder.folder)
    normaliser, calibration = scoring_of(card)
    left_out = WithoutSubject.of(bench.sight(photos, [*subset.enrolled, *subset.probes]).absent)
    found = list(
        losses(
            bench,
            photos,
            subset,
            normaliser,
            calibration,
            rules,
            args.seed,
            conditions or CONDITIONS,
        )
    )
    record = provenance(words(RESULT, args, OPTIONS), args, encoder) | {
        **left_out.record(),
        "target_fmr": rules.target_fmr,
        "target_fpir": rules.target_fpir,
        "gallery": rules.gallery,
        "conditions": [_record(one) for one in found],
    }
    picture = None
    if args.plots:
        from accessctl.evaluation.plots import robustness

        picture = args.plots / f"robustness-{card.name}.png"
        robustness(found, rules.target_fmr, rules.target_fpir, picture)
    told = Told(RESULT, record, _parts(args, rules, found), picture, left_out)
    tell(args, encoder, card, told)
    return 0


def _parts(
    args: RobustnessOptions, rules: "RobustnessRules", found: "Sequence[ConditionLoss]"
) -> list[Part]:
    clean = found[0]
    return [
        Part(
            f"One photo against one, {args.people} people, at a stated FMR of "
            f"{rules.target_fmr:g}; in % with 95 % intervals, lost in points",
            ("probe", "no face", "refused", "TAR", "lost", "TAR, refusing none", "FMR"),
            [
                (
                    one.condition,
                    f"{100 * one.faceless.value:.1f}",
                    f"{100 * one.refused.value:.1f}",
                    percent(one.tar),
                    _lost(clean.tar.value - one.tar.value),
                    percent(one.tar_unjudged),
                    _false_matches(one),
                )
                for one in found
            ],
        ),
        Part(
            f"Searched among {rules.gallery} enrolled people, {rules.draws} galleries, at a stated "
            f"FPIR of {100 * rules.target_fpir:g} %; in % with 95 % intervals over people",
            ("probe", "FNIR", "lost", "misidentified", "observed FPIR"),
            [
                (
                    one.condition,
                    percent(one.fnir),
                    _lost(one.fnir.value - clean.fnir.value),
                    percent(one.misidentified, 2),
                    percent(one.fpir, 2),
                )
                for one in found
            ],
        ),
    ]


def _lost(share: float) -> str:
    return f"{100 * share:.1f}"


def _false_matches(one: "ConditionLoss") -> str:
    if not one.stranger_pairs:
        return "-"
    return f"{one.false_matches / one.stranger_pairs:.1e}"


def _record(one: "ConditionLoss") -> dict[str, Any]:
    return {
        "condition": one.condition,
        "no_face": as_record(one.faceless),
        "refused": as_record(one.refused),
        "tar": as_record(one.tar),
        "tar_refusing_none": as_record(one.tar_unjudged),
        "false_matches": one.false_matches,
        "stranger_pairs": one.stranger_pairs,
        "fnir": as_record(one.fnir),
        "misidentified": as_record(one.misidentified),
        "fpir": as_record(one.fpir),
    }


ROBUSTNESS = Verb(
    run,
    RobustnessOptions,
    "Makes the faces at the door worse in one way at a time, by masks, hats, distance, darkness, "
    "blur and compression, and measures what is lost.",
    ("accessctl evaluate robustness --data LFW",),
)
