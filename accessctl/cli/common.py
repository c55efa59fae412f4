"""What several commands share: the configuration, and how results are printed."""

import argparse
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from accessctl.config import Config, load_config
from accessctl.errors import ConfigError


def add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="configuration (default: $ACCESSCTL_CONFIG, else config.yaml in this folder)",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object per line")


def config_path(named: Path | None, environ: Mapping[str, str], here: Path) -> Path:
    """--config wins over ACCESSCTL_CONFIG, which wins over ./config.yaml."""
    if named is not None:
        return named
    if environ.get("ACCESSCTL_CONFIG"):
        return Path(environ["ACCESSCTL_CONFIG"])
    path = here / "config.yaml"
    if not path.exists():
        raise ConfigError(
            "There is no config.yaml in this folder; "
            "name one with --config FILE or the environment variable ACCESSCTL_CONFIG."
        )
    return path


def config_from(args: argparse.Namespace) -> Config:
    return load_config(config_path(args.config, os.environ, Path.cwd()))


def print_json(value: Mapping[str, Any]) -> None:
    print(json.dumps(value, ensure_ascii=False, allow_nan=False), flush=True)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as their widest cell, two spaces apart."""
    lines = [tuple(head), *map(tuple, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
