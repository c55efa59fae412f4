"""What several commands share: the configuration, and how results are printed."""

import codecs
import json as json_format
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer
from rich.cells import cell_len

from accessctl.errors import ConfigError

if TYPE_CHECKING:
    from accessctl.config import Config

GAP = "  "


@dataclass(frozen=True, kw_only=True)
class NoOptions:
    """Of a command that takes none."""


@dataclass(frozen=True, kw_only=True)
class ConfigOption:
    """Which door a command is about."""

    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="The configuration (default: $ACCESSCTL_CONFIG, else config.yaml in this folder).",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class JsonOption:
    """For other programs."""

    json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")] = False


def one_of(words: Iterable[str]) -> Callable[[str], str]:
    """What reads an option that takes one of `words`; typer.BadParameter for another."""
    known = tuple(words)

    def read(word: str) -> str:
        if word not in known:
            raise typer.BadParameter(f"{word!r} is none of {', '.join(known)}")
        return word

    return read


class ConfigNamed(Protocol):
    """Options that may name a configuration."""

    @property
    def config(self) -> Path | None: ...


def config_path(
    named: Path | None, environ: Mapping[str, str], here: Callable[[], Path] = Path.cwd
) -> Path:
    """--config wins over ACCESSCTL_CONFIG, which wins over ./config.yaml.

    `here` is asked for the folder only where that is needed: it may be gone.
    """
    if named is not None:
        return named
    if environ.get("ACCESSCTL_CONFIG"):
        return Path(environ["ACCESSCTL_CONFIG"])
    try:
        path = here() / "config.yaml"
    except OSError as error:
        raise _no_folder() from error
    if not path.exists():
        raise ConfigError(
            "There is no config.yaml in this folder; "
            "name one with --config FILE or the environment variable ACCESSCTL_CONFIG."
        )
    return path


def whole_path(path: Path) -> Path:
    """The path from the root on; ConfigError where it begins in a folder that is gone."""
    try:
        return path.resolve()
    except OSError as error:
        raise _no_folder() from error


def _no_folder() -> ConfigError:
    return ConfigError(
        "The folder that you are in is not there any more; go to another one, or name the whole "
        "path of a configuration with --config FILE."
    )


def config_from(args: ConfigNamed) -> "Config":
    from accessctl.config import load_config

    return load_config(config_path(args.config, os.environ))


def print_json(value: Mapping[str, Any]) -> None:
    print(json_format.dumps(value, ensure_ascii=in_ascii(), allow_nan=False), flush=True)


def in_ascii() -> bool:
    """Whether JSON on standard output has to be ASCII: as UTF-8 or ASCII it is JSON."""
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    return codecs.lookup(encoding).name != "utf-8"


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A line a row, never cut or wrapped; on a terminal the head is bold."""
    lines = table(head, rows).split("\n")
    if in_colour():
        lines[0] = f"\033[1m{lines[0]}\033[0m"
    print("\n".join(lines))


def in_colour() -> bool:
    """Whether standard output is a terminal whose owner wants colours (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as their widest cell on a terminal, in any script, two spaces apart."""
    lines = [tuple(head), *map(tuple, rows)]
    widths = [max(cell_len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join(
        GAP.join(
            cell + " " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    )
