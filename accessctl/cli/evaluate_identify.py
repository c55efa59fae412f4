"""`accessctl evaluate identify`: who is at the door, when it may be nobody enrolled?"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from accessctl.cli.common import config_from
from accessctl.cli.evaluate_bench import bench_from, provenance
from accessctl.cli.evaluate_report import (
    Part,
    PhotosOptions,
    Told,
    as_record,
    percent,
    photos_of,
    tell,
    words,
)
from accessctl.cli.front import Several, Verb, is_number
from accessctl.encoder.card import load_card

if TYPE_CHECKING:
    from accessctl.evaluation.open_set import OpenSetRow

RESULT = "identify"
OPTIONS = ("sizes", "pool", "pool_size", "draws", "strangers", "subject", "seed")
GOAL = 0.01
"""The stated FPIR at which encoders are compared, besides the configured one."""


@dataclass(frozen=True, kw_only=True)
class OpenSetOptions(PhotosOptions):
    sizes: Annotated[
        list[int],
        typer.Option(metavar="N...", help="How many people are enrolled."),
        Several(is_number),
    ] = field(default_factory=lambda: [10, 50, 200, 1000])
    pool: Annotated[
        list[int],
        typer.Option(metavar="K...", help="How many photos at the door make one probe."),
        Several(is_number),
    ] = field(default_factory=lambda: [1, 2, 3, 5])
    pool_size: Annotated[int, typer.Option(metavar="N", help="The gallery for --pool.")] = 200
    target_fpir: Annotated[
        list[float] | None,
        typer.Option(
            metavar="RATE",
            help=f"May be repeated (default: the configured one, and {GOAL:g}).",
        ),
    ] = None
    draws: Annotated[int, typer.Option(help="Galleries a row.")] = 10
    strangers: Annotated[int, typer.Option(help="Who come to a gallery.")] = 1000


def run(args: OpenSetOptions) -> int:
    import numpy as np

    from accessctl.evaluation.data import people_of
    from accessctl.evaluation.embedded import probes_of
    from accessctl.evaluation.open_set import (
        DrawPlan,
        cosine_threshold,
        row,
        try_pooling,
        try_sizes,
    )
    from accessctl.evaluation.sightings import Subject
    from accessctl.recognition.calibration import scoring_of

    policy = config_from(args).policy
    targets = args.target_fpir or sorted({policy.target_fpir, GOAL})
    photos = photos_of(args.data)
    _, person = people_of(photos.names)
    bench, encoder = bench_from(args, Subject(args.subject))
    card = load_card(encoder.folder)
    normaliser, calibration = scoring_of(card)
    faces = probes_of(bench, photos, photos.names)
    plan = DrawPlan(args.draws, args.strangers, args.seed)
    tried = try_sizes(person, faces, args.sizes, normaliser, calibration, plan)
    pooling = try_pooling(person, faces, args.pool_size, args.pool, normaliser, calibration, plan)
    random = np.random.default_rng(args.seed)

    def judged(target: float) -> "tuple[list[OpenSetRow], list[OpenSetRow]]":
        plain = cosine_threshold(tried, args.pool_size, target)
        return (
            [row(one, target, policy.min_margin, person, random, plain) for one in tried],
            [row(one, target, policy.min_margin, person, random) for one in pooling],
        )

    sizes, pooled = (
        [one for rows in kind for one in rows] for kind in zip(*map(judged, targets), strict=True)
    )
    said = words(RESULT, args, OPTIONS) + "".join(f" --target-fpir {one:g}" for one in targets)
    record = provenance(said, args, encoder) | {
        "photos": len(photos.names),
        "photos_without_a_face": int((~faces.found).sum()),
        "photos_refused": int((faces.found & ~faces.usable).sum()),
        "min_margin": policy.min_margin,
        "galleries": [_record(one) for one in sizes],
        "pooled": [_record(one) for one in pooled],
    }
    picture = None
    if args.plots:
        from accessctl.evaluation.plots import identification

        picture = args.plots / f"identify-{card.name}.png"
        identification(tried, sizes, pooled, picture)
    tell(args, encoder, card, Told(RESULT, record, _parts(args, sizes, pooled), picture))
    return 0


def _parts(
    args: OpenSetOptions, sizes: "Sequence[OpenSetRow]", pooled: "Sequence[OpenSetRow]"
) -> list[Part]:
    draws = f"{args.draws} galleries a row, rates in % with 95 % intervals over people"
    return [
        Part(
            f"One photo enrolled, one photo at the door; {draws}",
            (
                "enrolled",
                "stated FPIR",
                "observed FPIR",
                "observed / stated",
                "FNIR",
                "misidentified",
            ),
            [
                (
                    str(one.size),
                    f"{100 * one.target_fpir:g}",
                    percent(one.fpir, 2),
                    f"{one.fpir.value / one.target_fpir:.2f}",
                    percent(one.fnir),
                    percent(one.misidentified, 2),
                )
                for one in sizes
            ],
        ),
        Part(
            "What the parts of the score are worth: FNIR in % where exactly the stated share of "
            "these strangers passes, and the FPIR in % of one cosine threshold that suits "
            f"{args.pool_size} people",
            ("enrolled", "FPIR", "FNIR, normalised", "FNIR, cosine", "FPIR of one threshold"),
            [
                (
                    str(one.size),
                    f"{100 * one.target_fpir:g}",
                    f"{100 * one.fnir_normalised:.1f}",
                    f"{100 * one.fnir_cosine:.1f}",
                    "-"
                    if one.fpir_one_threshold is None
                    else f"{100 * one.fpir_one_threshold:.2f}",
                )
                for one in sizes
            ],
        ),
        Part(
            f"Photos pooled into a probe, one enrolled, {args.pool_size} people, people with more "
            f"than {max(args.pool)} photos at the door; {draws}",
            ("photos", "stated FPIR", "observed FPIR", "FNIR"),
            [
                (
                    str(one.photos),
                    f"{100 * one.target_fpir:g}",
                    percent(one.fpir, 2),
                    percent(one.fnir),
                )
                for one in pooled
            ],
        ),
    ]


def _record(one: "OpenSetRow") -> dict[str, Any]:
    return {
        "people": one.size,
        "photos_a_probe": one.photos,
        "target_fpir": one.target_fpir,
        "fpir": as_record(one.fpir),
        "fnir": as_record(one.fnir),
        "misidentified": as_record(one.misidentified),
        "fnir_at_this_fpir": {
            "normalised": round(one.fnir_normalised, 5),
            "cosine": round(one.fnir_cosine, 5),
        },
    }


IDENTIFY = Verb(
    run,
    OpenSetOptions,
    "Draws galleries of several sizes, lets enrolled people and strangers come to them, and counts "
    "who is missed (FNIR) and who is let in (FPIR).",
    ("accessctl evaluate identify --data LFW --sizes 10 200",),
)
