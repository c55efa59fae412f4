"""`accessctl models card`: write the card that lets a door use somebody's own encoder."""

import datetime
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, Literal

import typer

from accessctl.cli.common import one_of
from accessctl.cli.front import Several, Verb, is_number
from accessctl.cli.progress import bar
from accessctl.encoder.base import Encoder
from accessctl.encoder.card import CARD_NAME, Card, write_card
from accessctl.encoder.card_parts import INPUTS, REGIONS, Input, usual_input
from accessctl.errors import ConfigError

CHANNELS = ("rgb", "bgr")


@dataclass(frozen=True, kw_only=True)
class CardOptions:
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The encoder's network.")]
    geometry: Annotated[
        str | None,
        typer.Option(
            parser=one_of(REGIONS),
            autocompletion=lambda: [*REGIONS],
            metavar="|".join(REGIONS),
            help="The crop it was trained on: ArcFace's, the same with a margin of 8, or dlib's.",
        ),
    ] = None
    input: Annotated[
        str | None,
        typer.Option(
            parser=one_of(INPUTS),
            autocompletion=lambda: [*INPUTS],
            metavar="|".join(INPUTS),
            help="How it was fed: a usual mean and scale.",
        ),
    ] = None
    mean: Annotated[
        tuple[float, float, float] | None,
        typer.Option(metavar="M M M", help="Or a mean a channel."),
    ] = None
    scale: Annotated[
        list[float] | None,
        typer.Option(metavar="S...", help="And one scale or 3."),
        Several(is_number),
    ] = None
    channels: Annotated[
        Literal["rgb", "bgr"] | None, typer.Option(help="Order of the colours.")
    ] = None
    faces: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Find out what is not given: holds faces.csv and faces.zip."
        ),
    ] = None
    replace: Annotated[bool, typer.Option("--replace", help="An older card of this folder.")] = (
        False
    )


def run(args: CardOptions) -> int:
    from accessctl.zoo.own_card import litert_of, own_card, shape_of

    file: Path = args.file
    path = file.parent / CARD_NAME
    if path.exists() and not args.replace:
        raise ConfigError(f"{path} is there already; add --replace to write it anew.")
    litert = litert_of(file)
    shape = shape_of(litert)
    cards = {
        name: own_card(file, litert, shape.dimension, given, region, datetime.date.today())
        for name, given, region in candidates(args, shape.size)
    }
    card = next(iter(cards.values()))
    if len(cards) > 1 and args.faces is not None:
        card = _best(cards, args.faces)
    _load(card)
    write_card(card)
    print(f"Wrote {path}; fill in origin, licence and trained_on.")
    print(f"Next: accessctl models calibrate {file.parent} --faces DIR")
    return 0


def candidates(args: CardOptions, size: int) -> list[tuple[str, Input, str]]:
    """(name, input, region) of everything that the options leave open; ConfigError."""
    if (args.mean is None) != (args.scale is None) or (args.mean and args.input):
        raise ConfigError("Give either --input or both --mean and --scale.")
    if args.scale and len(args.scale) not in (1, 3):
        raise ConfigError("--scale takes one number or one a channel.")
    open_input = args.input is None and args.mean is None
    if args.faces is None and (open_input or args.geometry is None):
        raise ConfigError(
            "What the encoder eats cannot be read from its file: give --geometry and --input (or "
            "--mean and --scale), or --faces to find out by trying."
        )
    regions = [args.geometry] if args.geometry else sorted(REGIONS)
    orders = [args.channels] if args.channels else list(CHANNELS) if open_input else ["rgb"]
    names = ["own"] if args.mean else [args.input] if args.input else sorted(INPUTS)
    return [
        (f"{region} {name} {order}", _input(args, name, order, size), region)
        for region, name, order in product(regions, names, orders)
    ]


def _input(args: CardOptions, name: str, channels: str, size: int) -> Input:
    if name != "own":
        return usual_input(name, channels, size)
    given = args.scale or []
    scale = given[0] if len(given) == 1 else given
    own = {"size": size, "channels": channels, "mean": args.mean, "scale": scale}
    try:
        return Input.model_validate(own)
    except ValueError as error:
        raise ConfigError("--mean and --scale must be numbers, a scale above 0.") from error


def _best(cards: dict[str, Card], faces: Path) -> Card:
    """The card whose crops and pixels keep people apart best, with what was found in it."""
    import numpy as np

    from accessctl.evaluation.calibrate_encoder import read_pairs, try_inputs

    canvases = read_pairs(faces, np.random.default_rng(0))
    names = bar(cards, len(cards), "ways")
    found = try_inputs(canvases, names, lambda name: _load(cards[name]))
    print("separation  geometry, input, channels")
    for name, value in found.items():
        print(f"{value:10.2f}  {name}")
    best = next(iter(found))
    rounded = {name: round(value, 3) for name, value in found.items()}
    return cards[best].model_copy(update={"results": {"input_separation": rounded}})


def _load(card: Card) -> Encoder:
    from accessctl.encoder.litert import LiteRtEncoder

    return LiteRtEncoder(card, "float16")


CARD = Verb(
    run,
    CardOptions,
    "Writes the card that lets a door use an encoder of your own: which crop it eats and how it is "
    "fed. What cannot be read from its file is given, or found out by trying on faces.",
    (
        "accessctl models card mine/encoder.tflite --geometry arcface112 --input minus1to1",
        "accessctl models card mine/encoder.keras --faces FACES",
    ),
)
