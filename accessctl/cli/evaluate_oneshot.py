"""`accessctl evaluate oneshot`: whose photo is this, of N people with k photos each?"""

import argparse
from typing import TYPE_CHECKING, Any

from accessctl.cli.evaluate_bench import bench_from, provenance
from accessctl.cli.evaluate_report import (
    Part,
    Told,
    add_photos,
    as_record,
    percent,
    photos_of,
    tell,
    words,
)
from accessctl.encoder.card import load_card

if TYPE_CHECKING:
    from accessctl.evaluation.statistics import Count

RESULT = "oneshot"
OPTIONS = ("ways", "shots", "trials", "subject", "seed")


def add_oneshot(subparsers: Any) -> None:
    """Add `oneshot` to the subcommands of `evaluate`."""
    command = subparsers.add_parser(
        "oneshot", help="N-way k-shot: who of N people, as in Lake 2011"
    )
    command.add_argument("--ways", type=int, nargs="+", default=[2, 5, 20, 100], metavar="N")
    command.add_argument("--shots", type=int, nargs="+", default=[1, 2, 3, 5], metavar="K")
    command.add_argument("--trials", type=int, default=1000, help="tasks drawn (default: 1000)")
    add_photos(command)
    command.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
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
