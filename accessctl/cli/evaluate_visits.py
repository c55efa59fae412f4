"""`accessctl evaluate visits`: films of living people through the door, among many enrolled."""

import csv
import os
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from accessctl.cli.common import bar, config_from, print_table
from accessctl.cli.evaluate_common import (
    BenchOptions,
    SubjectOption,
    as_record,
    bench_from,
    encoder_from,
    heading,
    percent,
    photos_of,
    print_record,
    provenance,
)
from accessctl.cli.front import Several, Verb, is_number
from accessctl.encoder.card import load_card
from accessctl.errors import InputError

if TYPE_CHECKING:
    from accessctl.encoder.base import Encoder
    from accessctl.evaluation.visits import Film, Others, VisitRow

PACK_TABLE = "faces.csv"


@dataclass(frozen=True, kw_only=True)
class VisitsOptions(BenchOptions, SubjectOption):
    gallery: Annotated[
        Path,
        typer.Option(
            metavar="PLACE",
            help="Who fills the galleries: a folder for each person (or a zip archive, or "
            "images.zip there), or a pack of faces.",
        ),
    ]
    films: Annotated[Path, typer.Option(metavar="DIR", help="Films of living people.")]
    people: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            help="Columns file and person: who is in which film (default: clips.csv beside the "
            "folder, or somebody else in each).",
        ),
    ] = None
    sizes: Annotated[
        list[int],
        typer.Option(metavar="N...", help="How many people are enrolled."),
        Several(is_number),
    ] = field(default_factory=lambda: [10, 50, 200, 1000])
    target_fpir: Annotated[
        float | None,
        typer.Option(metavar="RATE", help="The stated rate (default: the configured one)."),
    ] = None
    draws: Annotated[int, typer.Option(help="Galleries a row.")] = 10
    seed: Annotated[int, typer.Option(help="Of whatever is drawn at random.")] = 0


def run(args: VisitsOptions) -> int:
    import numpy as np

    from accessctl.encoder.choose import load_encoder
    from accessctl.evaluation.trial_door import door_parts
    from accessctl.evaluation.visits import RememberingRecogniser, row_of, visits

    if args.target_fpir is not None and not 0 < args.target_fpir < 1:
        raise InputError(f"--target-fpir lies between 0 and 1, not {args.target_fpir:g}.")
    config = config_from(args)
    encoder_config = encoder_from(args, config)
    encoder = load_encoder(encoder_config)
    target = args.target_fpir or config.policy.target_fpir
    policy = config.policy.model_copy(update={"target_fpir": target})
    parts = door_parts(config.model_copy(update={"policy": policy}), encoder, "off")
    parts = replace(parts, recogniser=RememberingRecogniser(parts.recogniser))
    others = _others(args, encoder)
    films = _films(args, config, parts.recogniser)
    random = np.random.default_rng(args.seed)
    outcomes = list(visits(films, parts, others, args.sizes, args.draws, random))
    rows = [row_of([one for one in outcomes if one.people == n], random) for n in args.sizes]
    words = (
        f"visits --gallery {args.gallery} --films {args.films} --target-fpir {target:g} "
        f"--draws {args.draws} --seed {args.seed}"
    )
    card = load_card(encoder_config.folder)
    record = provenance(words, args, encoder_config) | {
        "films": len(films),
        "people_in_films": len({film.person for film in films}),
        "target_fpir": target,
        "rows": [_record(row) for row in rows],
    }
    if args.json:
        print_record(card, record)
    else:
        print(heading(encoder_config, card))
        print(
            f"{len(films)} films of {record['people_in_films']} people, {args.draws} galleries a "
            f"row, stated FPIR {100 * target:g} %; rates in %, 95 % intervals over people\n"
        )
        _print(rows, target)
    return 0


def _others(args: VisitsOptions, encoder: "Encoder") -> "Others":
    """One face of each person at --gallery."""
    import numpy as np

    from accessctl.evaluation.calibrate_encoder import MAX_SCALE, embed_pack
    from accessctl.evaluation.data import clear_of_each, people_of, read_rows
    from accessctl.evaluation.embedded import probes_of
    from accessctl.evaluation.sightings import Subject, default_cache
    from accessctl.evaluation.visits import Others

    random = np.random.default_rng(args.seed)
    if (args.gallery / PACK_TABLE).exists():
        rows = read_rows(args.gallery)
        clear = clear_of_each(rows, MAX_SCALE, 4, random)
        files = [rows[own[0]].file for own in clear.values()]
        precision = encoder_from(args, config_from(args)).precision
        cache = (args.cache or default_cache(os.environ)) / precision
        embeddings = embed_pack(
            encoder, args.gallery, files, lambda b: bar(b, len(b), "batches"), cache
        )
        return Others(embeddings, np.ones(len(files)))
    photos = photos_of(args.gallery)
    bench, _ = bench_from(args, Subject(args.subject))
    _, person = people_of(photos.names)
    first = [photos.names[int(np.argmax(person == one))] for one in np.unique(person)]
    faces = probes_of(bench, photos, first)
    return Others(faces.embeddings[faces.usable], faces.quality[faces.usable])


def _films(args: VisitsOptions, config: Any, recogniser: Any) -> "list[Film]":
    from accessctl.evaluation.presentation import recordings
    from accessctl.evaluation.visits import look_through, people_of_films
    from accessctl.vision.observer import Observer

    paths = recordings(args.films)
    who = people_of_films([path.name for path in paths], _table(args))
    found = []
    for path in paths:
        with closing(Observer(config.vision)) as observer:
            film = look_through(path, who[path.name], observer.observe, recogniser)
        if film is not None:
            found.append(film)
    if not found:
        raise InputError(f"No face is seen in the films at {args.films}; name films of people.")
    return found


def _table(args: VisitsOptions) -> Mapping[str, str]:
    path = args.people or args.films.parent / "clips.csv"
    if args.people is None and not path.exists():
        return {}
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return {Path(row["file"]).name: row["person"] for row in csv.DictReader(file)}
    except (OSError, KeyError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"Cannot read {path} ({error}); it needs the columns file and person."
        ) from error


def _record(row: "VisitRow") -> dict[str, Any]:
    return {
        "people": row.people,
        "fpir": as_record(row.fpir),
        "visits_of_strangers": row.fpir.trials,
        "fnir": None if row.fnir is None else as_record(row.fnir),
        "fnir_from_another_film": None if row.apart is None else as_record(row.apart),
        "seconds_quartiles": row.seconds,
        "frames_quartiles": row.frames,
    }


def _print(rows: "list[VisitRow]", target: float) -> None:
    head = (
        "enrolled",
        "FPIR",
        "observed / stated",
        "FNIR",
        "FNIR, enrolled from another film",
        "seconds, quartiles",
        "frames, quartiles",
    )
    print_table(
        head,
        [
            (
                str(row.people),
                percent(row.fpir, 2),
                f"{row.fpir.value / target:.2f}",
                "-" if row.fnir is None else percent(row.fnir),
                "-" if row.apart is None else percent(row.apart),
                "-" if row.seconds is None else " ".join(f"{one:.2f}" for one in row.seconds),
                "-" if row.frames is None else " ".join(f"{one:.0f}" for one in row.frames),
            )
            for row in rows
        ],
    )


VISITS = Verb(
    run,
    VisitsOptions,
    "Sends films of living people through the door, as strangers and as one of those enrolled, "
    "and counts who is let in (FPIR), who is missed (FNIR), how soon and by how many frames.",
    ("accessctl evaluate visits --gallery LFW --films FILMS --target-fpir 0.01",),
)
