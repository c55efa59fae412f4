"""`accessctl evaluate oneshot`: whose photo is this, of N people with k photos each?"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

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
    from accessctl.evaluation.statistics import Count

RESULT = "oneshot"
OPTIONS = ("ways", "shots", "trials", "subject", "seed")


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


def run(args: OneshotOptions) -> int:
    import numpy as np

    from accessctl.evaluation.data import people_of
    from accessctl.evaluation.embedded import probes_of
    from accessctl.evaluation.identification import draw_tasks, table_of
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
    one_shot = table_of(one, args.ways, [1], faces, normaliser)
    k_shot = table_of(several, args.ways, args.shots, faces, normaliser)
    record = provenance(words(RESULT, args, OPTIONS), args, encoder) | {
        "trials": args.trials,
        "photos": len(photos.names),
        "photos_without_a_face": int((~faces.found).sum()),
        "one_shot": _record(one_shot),
        "k_shot": _record(k_shot),
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
    tell(args, encoder, card, Told(RESULT, record, parts, picture))
    return 0


def _record(found: "dict[tuple[int, int], tuple[Count, Count]]") -> list[dict[str, Any]]:
    return [
        {"ways": way, "shots": shot, "cosine": as_record(plain), "product": as_record(product)}
        for (way, shot), (plain, product) in found.items()
    ]


ONESHOT = Verb(
    run,
    OneshotOptions,
    "Draws tasks of N people with k photos each and one photo more, and counts how often it is "
    "given to the right person.",
    ("accessctl evaluate oneshot --data LFW --ways 5 20",),
)
