"""`accessctl evaluate calibration --pooled`: how much more often strangers match whose photos are
pooled."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from accessctl.cli.common import bar, config_from, table
from accessctl.cli.evaluate_common import (
    BenchOf,
    encoder_from,
    heading,
    keep_result,
    photos_of,
    print_record,
    provenance,
)
from accessctl.encoder.card import load_card

if TYPE_CHECKING:
    from accessctl.cli.evaluate_lfw import CalibrationOptions
    from accessctl.evaluation.embedded import Probes
    from accessctl.evaluation.pooled_rates import PooledRates, PooledRow, Rows
    from accessctl.evaluation.statistics import Measured

FACES_A_PERSON = 8
"""Of a pack's people so many faces are drawn from: several sets of five."""


def run_pooled(args: "CalibrationOptions", bench_of: BenchOf) -> int:
    import numpy as np

    from accessctl.evaluation.left_out import WithoutSubject
    from accessctl.evaluation.pooled_rates import kept_when_pooled, pooled_pairs, record_of
    from accessctl.recognition.calibration import scoring_of

    encoder = encoder_from(args, config_from(args))
    card = load_card(encoder.folder)
    normaliser, calibration = scoring_of(card)
    is_pack = (args.data / "faces.csv").exists()
    person, faces = _of_pack(args) if is_pack else _of_photos(args, bench_of)
    left_out = WithoutSubject.of(faces.absent)
    left_out.warn()
    random = np.random.default_rng(args.seed)
    pairs = pooled_pairs(person, faces, normaliser, args.draws, random)
    kept = kept_when_pooled(pairs, calibration, random, raise_by=args.slope)
    words = f"calibration --data {args.data} --pooled --draws {args.draws} --seed {args.seed}"
    words += "" if args.slope is None else f" --slope {args.slope:g}"
    record = provenance(words + args.subject_words, args, encoder) | left_out.record()
    record |= {"people": pairs.people, "rates": record_of(kept)}
    if args.json:
        print_record(card, record)
    else:
        print(heading(encoder, card))
        print(left_out)
        print(f"{pairs.people} people with photos enough, 95 % intervals over people")
        for one in kept:
            print("\n" + _told(one))
    if args.write_card:
        keep_result(encoder.folder, "pooled", record)
    return 0


def _of_photos(args: "CalibrationOptions", bench_of: BenchOf) -> "tuple[Rows, Probes]":
    from accessctl.evaluation.data import people_of
    from accessctl.evaluation.embedded import probes_of
    from accessctl.evaluation.sightings import Subject

    photos = photos_of(args.data)
    _, person = people_of(photos.names)
    bench, _ = bench_of(args, Subject(args.subject))
    return person, probes_of(bench, photos, photos.names)


def _of_pack(args: "CalibrationOptions") -> "tuple[Rows, Probes]":
    """Its labelled people's faces that are as clear as the product asks for, each of the same
    quality: a pack does not say it."""
    import numpy as np

    from accessctl.encoder.choose import load_encoder
    from accessctl.evaluation.calibrate_encoder import MAX_SCALE, embed_pack
    from accessctl.evaluation.data import clear_of_each, read_rows
    from accessctl.evaluation.embedded import Probes
    from accessctl.evaluation.pooled_rates import MOST, some_people
    from accessctl.evaluation.sightings import default_cache

    encoder = encoder_from(args, config_from(args))
    rows, random = read_rows(args.data), np.random.default_rng(args.seed)
    clear = clear_of_each(rows, MAX_SCALE, FACES_A_PERSON, random).values()
    chosen = some_people([np.array(own) for own in clear if len(own) >= MOST], random)
    files = [rows[index].file for own in chosen for index in own]
    embeddings = embed_pack(
        load_encoder(encoder),
        args.data,
        files,
        lambda batches: bar(batches, len(batches), "batches"),
        (args.cache or default_cache(os.environ)) / encoder.precision,
    )
    person = np.repeat(np.arange(len(chosen)), [len(own) for own in chosen])
    everything = np.ones(len(files), bool)
    return person, Probes(
        embeddings, np.ones(len(files)), everything, everything, (None,) * len(files)
    )


def _told(found: "PooledRates") -> str:
    slope = "nothing matches" if found.slope is None else f"slope {_figures(found.slope)}"
    head = ("spread", "comparisons", "observed / stated", f"rates raised by {found.used:.2f}")
    return (
        f"Stated {found.stated:.0e}: {slope}\n"
        f"{_rows('photos', head, found.kinds)}\n\n{_rows('by spread', head, found.classes)}"
    )


def _rows(first: str, head: Sequence[str], rows: "Sequence[PooledRow]") -> str:
    lines = [
        (row.name, f"{row.spread:.3f}", f"{row.pairs:,}", _figures(row.before), _figures(row.after))
        for row in rows
    ]
    return table((first, *head), lines)


def _figures(found: "Measured") -> str:
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"
