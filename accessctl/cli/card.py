"""`accessctl models card`: write the card that lets a door use somebody's own encoder."""

import argparse
import datetime
import sys
from itertools import product
from pathlib import Path
from typing import Any

from accessctl.encoder.base import Encoder
from accessctl.encoder.card import CARD_NAME, Card, write_card
from accessctl.encoder.card_parts import INPUTS, REGIONS, Input, usual_input
from accessctl.errors import ConfigError

CHANNELS = ("rgb", "bgr")


def add_card(commands: Any) -> None:
    """Add `card` to the subcommands of `models`."""
    command = commands.add_parser(
        "card", help="write the card of your own encoder beside its .keras or .tflite file"
    )
    command.add_argument("file", type=Path, metavar="FILE", help="the encoder's network")
    command.add_argument(
        "--geometry",
        choices=sorted(REGIONS),
        help="the crop it was trained on: ArcFace's, the same with a margin of 8, or dlib's",
    )
    command.add_argument(
        "--input", choices=sorted(INPUTS), help="how it was fed: a usual mean and scale"
    )
    command.add_argument("--mean", type=float, nargs=3, metavar="M", help="or a mean a channel")
    command.add_argument("--scale", type=float, nargs="+", metavar="S", help="and one scale or 3")
    command.add_argument("--channels", choices=CHANNELS, help="order of the colours")
    command.add_argument(
        "--faces",
        type=Path,
        metavar="DIR",
        help="find out what is not given: holds faces.csv and faces.zip",
    )
    command.add_argument("--replace", action="store_true", help="an older card of this folder")
    command.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    from accessctl.provision.own_card import litert_of, own_card, shape_of

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
    card = _best(cards, args) if len(cards) > 1 else next(iter(cards.values()))
    _load(card)
    write_card(card)
    print(f"Wrote {path}; fill in origin, licence and trained_on.")
    print(f"Next: accessctl models calibrate {file.parent} --faces DIR")
    return 0


def candidates(args: argparse.Namespace, size: int) -> list[tuple[str, Input, str]]:
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


def _input(args: argparse.Namespace, name: str, channels: str, size: int) -> Input:
    if name != "own":
        return usual_input(name, channels, size)
    scale = args.scale[0] if len(args.scale) == 1 else args.scale
    own = {"size": size, "channels": channels, "mean": args.mean, "scale": scale}
    try:
        return Input.model_validate(own)
    except ValueError as error:
        raise ConfigError("--mean and --scale must be numbers, a scale above 0.") from error


def _best(cards: dict[str, Card], args: argparse.Namespace) -> Card:
    """The card whose crops and pixels keep people apart best, with what was found in it."""
    import numpy as np
    from tqdm import tqdm

    from accessctl.evaluation.calibrate_encoder import read_pairs, try_inputs

    canvases = read_pairs(args.faces, np.random.default_rng(0))
    names = tqdm(cards, unit="way", disable=not sys.stderr.isatty())
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
