"""`accessctl evaluate calibration --groups`: does a stated rate hold for people who are alike?"""

import os
from collections.abc import Sequence
from pathlib import Path
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
    from accessctl.evaluation.left_out import WithoutSubject
    from accessctl.evaluation.like_rates import GroupKept, LikeFaces
    from accessctl.evaluation.statistics import Measured

FOLDERS, PACK = "folders", "pack"
AS_THEY_ARE, ONCE = "all pairs", "without pairs suspected to show one person"


def run_groups(args: "CalibrationOptions", groups: str, bench_of: BenchOf) -> int:
    """A pack does not say who its people are: suspected pairs of one person are shown with and
    without."""
    import numpy as np

    from accessctl.evaluation.like_rates import kept_by_groups, record_of
    from accessctl.recognition.calibration import scoring_of

    encoder = encoder_from(args, config_from(args))
    card = load_card(encoder.folder)
    normaliser, calibration = scoring_of(card)
    left_out, sets = _of_pack(args) if groups == PACK else _of_photos(args, groups, bench_of)
    kept = {
        name: kept_by_groups(faces, normaliser, calibration, np.random.default_rng(args.seed))
        for name, faces in sets.items()
    }
    words = f"calibration --data {args.data} --groups {groups} --seed {args.seed}"
    record = provenance(words, args, encoder) | {
        name.replace(" ", "_"): record_of(rows) for name, rows in kept.items()
    }
    if left_out is not None:
        left_out.warn()
        record |= left_out.record()
    if args.json:
        print_record(card, record)
    else:
        print(heading(encoder, card))
        if left_out is not None:
            print(left_out)
        for name, rows in kept.items():
            print(f"\nWithin each group, {name}: observed over stated FMR, 95 % over people")
            print(groups_table(rows))
    if args.write_card:
        keep_result(encoder.folder, "like_strangers", record)
    return 0


def groups_table(rows: "Sequence[GroupKept]") -> str:
    """One line a group."""
    rates = list(rows[0].ratios) if rows else []
    head = ("group", "people", "pairs", *(f"{rate:.0e}" for rate in rates))
    lines = [
        (row.group, str(row.people), f"{row.pairs:,}", *(_factor(row.ratios[r]) for r in rates))
        for row in rows
    ]
    return table(head, lines)


def _factor(found: "Measured | None") -> str:
    if found is None:
        return "-"
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"


def _of_photos(
    args: "CalibrationOptions", groups: str, bench_of: BenchOf
) -> "tuple[WithoutSubject | None, dict[str, dict[str, LikeFaces]]]":
    from accessctl.evaluation.left_out import WithoutSubject
    from accessctl.evaluation.like_groups import groups_of_folders, members, read_groups
    from accessctl.evaluation.like_rates import LikeFaces
    from accessctl.evaluation.sightings import Subject

    photos = photos_of(args.data)
    label = (
        groups_of_folders(photos.names)
        if groups == FOLDERS
        else read_groups(Path(groups), photos.names)
    )
    bench, _ = bench_of(args, Subject(args.subject))
    faces = bench.embed(photos, photos.names)
    found = {
        name: LikeFaces(faces.embeddings[rows], faces.person[rows])
        for name, places in members(label).items()
        if len(rows := places[faces.found[places]])
    }
    return WithoutSubject.of(faces.absent), {AS_THEY_ARE: found}


def _of_pack(
    args: "CalibrationOptions",
) -> "tuple[WithoutSubject | None, dict[str, dict[str, LikeFaces]]]":
    import numpy as np

    from accessctl.encoder.choose import load_encoder
    from accessctl.evaluation.calibrate_encoder import choose_like_faces, embed_pack, suspected_in
    from accessctl.evaluation.data import read_rows
    from accessctl.evaluation.like_groups import Portion, members, portion_of
    from accessctl.evaluation.like_rates import LikeFaces
    from accessctl.evaluation.sightings import default_cache

    encoder = encoder_from(args, config_from(args))
    card = load_card(encoder.folder)
    rows = read_rows(args.data)
    chosen = [rows[index] for index in choose_like_faces(rows, args.seed)]
    embeddings = embed_pack(
        load_encoder(encoder),
        args.data,
        [row.file for row in chosen],
        lambda batches: bar(batches, len(batches), "batches"),
        (args.cache or default_cache(os.environ)) / encoder.precision,
    )
    parts = card.calibration.parts or () if card.calibration else ()
    label = [row.group for row in chosen]
    # Somebody may be in another portion, too: whoever is suspected is looked for in all of them.
    again = suspected_in(embeddings, label, parts)
    other = {place for place, row in enumerate(chosen) if portion_of(row.file) is not Portion.CHECK}

    def of(left_out: set[int]) -> dict[str, LikeFaces]:
        found = {}
        for name, places in members(label).items():
            kept = [place for place in places.tolist() if place not in left_out | other]
            if kept:
                found[name] = LikeFaces(embeddings[kept], np.array(kept, np.int64))
        return found

    return None, {AS_THEY_ARE: of(set()), ONCE: of(again)}
