"""`accessctl models join`: several encoders side by side as one, more accurate than the best."""

import datetime
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from accessctl.cli.front import Verb
from accessctl.encoder.card import CARD_NAME, load_card, write_card
from accessctl.encoder.card_parts import EncoderPart
from accessctl.errors import ModelError


def part(text: str) -> EncoderPart:
    """`../dlib=3.2` as a EncoderPart; raises typer.BadParameter."""
    folder, _, weight = text.rpartition("=")
    try:
        value = float(weight)
    except ValueError:
        value = math.nan
    if not folder or not 0 < value <= 1000:
        raise typer.BadParameter(
            f"{text!r} is not OTHER=WEIGHT with a weight above 0, like ../dlib=3.2"
        )
    return EncoderPart(folder=folder, weight=value)


@dataclass(frozen=True, kw_only=True)
class JoinOptions:
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the card goes.")]
    part: Annotated[
        list[EncoderPart],
        typer.Option(
            parser=part,
            metavar="OTHER=WEIGHT",
            help="Folder of another encoder, relative to FOLDER, and how much it counts; twice or "
            "more.",
        ),
    ]
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Of the joint encoder (default: FOLDER's name)."),
    ] = None
    version: Annotated[str, typer.Option(metavar="TEXT", help="Of it.", show_default=True)] = "1"


def run(args: JoinOptions) -> int:
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


JOIN = Verb(
    run,
    JoinOptions,
    "Makes one encoder of several side by side, more accurate than the best of them and as slow "
    "as all together: writes its card. A calibration of the same parts is kept.",
    ("accessctl models join models/pair --part ../dlib=3.2 --part ../faceres=2",),
)
