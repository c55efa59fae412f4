"""What the evaluations of recognition share: which encoder, which cache, how to watch."""

import datetime
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from accessctl.cli.common import ConfigOption, JsonOption, config_from
from accessctl.cli.progress import photo_bar
from accessctl.config import Config, EncoderConfig
from accessctl.encoder.card import Card, load_card, update_card

if TYPE_CHECKING:
    from accessctl.evaluation.embedded import Bench
    from accessctl.evaluation.sightings import Subject
    from accessctl.evaluation.statistics import Measured


@dataclass(frozen=True, kw_only=True)
class BenchOptions(ConfigOption, JsonOption):
    """Which encoder is measured, and where what is found is kept."""

    encoder: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="An encoder's folder (default: as configured)."),
    ] = None
    flip: Annotated[
        bool | None,
        typer.Option(
            "--flip/--no-flip", help="Average with the mirror image (default: as configured)."
        ),
    ] = None
    precision: Annotated[
        Literal["int8", "float16"] | None,
        typer.Option(help="Which of its networks (default: as configured)."),
    ] = None
    cache: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Where faces found and embeddings are kept (default: in the user's cache folder).",
        ),
    ] = None
    plots: Annotated[Path | None, typer.Option(metavar="DIR", help="Draw into this folder.")] = None


@dataclass(frozen=True, kw_only=True)
class WriteCardOption:
    """Whether a result is kept."""

    write_card: Annotated[
        bool, typer.Option("--write-card", help="Keep the figures in the encoder's card.")
    ] = False


def encoder_from(args: BenchOptions, config: Config) -> EncoderConfig:
    """The configured encoder with what the options change."""
    named = {"folder": args.encoder, "flip_average": args.flip, "precision": args.precision}
    changed = {key: value for key, value in named.items() if value is not None}
    return config.encoder.model_copy(update=changed)


def bench_from(args: BenchOptions, subject: "Subject") -> "tuple[Bench, EncoderConfig]":
    """What photos are measured with, and the encoder in it; ConfigError or ModelError."""
    from accessctl.evaluation.embedded import bench_for
    from accessctl.evaluation.sightings import default_cache

    config = config_from(args)
    encoder = encoder_from(args, config)
    cache = args.cache or default_cache(os.environ)
    return bench_for(config.vision, encoder, subject, cache, photo_bar), encoder


def provenance(command: str, args: BenchOptions, encoder: EncoderConfig) -> dict[str, Any]:
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
