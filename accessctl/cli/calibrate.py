"""`accessctl models calibrate`: what an encoder's scores stand for, measured on strangers."""

import argparse
import datetime
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accessctl.config import EncoderConfig
from accessctl.encoder.card import Card
from accessctl.errors import InputError

if TYPE_CHECKING:
    from accessctl.encoder.card_parts import ScoredPart


def add_calibrate(commands: Any) -> None:
    """Add `calibrate` to the subcommands of `models`."""
    command = commands.add_parser(
        "calibrate", help="make an encoder's cohort and false-match table from aligned faces"
    )
    command.add_argument("folder", type=Path, metavar="FOLDER", help="the encoder's folder")
    command.add_argument(
        "--faces", type=Path, required=True, metavar="DIR", help="holds faces.csv and faces.zip"
    )
    command.add_argument("--seed", type=int, default=0, help="of all random choices")
    command.add_argument(
        "--part-weights",
        type=float,
        nargs="+",
        metavar="W",
        help="of a joint encoder: normalise each part by itself, and so much does it count",
    )
    command.add_argument("--precision", choices=("int8", "float16"), default="int8")
    command.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
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
        _bar,
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


def _bar(batches: Sequence[int]) -> Iterable[int]:
    from tqdm import tqdm

    quiet = not sys.stderr.isatty()
    shown: Iterable[int] = tqdm(batches, desc="embedding", unit="batch", disable=quiet)
    return shown
