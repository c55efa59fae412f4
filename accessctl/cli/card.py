"""`accessctl models card | join | calibrate`: encoders of your own, by their cards."""

import datetime
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from accessctl.cli.common import bar, one_of
from accessctl.cli.front import Several, Verb, is_number
from accessctl.config import EncoderConfig
from accessctl.encoder.base import Encoder
from accessctl.encoder.card import CARD_NAME, Card, load_card, write_card
from accessctl.encoder.card_parts import INPUTS, REGIONS, EncoderPart, Input, usual_input
from accessctl.errors import ConfigError, InputError, ModelError

if TYPE_CHECKING:
    from accessctl.encoder.card_parts import ScoredPart

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


def part(text: str) -> EncoderPart:
    """`../dlib=3.2` as an EncoderPart; raises typer.BadParameter."""
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


@dataclass(frozen=True, kw_only=True)
class CalibrateOptions:
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The encoder's folder.")]
    faces: Annotated[Path, typer.Option(metavar="DIR", help="Holds faces.csv and faces.zip.")]
    seed: Annotated[int, typer.Option(help="Of all random choices.")] = 0
    cache: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Where embeddings are kept (default: in the user's cache folder)."
        ),
    ] = None
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


def run_card(args: CardOptions) -> int:
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

    from accessctl.evaluation.input_trials import read_pairs, try_inputs

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
    from accessctl.encoder.choose import LiteRtEncoder

    return LiteRtEncoder(card, "float16")


def run_join(args: JoinOptions) -> int:
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


def run_calibrate(args: CalibrateOptions) -> int:
    from accessctl.encoder.choose import load_encoder
    from accessctl.evaluation.calibrate_encoder import calibrate_encoder
    from accessctl.evaluation.sightings import default_cache

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
        cache=(args.cache or default_cache(os.environ)) / args.precision,
    )
    print(
        f"Cohort of {outcome.cohort} faces; table from {outcome.faces} faces of {outcome.people} "
        f"people, {outcome.twins} dropped who were in it under two names."
    )
    if outcome.excess is not None:
        print(
            f"{outcome.suspects} faces left out that may show somebody twice. Like strangers match "
            f"{outcome.excess.value:.2f} times as often as any (at most {outcome.excess.upper:.2f} "
            "with 95 % confidence); by group:"
        )
        for name, factor in sorted(outcome.excess.groups.items(), key=lambda item: -item[1]):
            print(f"  {factor:5.2f}  {name}")
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


CARD = Verb(
    run_card,
    CardOptions,
    "Writes the card that lets a door use an encoder of your own: which crop it eats and how it is "
    "fed. What cannot be read from its file is given, or found out by trying on faces.",
    (
        "accessctl models card mine/encoder.tflite --geometry arcface112 --input minus1to1",
        "accessctl models card mine/encoder.keras --faces FACES",
    ),
)
JOIN = Verb(
    run_join,
    JoinOptions,
    "Makes one encoder of several side by side, more accurate than the best of them and as slow "
    "as all together: writes its card. A calibration of the same parts is kept.",
    ("accessctl models join models/pair --part ../dlib=3.2 --part ../faceres=2",),
)
CALIBRATE = Verb(
    run_calibrate,
    CalibrateOptions,
    "Measures on strangers what an encoder's scores stand for: chooses the cohort that normalises "
    "them, and writes it and the table of false-match rates beside the card.",
    ("accessctl models calibrate mine/ --faces FACES",),
)
