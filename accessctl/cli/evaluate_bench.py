"""What the evaluations of recognition share: which encoder, which cache, how to watch."""

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from accessctl.cli.common import add_config, add_json, config_from
from accessctl.config import Config, EncoderConfig

if TYPE_CHECKING:
    from accessctl.evaluation.embedded import Bench
    from accessctl.evaluation.sightings import Subject


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
    from accessctl.evaluation.row_cache import default_cache

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
