"""`accessctl evaluate identify` and `oneshot`: who of many people is it, or nobody?"""

from collections.abc import Sequence
from dataclasses import dataclass, field
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
from accessctl.cli.front import Several, Verb, is_number
from accessctl.encoder.card import load_card

if TYPE_CHECKING:
    from accessctl.evaluation.open_set import OpenSetRow
    from accessctl.evaluation.statistics import Count

IDENTIFY_OPTIONS = ("sizes", "pool", "pool_size", "draws", "strangers", "subject", "seed")

GOAL = 0.01
"""The stated FPIR at which encoders are compared, besides the configured one."""

ONESHOT_OPTIONS = ("ways", "shots", "trials", "subject", "seed")


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


@dataclass(frozen=True, kw_only=True)
class OneshotOptions(PhotosOptions):
    ways: Annotated[
        list[int],
        typer.Option(metavar="N...", help="Of how many people one is meant."),
        Several(is_number),
    ] = field(default_factory=lambda: [2, 5, 20, 100])
    shots: Annotated[
        list[int],
        typer.Option(metavar="K...", help="How many photos of each are known."),
        Several(is_number),
    ] = field(default_factory=lambda: [1, 2, 3, 5])
    trials: Annotated[int, typer.Option(help="Tasks drawn.")] = 1000


def run_identify(args: OpenSetOptions) -> int:
    import numpy as np

    from accessctl.evaluation.data import people_of
    from accessctl.evaluation.embedded import probes_of
    from accessctl.evaluation.left_out import WithoutSubject
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
    left_out = WithoutSubject.of(faces.absent)
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
    said = words("identify", args, IDENTIFY_OPTIONS) + "".join(
        f" --target-fpir {one:g}" for one in targets
    )
    record = provenance(said, args, encoder) | {
        **left_out.record(),
        "photos_refused": int((faces.found & ~faces.usable).sum()),
        "min_margin": policy.min_margin,
        "galleries": [_open_set_record(one) for one in sizes],
        "pooled": [_open_set_record(one) for one in pooled],
    }
    picture = None
    if args.plots:
        from accessctl.evaluation.plots import identification

        picture = args.plots / f"identify-{card.name}.png"
        identification(tried, sizes, pooled, picture)
    tell(
        args,
        encoder,
        card,
        Told("identify", record, _open_set_parts(args, sizes, pooled), picture, left_out),
    )
    return 0


def _open_set_parts(
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


def _open_set_record(one: "OpenSetRow") -> dict[str, Any]:
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


def run_oneshot(args: OneshotOptions) -> int:
    import numpy as np

    from accessctl.evaluation.data import people_of
    from accessctl.evaluation.embedded import probes_of
    from accessctl.evaluation.identification import draw_tasks, table_of
    from accessctl.evaluation.left_out import WithoutSubject
    from accessctl.evaluation.sightings import Subject
    from accessctl.recognition.calibration import scoring_of

    photos = photos_of(args.data)
    people, person = people_of(photos.names)
    ways, shots = max(args.ways), max(args.shots)
    one, several = (
        draw_tasks(person, ways, each, args.trials, np.random.default_rng([args.seed, each]))
        for each in (1, shots)
    )
    bench, encoder = bench_from(args, Subject(args.subject))
    card = load_card(encoder.folder)
    normaliser, _ = scoring_of(card)
    faces = probes_of(bench, photos, photos.names)
    left_out = WithoutSubject.of(faces.absent)
    one_shot = table_of(one, args.ways, [1], faces, normaliser)
    k_shot = table_of(several, args.ways, args.shots, faces, normaliser)
    record = provenance(words("oneshot", args, ONESHOT_OPTIONS), args, encoder) | {
        "trials": args.trials,
        **left_out.record(),
        "one_shot": _oneshot_record(one_shot),
        "k_shot": _oneshot_record(k_shot),
    }
    picture = None
    if args.plots:
        from accessctl.evaluation.plots import oneshot

        picture = args.plots / f"oneshot-{card.name}.png"
        oneshot(one_shot, k_shot, picture)
    able = int((np.bincount(person) > shots).sum())
    parts = [
        Part(
            f"One photo a person, {args.trials} tasks over {len(people):,} people, right person in "
            "% with 95 % interval over trials",
            ("people", "by cosine", "as the product scores"),
            [(str(way), *map(percent, one_shot[way, 1])) for way in args.ways],
        ),
        Part(
            f"k photos a person, as the product scores, {args.trials} tasks asked of the {able} "
            f"people with more than {shots} photos",
            ("people", *(f"k = {shot}" for shot in args.shots)),
            [
                (str(way), *(percent(k_shot[way, shot][1]) for shot in args.shots))
                for way in args.ways
            ],
        ),
    ]
    told = Told("oneshot", record, parts, picture, left_out)
    tell(args, encoder, card, told)
    return 0


def _oneshot_record(found: "dict[tuple[int, int], tuple[Count, Count]]") -> list[dict[str, Any]]:
    return [
        {"ways": way, "shots": shot, "cosine": as_record(plain), "product": as_record(product)}
        for (way, shot), (plain, product) in found.items()
    ]


IDENTIFY = Verb(
    run_identify,
    OpenSetOptions,
    "Draws galleries of several sizes, lets enrolled people and strangers come to them, and counts "
    "who is missed (FNIR) and who is let in (FPIR).",
    ("accessctl evaluate identify --data LFW --sizes 10 200",),
)
ONESHOT = Verb(
    run_oneshot,
    OneshotOptions,
    "Draws tasks of N people with k photos each and one photo more, and counts how often it is "
    "given to the right person.",
    ("accessctl evaluate oneshot --data LFW --ways 5 20",),
)
