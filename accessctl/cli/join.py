"""`accessctl models join`: several encoders side by side as one, more accurate than the best."""

import argparse
import datetime
import math
from pathlib import Path
from typing import Any

from accessctl.encoder.card import CARD_NAME, load_card, write_card
from accessctl.encoder.card_parts import EncoderPart
from accessctl.errors import ModelError


def add_join(commands: Any) -> None:
    """Add `join` to the subcommands of `models`."""
    command = commands.add_parser(
        "join", help="write the card of an encoder that is made of others side by side"
    )
    command.add_argument("folder", type=Path, metavar="FOLDER", help="where the card goes")
    command.add_argument(
        "--part",
        type=part,
        action="append",
        required=True,
        metavar="OTHER=WEIGHT",
        help="folder of another encoder, relative to FOLDER, and how much it counts; twice or more",
    )
    command.add_argument("--name", help="of the joint encoder (default: FOLDER's name)")
    command.add_argument("--version", default="1", help="of it (default: %(default)s)")
    command.set_defaults(func=run)


def part(text: str) -> EncoderPart:
    """`../dlib=3.2` as a EncoderPart; raises argparse.ArgumentTypeError."""
    folder, _, weight = text.rpartition("=")
    try:
        value = float(weight)
    except ValueError:
        value = math.nan
    if not folder or not 0 < value <= 1000:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not OTHER=WEIGHT with a weight above 0, like ../dlib=3.2"
        )
    return EncoderPart(folder=folder, weight=value)


def run(args: argparse.Namespace) -> int:
    from accessctl.encoder.joint import joined

    folder: Path = args.folder
    if not 2 <= len(args.part) <= 8:
        raise ModelError("An encoder is joined from 2 to 8 others; give --part for each of them.")
    if not folder.is_dir():
        raise ModelError(f"There is no folder {folder}; create it for the joint encoder's card.")
    card = joined(
        folder,
        args.part,
        name=args.name or folder.resolve().name,
        version=args.version,
        date=datetime.date.today(),
    )
    if (folder / CARD_NAME).exists():
        before = load_card(folder)
        if before.files is not None:
            raise ModelError(f"{folder} holds an encoder of its own; name another folder.")
        if before.fingerprint == card.fingerprint:
            kept = {"results", "cohort", "calibration"}
            card = card.model_copy(update={name: getattr(before, name) for name in kept})
    write_card(card)
    print(
        f"Wrote {folder / CARD_NAME}: {card.dimension} dimensions, crops of {card.input.size} px."
    )
    if card.calibration is None:
        print(f"Next: accessctl models calibrate {folder} --faces DIR")
    return 0
