"""`accessctl evaluate calibration`: does a stated false-match rate hold on strangers?"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from accessctl.cli.common import print_json, table
from accessctl.cli.evaluate_bench import (
    BenchOptions,
    WriteCardOption,
    bench_from,
    heading,
    keep_result,
    percent,
    provenance,
)
from accessctl.cli.evaluate_lfw import LfwDataOption
from accessctl.cli.front import Verb
from accessctl.encoder.card import load_card

if TYPE_CHECKING:
    from accessctl.evaluation.lfw import StatedRate

RESULT = "calibration"


@dataclass(frozen=True, kw_only=True)
class CalibrationOptions(BenchOptions, WriteCardOption, LfwDataOption):
    seed: Annotated[int, typer.Option(help="Of the intervals' samples.")] = 0


def run(args: CalibrationOptions) -> int:
    import numpy as np

    from accessctl.evaluation import plots
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
    bench, encoder = bench_from(args, Subject.CENTRE)
    card = load_card(encoder.folder)
    normaliser, calibration = scoring_of(card)
    faces = bench.embed(photos, view.photos)
    scorer = normalised(faces.embeddings, faces.found, normaliser)
    pairs = all_pairs(scorer, faces.person, down_to=calibration.threshold(RATES[0]))
    kept = stated_and_observed(pairs, calibration, RATES, np.random.default_rng(args.seed))
    record = provenance(f"calibration --data {args.data} --seed {args.seed}", args, encoder) | {
        "impostor_pairs": pairs.impostors,
        "genuine_pairs": len(pairs.genuine),
        "rates": stated_record(kept),
    }
    if args.plots:
        plots.calibration(kept, args.plots / "calibration.png")
    if args.json:
        print_json({"encoder": card.name, "fingerprint": card.fingerprint, **record})
    else:
        print(heading(encoder, card))
        print(
            f"All {pairs.impostors:,} impostor and {len(pairs.genuine):,} genuine pairs of "
            f"{len(faces.people):,} people, 95 % intervals over people\n"
        )
        print(_table(kept))
    if args.write_card:
        keep_result(encoder.folder, RESULT, record)
    return 0


def _table(kept: "list[StatedRate]") -> str:
    head = ("stated FMR", "threshold", "observed FMR", "observed / stated", "FNMR")
    rows = [
        (
            f"{row.stated:.0e}",
            f"{row.threshold:.2f}",
            f"{row.fmr.value:.2e}",
            f"{row.ratio.value:.2f} ({row.ratio.low:.2f} to {row.ratio.high:.2f})",
            percent(row.fnmr),
        )
        for row in kept
    ]
    return table(head, rows)


CALIBRATION = Verb(
    run,
    CalibrationOptions,
    "Compares the false-match rates that an encoder's calibration states with those observed on "
    "people it has never seen.",
    ("accessctl evaluate calibration --data LFW",),
)
