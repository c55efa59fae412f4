"""`accessctl models calibrate`: what an encoder's scores stand for, measured on strangers."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from accessctl.cli.front import Several, Verb, is_number
from accessctl.cli.progress import bar
from accessctl.config import EncoderConfig
from accessctl.encoder.card import Card
from accessctl.errors import InputError

if TYPE_CHECKING:
    from accessctl.encoder.card_parts import ScoredPart


@dataclass(frozen=True, kw_only=True)
class CalibrateOptions:
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The encoder's folder.")]
    faces: Annotated[Path, typer.Option(metavar="DIR", help="Holds faces.csv and faces.zip.")]
    seed: Annotated[int, typer.Option(help="Of all random choices.")] = 0
    part_weights: Annotated[
        list[float] | None,
        typer.Option(
            metavar="W...",
            help="Of a joint encoder: normalise each part by itself, and so much does it count.",
        ),
        Several(is_number),
    ] = None
    precision: Annotated[
        Literal["int8", "float16"], typer.Option(help="Which of its networks is measured.")
    ] = "int8"


def run(args: CalibrateOptions) -> int:
    from accessctl.encoder.choose import load_encoder
    from accessctl.evaluation.calibrate_encoder import calibrate_encoder

    encoder = load_encoder(
        EncoderConfig(folder=args.folder, device="cpu", precision=args.precision)
    )
    parts = _parts(encoder.card, args.part_weights)
    weights = f" --part-weights {' '.join(f'{part.weight:g}' for part in parts)}" if parts else ""
    outcome = calibrate_encoder(
        encoder,
        args.faces,
        lambda batches: bar(batches, len(batches), "batches"),
        seed=args.seed,
        made_by=(
            f"accessctl models calibrate {args.folder} --faces {args.faces} "
            f"--seed {args.seed} --precision {args.precision}{weights}"
        ),
        today=datetime.date.today(),
        parts=parts,
    )
    print(
        f"Cohort of {outcome.cohort} faces; table from {outcome.faces} faces of {outcome.people} "
        f"people, {outcome.twins} dropped who were in it under two names."
    )
    table = outcome.table
    print("score   false-match rate   upper 95 % bound")
    for score, rate, upper in zip(table.score, table.log10_fmr, table.log10_fmr_upper, strict=True):
        print(f"{score:6.2f}  {10**rate:16.2e}  {10**upper:17.2e}")
    return 0


def _parts(card: Card, weights: Sequence[float] | None) -> "list[ScoredPart]":
    """The parts of a joint encoder with their weights; InputError when they do not fit."""
    from accessctl.encoder.card_parts import ScoredPart
    from accessctl.encoder.joint import part_cards

    if weights is None:
        return []
    cards = part_cards(card) if card.parts else ()
    if len(cards) != len(weights) or min(weights) <= 0:
        raise InputError(
            f"--part-weights: {card.name} has {len(cards)} parts; give a positive weight for each."
        )
    return [
        ScoredPart(numbers=own.dimension, weight=weight)
        for own, weight in zip(cards, weights, strict=True)
    ]


CALIBRATE = Verb(
    run,
    CalibrateOptions,
    "Measures on strangers what an encoder's scores stand for: chooses the cohort that normalises "
    "them, and writes it and the table of false-match rates beside the card.",
    ("accessctl models calibrate mine/ --faces FACES",),
)
