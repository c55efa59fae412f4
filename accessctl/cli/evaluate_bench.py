"""What the evaluations of recognition share: which encoder, which cache, how to watch."""

import argparse
import datetime
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accessctl.cli.common import add_config, add_json, config_from
from accessctl.config import Config, EncoderConfig
from accessctl.encoder.card import Card, load_card, update_card

if TYPE_CHECKING:
    from accessctl.evaluation.embedded import Bench
    from accessctl.evaluation.sightings import Subject
    from accessctl.evaluation.statistics import Measured


def add_bench(command: argparse.ArgumentParser) -> None:
    """--encoder, --flip, --precision, --cache, --plots, --config and --json."""
    command.add_argument(
        "--encoder", type=Path, metavar="DIR", help="an encoder's folder (default: as configured)"
    )
    command.add_argument(
        "--flip",
        action=argparse.BooleanOptionalAction,
        help="average with the mirror image (default: as configured)",
    )
    command.add_argument(
        "--precision", choices=("int8", "float16"), help="(default: as configured)"
    )
    command.add_argument(
        "--cache",
        type=Path,
        metavar="DIR",
        help="where faces found and embeddings are kept (default: in the user's cache folder)",
    )
    command.add_argument("--plots", type=Path, metavar="DIR", help="draw into this folder")
    add_config(command)
    add_json(command)


def encoder_from(args: argparse.Namespace, config: Config) -> EncoderConfig:
    """The configured encoder with what the options change."""
    named = {"folder": args.encoder, "flip_average": args.flip, "precision": args.precision}
    changed = {key: value for key, value in named.items() if value is not None}
    return config.encoder.model_copy(update=changed)


def bench_from(args: argparse.Namespace, subject: "Subject") -> "tuple[Bench, EncoderConfig]":
    """What photos are measured with, and the encoder in it; ConfigError or ModelError."""
    from accessctl.evaluation.embedded import bench_for
    from accessctl.evaluation.sightings import default_cache

    config = config_from(args)
    encoder = encoder_from(args, config)
    cache = args.cache or default_cache(os.environ)
    return bench_for(config.vision, encoder, subject, cache, photo_progress), encoder


def photo_progress(names: Iterable[str], total: int) -> Iterable[str]:
    """A bar on standard error, silent when nobody watches or nothing is to be done."""
    from tqdm import tqdm

    shown: Iterable[str] = tqdm(
        names,
        total=total,
        unit="photo",
        file=sys.stderr,
        disable=not total or not sys.stderr.isatty(),
        leave=False,
    )
    return shown


def add_write_card(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--write-card", action="store_true", help="keep the figures in the encoder's card"
    )


def provenance(command: str, args: argparse.Namespace, encoder: EncoderConfig) -> dict[str, Any]:
    """What a result in a card begins with; `command` is the words after `accessctl evaluate`
    with the options of its own."""
    words = f"accessctl evaluate {command} --encoder {encoder.folder}"
    if args.flip is not None:
        words += " --flip" if args.flip else " --no-flip"
    if args.precision is not None:
        words += f" --precision {args.precision}"
    return {
        "command": words,
        "date": datetime.date.today().isoformat(),
        "precision": encoder.precision,
        "flip_average": encoder.flip_average,
    }


def heading(encoder: EncoderConfig, card: Card) -> str:
    """Which encoder was measured, in one line."""
    mirrored = "averaged with the mirror image" if encoder.flip_average else "without mirror image"
    return f"{card.name} {card.fingerprint[:12]}, {encoder.precision}, {mirrored}"


def keep_result(folder: Path, name: str, record: Mapping[str, Any]) -> None:
    """Into `results` of the card in `folder`; ModelError."""
    update_card(folder, results={**load_card(folder).results, name: dict(record)})


def percent(rate: "Measured", digits: int = 1) -> str:
    """ "95.3 % (94.1 to 96.2)": the value with its interval."""
    value, low, high = (f"{100 * v:.{digits}f}" for v in (rate.value, rate.low, rate.high))
    return f"{value} % ({low} to {high})"
